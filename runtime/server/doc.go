// Package server is the API of one code location: the services of rivers.v1 over
// gRPC and REST on one port.
//
//	door (token, limits, validation) ─▶ services ─┬─ read:     store → answers
//	                                              ├─ write:    plan → store → Launcher
//	                                              └─ values:   store → Values
//
// A call that changes something is recorded before it has an effect, and is
// answered before the effect is complete: starting a run creates it and hands it
// to the Launcher. The package must never carry out a step, decide what a run does
// next, or know a storage driver.
package server

// Package connect finds the rivers that a command talks to and carries its calls
// there over gRPC.
//
//	--server ─┐
//	context  ─┼─▶ registry ──▶ endpoint of the location ──▶ call
//	dev.json ─┘       ▲                                      │ UNAVAILABLE, once
//	                  └──────────────────────────────────────┘
//
// A location moves whenever its code is reloaded, so each call asks the registry,
// and one that finds nobody at the old address asks once more. Callers must give
// calls that change something a request id, so that a repeat changes nothing. The
// package never prints, and never writes a token anywhere but into a call.
package connect

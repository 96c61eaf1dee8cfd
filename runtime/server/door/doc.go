// Package door is one listener that speaks gRPC and REST: what a code location
// opens on its port, and the registry on its own.
//
//	          ┌─ HTTP/2 preface ─▶ grpc.Server ◀─ in-memory connection ─┐
//	listener ─┤                                                         │
//	          └─ anything else ──▶ http.Server: REST, /healthz, … ──────┘
//
// It authenticates, validates, bounds, counts and drains; every call passes the
// same interceptors, whichever protocol it came by. It must never know a service
// that it serves, nor keep a request after the answer.
package door

// Package registry is the register of code locations: a Feed of entries, the
// RegistryService that serves it, and the client that keeps a Feed elsewhere like
// it.
//
//	controller or riversctl dev ─▶ Feed ─▶ Server ══gRPC══▶ Client ─▶ Feed ─▶ UI, gateway
//
// A watch is told every entry, then SYNCED, then every change; nothing is lost in
// between, and who falls behind is told so. The package must never learn where
// entries come from (no client-go), nor carry any data of a location.
package registry

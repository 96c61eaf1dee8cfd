// Package ui is the web page of rivers: pages rendered on the server, live
// updates over Server-Sent Events, and the REST gateway mounted beside them.
//
//	browser ─GET page──▶ handler ─▶ page struct ─▶ templ component ─▶ buffer ─▶ answer
//	        ◀─SSE hints─ live.Hub ◀─ store.WatchLocation
//	        ─GET page, Rivers-Fragments: a b─▶ the same component, only the named parts
//	        ─POST action─▶ Actions (gRPC to the owning location)
//
// A page is a struct, a function that builds it from what the store says, and a
// component beside it. Handlers return errors; one wrapper turns them into pages.
// Every URL is a state: pages work without script, script adds life.
//
// The package reads the store and never writes it: every mutation goes through
// Actions to the location that owns the run or asset. It must never serve a page
// that needs inline script or style, nor one from a foreign host.
package ui

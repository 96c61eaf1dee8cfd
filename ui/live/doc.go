// Package live turns what a store's watch hints at into Server-Sent Events.
//
//	store.WatchLocation ─hints─▶ watcher ─▶ Hub ─▶ one pending set per subscriber ─▶ SSE
//
// One watcher runs per location that somebody watches. A subscriber holds, for
// each channel it asked for, the set of ids that changed since it was last
// served: a slow one is told once what it missed instead of receiving a backlog,
// and memory does not grow with the number of events.
//
// Events are hints, never data: a page that receives one fetches what it shows.
// The package must never write, and never hold a subscriber back for another.
package live

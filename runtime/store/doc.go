// Package store is the state of rivers as interfaces: runs and their streams of
// events, the catalogue, assets and their partitions, and logs. Drivers live in
// packages below it and all pass the suite in storetest.
//
//	writer ── Append(parts, fences) ──▶ head ─┬─▶ events      (numbered, gapless)
//	                                          └─▶ projections (run rows, latest
//	                                              materializations, counts)
//	reader ◀── pages by key ── rows           watcher ◀── events or hints
//
// What must be atomic is one method named for its intent. There is no transaction
// in the interface, every method may be repeated safely, and each says which of
// the sentinel errors it returns. A handle is bound to the identity of one
// location and cannot see another's rows.
//
// The package must never decide what a run does next, and no driver error leaves
// a driver untranslated.
package store

// Package retention removes stored values that nothing refers to any more: those
// that no materialization published, and those whose run was deleted and that are
// not the newest of their key.
//
//	rules: now, grace, oldest active run         ─┐
//	history of the asset ─▶ sketch of references ─┼─▶ listed objects ─▶ candidates
//	                                              │         │
//	events since, kept materializations, pointers ┴─────────┴─▶ removed
//
// Invariants:
//
//   - An object goes only when its value id and its time of change are both older
//     than the grace time, and than the oldest run that is active in any location
//     of the database: whatever a run may still publish stays.
//   - References are read after the object was listed, over every location of the
//     database, since locations may keep the values of equally named assets in one
//     place. They are compared by value id, so letters of either case do not matter.
//   - The object that the pointer "latest" names counts as referred to. The pointer
//     itself is never touched, and never left behind.
//   - What is not named as a value is foreign and stays, as does a value whose key
//     cannot be told.
//   - When references cannot be read, nothing of that asset goes.
//   - When another database says that it refers to values of the store, nothing goes.
//
// References of a whole asset are held as a sketch of fixed size, which may take an
// object for referred to that is not, never the other way round; another seed finds
// it at the next sweep. So memory does not grow with the number of values. Sweeps
// keep no state: one that was cut short is repeated.
//
// The package must never write to the record, and never decide by a path what a
// value is.
package retention

// Package supervise keeps the newest build of a pipeline serving while its sources
// change.
//
//	saved ──▶ build ──┬─ error ──▶ reported; the build that serves goes on
//	  ▲ (one at a     └─ binary ─▶ start beside the old ─┬─ serves ─▶ publish, then drain the old
//	  └─ time, then again                               └─ ends ───▶ reported; the old goes on
//	     when saved meanwhile)
//
// Invariants: one build at a time, and a build that began always finishes; one
// generation is published at most, and only while it serves; a generation that was
// replaced drains by itself for as long as it likes, beside any number of others;
// the published generation that ends unasked is withdrawn and started again, each
// time after a longer wait; one that refused the schema of the database is started
// again by a save alone.
//
// One goroutine owns all state; everything slow runs beside it and reports back.
// The package never reads sources nor listens on ports, and never ends a
// generation that drains, except when all is stopped.
package supervise

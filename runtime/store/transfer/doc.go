// Package transfer copies a location from one database to another, of whatever
// kind the two are.
//
//	Source ── runs, events, logs, facts, requests ──▶ Copy ──▶ Target
//	   └───────────────────── Compare ──────────────────────────┘
//
// Drivers implement Source and Target. What goes between them is what is stored,
// not what a build of rivers understands of it: payloads are bytes, so that the
// types and fields of later builds survive. What follows from the events and is
// made anew by whoever writes, the folded sets of partitions, is left out; what
// does not follow from them any more, facts told by runs that were deleted, is not.
//
// A copy writes run after run, and the record by which a location is listed last:
// one that was interrupted shows no location, and is taken up where it ended.
//
// The package must never know a driver, never give a run, an event or a line
// another number, and never tell of a copy as whole that was not compared.
package transfer

// Package sqlite keeps the state of rivers in one SQLite file, which several
// processes may use at once. It passes the suite in storetest.
//
// A process writes through one connection. Calls that write queue up; whoever
// comes first carries out everything that waits in one transaction, each call
// in a savepoint of its own, so that one's refusal leaves the others:
//
//	Append ─┐
//	Append ─┼─▶ queue ─▶ BEGIN IMMEDIATE · savepoint each · COMMIT ─▶ answers
//	TakeOver┘
//
// Reads go through a pool of connections and never wait for a writer. Watches
// look at PRAGMA data_version of a connection kept for that, and then at a
// change counter on the heads of streams, which tells what changed.
//
// Rows other than events are projections: Rebuild makes them anew from the
// events. Names and streams are referred to by small integers; events are
// clustered by (stream, number).
//
// The package must never decide what a run does next, and never hand out an
// error of the engine that is not wrapped in a sentinel of package store.
package sqlite

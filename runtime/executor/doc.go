// Package executor carries out runs: it owns them under a lease, folds their
// events into a run.Machine, appends what the machine commands, and only then
// does it.
//
//	          ┌──────────────── runner, one a run ────────────────┐
//	results ─▶│ Settle ─▶ Apply ─▶ Next ─▶ one Append ─▶ carry out │─▶ attempts
//	          └───────────────────────────────────────────────────┘
//
// A turn of a runner takes whatever results have queued, lets the machine decide,
// and appends everything as one transaction; meanwhile further results queue.
// So commits are grouped without a timer, and a step of a chain costs one commit.
//
// Invariants. Nothing starts before the store acknowledged the event that orders
// it. Nothing starts on a lease that is not trusted. What an attempt returns after
// its token was revoked is dropped. A refused append discards the machine.
//
// Failure. A store that does not answer is asked again under the same (writer,
// counter); running steps go on meanwhile and nothing new starts. After GiveUp the
// process is told to exit. A lost epoch ends the runner at once.
//
// The package must never decide what a run does next (run does), know a Go value
// of an asset (the host does) or talk to a database driver.
package executor

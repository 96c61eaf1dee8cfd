// Package run holds the semantics of a run in one place: a state machine that
// folds events and answers with commands.
//
//	events ──Apply──▶ ┌─────────┐ ──Next──▶ commands (launch, stop, skip, cancel, wait, finish)
//	                  │ Machine │
//	outcome ─Settle─▶ └─────────┘ ────────▶ payloads (succeeded, failed, retry scheduled)
//
// A step moves
//
//	waiting ─▶ ready ─▶ running ─▶ succeeded | failed | canceled
//	                ▲       │
//	                └ retrying (StepFailed not final) or revoked
//	waiting ─▶ skipped (an upstream did not succeed) | canceled
//
// Invariants. The state is a function of the plan, the policies and the events;
// folding the stored events gives back the whole machine. A step is launched only
// when everything it waits for succeeded. The budget of retries is the number of
// StepFailed events that were not final, so that a crash of the executor, which
// revokes attempts, uses up nothing. What is terminal stays terminal.
//
// Failure. An event that contradicts the state (an attempt that was never
// launched, a second end) is an error of Apply: the caller discards the machine
// and folds the stream anew.
//
// The package is pure. It must never start anything, wait, read a clock or draw
// random numbers: the present and the jitter are arguments.
package run

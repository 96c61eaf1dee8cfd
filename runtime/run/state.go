package run

import (
	"time"

	"rivers.io/runtime/event"
)

// Status is the state of a step.
type Status uint8

// The states of steps.
const (
	Waiting Status = iota
	Ready
	Running
	Retrying
	Succeeded
	Failed
	Skipped
	Canceled
)

var statusNames = [...]string{"waiting", "ready", "running", "retrying", "succeeded", "failed", "skipped", "canceled"}

// String returns the state in lower case.
func (s Status) String() string { return statusNames[s] }

// Terminal reports whether the step can change no more.
func (s Status) Terminal() bool { return s >= Succeeded }

// state is what is known about one step.
type state struct {
	status Status
	// stopping tells that a Stop was commanded for the running attempt.
	stopping bool
	// queued tells that the step is in the machine's queue.
	queued bool
	// attempt is the number of the newest attempt.
	attempt int
	// failures counts the failed attempts that were not final.
	failures int
	// pending counts the steps and gates that have not let this step pass.
	pending int
	// notBefore is the earliest start of a step that is retrying.
	notBefore time.Time
	// cause is the step that led to a skip.
	cause event.Step
}

// gate is what is known about one gate of the plan.
type gate struct {
	pending int
	broken  bool
}

// View is the state of one step as others may see it.
type View struct {
	Status  Status
	Attempt int
	// Failures is the used part of the retry budget.
	Failures int
	// NotBefore is the earliest next attempt of a step that is retrying.
	NotBefore time.Time
}

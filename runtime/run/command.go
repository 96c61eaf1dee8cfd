package run

import (
	"time"

	"rivers.io/runtime/event"
)

// Command is what the machine wants done. Commands that end or begin something
// imply an event, which the caller applies and appends before it acts.
type Command interface{ command() }

// Launch starts an attempt; it implies StepLaunched.
type Launch struct {
	// Step is the step's index in the plan.
	Step    int
	Attempt event.Attempt
}

// Stop ends the running attempt of a canceled run; it implies no event of its
// own. It is given once per attempt and process.
type Stop struct {
	Step    int
	Attempt event.Attempt
}

// Skip ends a step that never ran; it implies StepSkipped.
type Skip struct {
	Step int
	ID   event.Step
	Why  event.StepSkipped
}

// Cancel ends a step that is not running; it implies StepCanceled.
type Cancel struct {
	Step int
	ID   event.Step
	Why  event.StepCanceled
}

// Wait tells when to ask again although nothing happened.
type Wait struct{ Until time.Time }

// Finish ends the run; it implies RunFinished.
type Finish struct{ Result event.RunFinished }

func (Launch) command() {}
func (Stop) command()   {}
func (Skip) command()   {}
func (Cancel) command() {}
func (Wait) command()   {}
func (Finish) command() {}

// Event returns the event that the command implies, and false when there is
// none or the caller must complete it (Launch).
func Event(c Command) (event.Event, bool) {
	switch c := c.(type) {
	case Skip:
		return event.Event{Attempt: event.Attempt{Step: c.ID}, Payload: &c.Why}, true
	case Cancel:
		return event.Event{Attempt: event.Attempt{Step: c.ID}, Payload: &c.Why}, true
	case Finish:
		return event.Event{Payload: &c.Result}, true
	default:
		return event.Event{}, false
	}
}

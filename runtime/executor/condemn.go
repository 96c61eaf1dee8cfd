package executor

import (
	"context"
	"strings"

	"rivers.io/runtime/event"
	"rivers.io/runtime/plan"
	"rivers.io/runtime/run"
	"rivers.io/runtime/store"
)

// maxCause is how much of the cause each step of a condemned run repeats.
const maxCause = 1 << 10

// condemn ends a run that this code cannot carry out. Each step that has not
// ended ends first: skipped when it never ran, canceled when it did, in appends
// of at most run.MaxCommands events. The first of them already tells the cause,
// so that a run whose executor dies in between is condemned by the next one too,
// whatever its code.
func (r *runner) condemn(ctx context.Context, cause error) error {
	for _, a := range r.live {
		a.cancel(errHandover)
	}
	ends, err := r.readEnds(ctx)
	if err != nil {
		return err
	}
	text := cut(strings.ToValidUTF8(cause.Error(), "\uFFFD"), maxError)
	events := ends.rest(r.recordedSteps(ends), cut(text, maxCause))
	for len(events) > run.MaxCommands {
		if err := r.appendOwn(ctx, events[:run.MaxCommands]); err != nil {
			return err
		}
		events = events[run.MaxCommands:]
	}
	result := &event.RunFinished{Outcome: event.Failed, Cause: text, Counts: ends.total()}
	if ends.canceled {
		result.Outcome = event.Canceled
	}
	return r.appendOwn(ctx, append(events, event.Event{Payload: result}))
}

func (r *runner) appendOwn(ctx context.Context, events []event.Event) error {
	_, err := r.append(ctx, []store.Part{{Epoch: r.claim.Epoch, Events: events}})
	return err
}

// recordedSteps are the steps of the run in plan order. Where the definitions
// cannot tell them any more, they are those that its stream names.
func (r *runner) recordedSteps(ends *ends) []event.Step {
	current := r.claim.Run
	steps := plan.Recorded(r.m.cfg.Graph, &current.Created, current.CreatedAt)
	known := make(map[event.Step]bool, len(steps))
	for _, step := range steps {
		known[step] = true
	}
	for _, step := range ends.order {
		if !known[step] {
			return ends.order
		}
	}
	return steps
}

// ends is how far the steps of a run came, read without its plan.
type ends struct {
	steps map[event.Step]progress
	// order lists the steps in the order in which the stream names them.
	order    []event.Step
	canceled bool
	counts   event.Counts
}

// progress is how far one step came.
type progress struct {
	// attempt is the newest one, 0 when the step never ran.
	attempt              int
	running, hasFinished bool
}

// readEnds reads the whole stream of the run.
func (r *runner) readEnds(ctx context.Context) (*ends, error) {
	e := &ends{steps: map[event.Step]progress{}, counts: event.Counts{Total: r.claim.Run.Counts.Total}}
	for after := uint64(0); ; {
		page, err := r.page(ctx, r.id, after)
		if err != nil || len(page) == 0 {
			return e, err
		}
		for i := range page {
			e.note(page[i])
			after = page[i].Seq
		}
	}
}

func (e *ends) note(ev event.Event) {
	if _, ok := ev.Payload.(*event.RunCancelRequested); ok {
		e.canceled = true
	}
	if ev.Attempt.IsZero() {
		return
	}
	p, seen := e.steps[ev.Attempt.Step]
	if !seen {
		e.order = append(e.order, ev.Attempt.Step)
	}
	switch payload := ev.Payload.(type) {
	case *event.StepLaunched:
		p.attempt, p.running = ev.Attempt.Number, true
	case *event.StepFailed:
		p.running, p.hasFinished = false, payload.Final
	case *event.StepRevoked:
		p.running = false
	case *event.StepSucceeded, *event.StepSkipped, *event.StepCanceled:
		p.running, p.hasFinished = false, true
	}
	store.Count(&e.counts, ev.Payload)
	e.steps[ev.Attempt.Step] = p
}

// rest ends the given steps that have not ended, and counts them.
func (e *ends) rest(steps []event.Step, cause string) []event.Event {
	var out []event.Event
	for _, step := range steps {
		p := e.steps[step]
		if p.hasFinished {
			continue
		}
		ev := event.Event{Attempt: event.Attempt{Step: step}, Payload: &event.StepSkipped{Cause: cause}}
		if p.attempt > 0 || e.canceled {
			ev.Payload = &event.StepCanceled{Cause: cause}
		}
		if p.running {
			ev.Attempt.Number = p.attempt // ends its token too
		}
		store.Count(&e.counts, ev.Payload)
		out = append(out, ev)
	}
	return out
}

// total counts the steps that nobody can name any more as skipped: whatever ran
// is named by the stream.
func (e *ends) total() event.Counts {
	c := e.counts
	if unnamed := c.Total - c.Succeeded - c.Failed - c.Skipped - c.Canceled; unnamed > 0 {
		c.Skipped += unnamed
	}
	return c
}

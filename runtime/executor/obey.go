package executor

import (
	"context"
	"runtime"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/run"
)

// command asks the machine until it has nothing more to say.
func (r *runner) command(b *batch) error {
	for {
		commands := r.machine.Next(r.m.cfg.Now().UTC(), r.takeSlots())
		acted := false
		for _, c := range commands {
			did, err := r.obey(b, c)
			if err != nil {
				return err
			}
			acted = acted || did
		}
		r.m.pool.give(r.slots)
		r.slots = 0
		if !acted || b.finished || len(b.owner) > run.MaxCommands {
			return nil
		}
	}
}

// takeSlots asks for as many slots as there are steps that could start.
func (r *runner) takeSlots() int {
	want := r.machine.Want(r.m.cfg.Now().UTC())
	if r.machine.CancelRequested() {
		want = 0
	}
	switch {
	case want > 0:
		r.slots = r.m.pool.take(want, r.slotFree)
		r.queued = r.slots < want
	case r.queued:
		r.queued = false
		r.m.pool.leave(r.slotFree)
	}
	return r.slots
}

// obey applies what a command implies and keeps what is to be done after the
// acknowledgement. It reports whether the machine's state changed.
func (r *runner) obey(b *batch, c run.Command) (bool, error) {
	switch c := c.(type) {
	case run.Launch:
		a := r.newAttempt(c)
		r.slots--
		b.launches = append(b.launches, a)
		e := event.Event{Attempt: c.Attempt, Payload: &event.StepLaunched{Token: a.token, Worker: a.worker}}
		b.owner = append(b.owner, e)
		return true, r.machine.Apply(e)
	case run.Stop:
		if a := r.live[c.Attempt]; a != nil {
			b.stops = append(b.stops, a)
		}
		return false, nil
	case run.Wait:
		b.until = c.Until
		return false, nil
	case run.Finish:
		b.finished = true
	}
	e, ok := run.Event(c)
	if !ok {
		return false, nil
	}
	b.owner = append(b.owner, e)
	return true, r.machine.Apply(e)
}

func (r *runner) newAttempt(c run.Launch) *attempt {
	return &attempt{id: c.Attempt, step: c.Step, token: newToken(), worker: r.workerOf(r.plan.Steps[c.Step].Asset)}
}

// workerOf says where the steps of an asset run: where the asset says, else the
// launch, else the location.
func (r *runner) workerOf(i int) event.Worker {
	if own := r.m.cfg.Graph.Executor(i); own != "" {
		return event.Worker(own)
	}
	if asked := r.claim.Run.Created.Tags[event.ExecutorTag]; asked != "" {
		return event.Worker(asked)
	}
	return r.m.cfg.Default
}

// act does what was acknowledged.
func (r *runner) act(ctx context.Context, b *batch) {
	for _, a := range b.launches {
		actx, cancel := context.WithCancelCause(ctx)
		a.cancel = cancel
		a.now, a.began = r.m.cfg.Now().UTC(), r.values.began
		a.inputs = r.chooseInputs(a)
		r.live[a.id] = a
		go r.carryOut(actx, a)
	}
	if len(b.launches) > 1 {
		// What returns at once belongs into the next append: ever fewer and larger
		// ones cost less than many that hold one result each.
		runtime.Gosched()
	}
	for _, a := range b.stops {
		a.stopBy = time.Now().Add(r.m.cfg.CancelGrace)
		a.cancel(errCanceled)
	}
}

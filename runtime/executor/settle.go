package executor

import (
	"errors"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/run"
	"rivers.io/runtime/store"
)

// settle turns the results that have queued into events, as many as one append
// holds; the rest waits for the next.
func (r *runner) settle(b *batch) error {
	for len(r.unsettled) < maxAhead {
		select {
		case res := <-r.results:
			r.unsettled = append(r.unsettled, res)
			continue
		default:
		}
		break
	}
	now := r.m.cfg.Now().UTC()
	for size := 0; r.taken < len(r.unsettled) && size < maxBatch; r.taken++ {
		res := r.unsettled[r.taken]
		if r.live[res.attempt.id] != res.attempt {
			continue // dropped or abandoned meanwhile
		}
		if res.pid != 0 {
			started := event.Event{Attempt: res.attempt.id, Payload: &event.StepStarted{PID: res.pid}}
			b.parts = append(b.parts, store.Part{Token: res.attempt.token, Events: []event.Event{started}})
			continue
		}
		res.outcome = bounded(res.outcome)
		size += weight(res.outcome)
		payloads := r.machine.Settle(res.attempt.id, res.outcome, now, r.m.cfg.Random())
		if err := r.record(b, res.attempt, payloads); err != nil {
			return err
		}
	}
	return nil
}

// record applies the end of an attempt and adds it to the batch: what the worker
// tells goes under the attempt's token, the schedule of a retry under the epoch.
func (r *runner) record(b *batch, a *attempt, payloads []event.Payload) error {
	part := store.Part{Token: a.token, Events: make([]event.Event, 0, len(payloads))}
	for _, p := range payloads {
		e := event.Event{Attempt: a.id, Payload: p}
		if err := r.machine.Apply(e); err != nil {
			return err
		}
		r.values.note(e)
		if _, scheduled := p.(*event.StepRetryScheduled); scheduled {
			b.owner = append(b.owner, e)
			continue
		}
		part.Events = append(part.Events, e)
	}
	if len(part.Events) > 0 {
		b.parts = append(b.parts, part)
		b.settled = append(b.settled, a)
	}
	return nil
}

var errCanceled = errors.New("the run was canceled")

// abandonLate settles canceled attempts whose functions did not return in time.
// Their tokens end with StepCanceled, so nothing that they do counts any more.
func (r *runner) abandonLate() {
	for _, a := range r.live {
		if a.stopBy.IsZero() || time.Now().Before(a.stopBy) {
			continue
		}
		a.stopBy = time.Time{}
		if !a.letGo(r.m.pool) {
			continue // its result is on the way
		}
		r.m.abandoned.Add(1)
		r.log.Warn("function goes on after its step was canceled; it is abandoned",
			"step", a.id.Name, "partition", string(a.id.Key), "attempt", a.id.Number)
		r.unsettled = append(r.unsettled, result{attempt: a, outcome: run.Outcome{Failure: &run.Failure{
			Reason: event.ReasonCanceled, Error: "canceled; the function did not return and was abandoned",
		}}})
	}
}

// drop ends an attempt that the stream no longer believes.
func (r *runner) drop(a *attempt) {
	delete(r.live, a.id)
	a.cancel(errHandover)
}

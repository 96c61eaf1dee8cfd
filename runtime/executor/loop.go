package executor

import (
	"context"
	"errors"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/run"
	"rivers.io/runtime/store"
)

// batch is what one turn appends and then does.
type batch struct {
	parts    []store.Part
	owner    []event.Event
	launches []*attempt
	stops    []*attempt
	until    time.Time
	finished bool
	settled  []*attempt
}

// loop takes turns until the run ends.
func (r *runner) loop(ctx context.Context) error {
	for {
		select {
		case <-r.m.handover:
			return r.handOver(ctx)
		default:
		}
		b, err := r.turn(ctx)
		if err != nil {
			return err
		}
		if b.finished {
			return nil
		}
		if len(b.parts) > 0 || len(b.owner) > 0 {
			continue
		}
		if err := r.wait(ctx, b.until); err != nil {
			return err
		}
	}
}

// turn settles what has queued, asks the machine, appends both together and
// carries out what was commanded.
func (r *runner) turn(ctx context.Context) (*batch, error) {
	b := &batch{}
	r.abandonLate()
	if err := r.settle(b); err != nil {
		return nil, err
	}
	if err := r.command(b); err != nil {
		return nil, err
	}
	if len(b.owner) > 0 {
		b.parts = append(b.parts, store.Part{Epoch: r.claim.Epoch, Events: b.owner})
	}
	if b.finished {
		r.m.settleOutput(r.id)
	}
	if len(b.parts) > 0 {
		ok, err := r.commit(ctx, b)
		if err != nil || !ok {
			return b, err
		}
		if err := r.confirm(ctx); err != nil {
			r.forget(b)
			return b, err
		}
	} else {
		r.trim()
	}
	r.act(ctx, b)
	return b, nil
}

// trim forgets the results that are recorded or were dropped.
func (r *runner) trim() {
	r.unsettled = append(r.unsettled[:0], r.unsettled[r.taken:]...)
	r.taken = 0
}

// confirm asks whether the epoch still stands when the last acknowledgement is
// too old to act on.
func (r *runner) confirm(ctx context.Context) error {
	if r.trusted() || r.machine.Finished() != nil {
		return nil
	}
	return r.renew(ctx)
}

// commit appends the batch. It is false when the append was refused and the
// machine was folded anew; nothing of the batch may then be carried out.
func (r *runner) commit(ctx context.Context, b *batch) (bool, error) {
	ack, err := r.append(ctx, b.parts)
	if errors.Is(err, store.ErrTokenRevoked) {
		r.log.Warn("append refused, folding the stream anew", "error", err)
		b.finished = false
		r.forget(b)
		r.taken = 0
		return false, r.reload(ctx)
	}
	if err != nil {
		r.forget(b)
		return false, err
	}
	r.trim()
	for _, a := range b.settled {
		delete(r.live, a.id)
	}
	if ack.Duplicate {
		// The first answer was lost, and much may have happened since: what is
		// believed now is what the stream says under an epoch that stands.
		r.acked = time.Time{}
		err := r.reload(ctx)
		if err != nil {
			r.forget(b)
		}
		r.keepRunning(b)
		return true, err
	}
	// Whatever others appended before us is folded after us: only a request
	// to cancel can be there, and it does not contradict what we did.
	if err := r.catchUp(ctx, ack.First); err != nil {
		r.forget(b)
		return false, err
	}
	r.seen.Store(ack.Last)
	return true, nil
}

// keepRunning drops the launches that the stream does not know as running.
func (r *runner) keepRunning(b *batch) {
	running := map[event.Attempt]bool{}
	for _, a := range r.machine.Running() {
		running[a] = true
	}
	kept := b.launches[:0]
	for _, a := range b.launches {
		if running[a.id] {
			kept = append(kept, a)
			continue
		}
		a.letGo(r.m.pool)
	}
	b.launches = kept
}

// forget gives up launches that were not acknowledged.
func (r *runner) forget(b *batch) {
	for _, a := range b.launches {
		a.letGo(r.m.pool)
	}
}

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
		a.now = r.m.cfg.Now().UTC()
		a.inputs = r.chooseInputs(a)
		r.live[a.id] = a
		go r.carryOut(actx, a)
	}
	for _, a := range b.stops {
		a.stopBy = time.Now().Add(r.m.cfg.CancelGrace)
		a.cancel(errCanceled)
	}
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

// wait blocks until there is something to do.
func (r *runner) wait(ctx context.Context, until time.Time) error {
	timer := time.NewTimer(r.nextWake(until))
	defer timer.Stop()
	select {
	case res := <-r.results:
		r.unsettled = append(r.unsettled, res)
		return nil
	case <-r.slotFree:
		return nil
	case <-r.wake:
		return r.catchUp(ctx, 0)
	case <-timer.C:
		return r.renewIdle(ctx)
	case <-r.m.handover:
		return r.handOver(ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// nextWake is how long nothing need be done: until a retry is due, a canceled
// function is late, or the lease wants renewal.
func (r *runner) nextWake(until time.Time) time.Duration {
	d := time.Until(r.acked.Add(r.m.cfg.Renew))
	if !until.IsZero() {
		d = min(d, until.Sub(r.m.cfg.Now()))
	}
	for _, a := range r.live {
		if !a.stopBy.IsZero() {
			d = min(d, time.Until(a.stopBy))
		}
	}
	return max(d, 0)
}

func (r *runner) renewIdle(ctx context.Context) error {
	if time.Since(r.acked) < r.m.cfg.Renew {
		return nil
	}
	return r.renew(ctx)
}

// renew extends the lease, and fails when the epoch does not stand any more.
func (r *runner) renew(ctx context.Context) error {
	var sent time.Time
	_, err := retry(ctx, r, func() (time.Time, error) {
		sent = time.Now()
		return r.m.cfg.Location.Renew(ctx, r.id, r.claim.Epoch, r.m.cfg.Lease)
	})
	if err == nil {
		r.acked = sent
	}
	return err
}

// handOver ends the attempts, records those that succeed within the grace, and
// releases the run for the next executor, whose takeover revokes the rest.
func (r *runner) handOver(ctx context.Context) error {
	for _, a := range r.live {
		a.cancel(errHandover)
	}
	timer := time.NewTimer(r.m.cfg.CancelGrace)
	defer timer.Stop()
	for waiting := len(r.live); waiting > 0; waiting-- {
		select {
		case res := <-r.results:
			if res.pid != 0 {
				waiting++ // the attempt itself is still to come
			} else if res.outcome.Failure == nil {
				r.unsettled = append(r.unsettled, res)
			}
			continue
		case <-timer.C:
		}
		break
	}
	b := &batch{}
	if err := r.settle(b); err != nil {
		return err
	}
	if len(b.owner) > 0 {
		b.parts = append(b.parts, store.Part{Epoch: r.claim.Epoch, Events: b.owner})
	}
	if len(b.parts) > 0 {
		if ok, err := r.commit(ctx, b); err != nil || !ok {
			return errors.Join(errHandover, err)
		}
	}
	if err := r.m.cfg.Location.Release(ctx, r.id, r.claim.Epoch); err != nil {
		return err
	}
	return errHandover
}

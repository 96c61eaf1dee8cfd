package executor

import (
	"context"
	"time"

	"rivers.io/runtime/event"
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

package executor

import (
	"context"
	"errors"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

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

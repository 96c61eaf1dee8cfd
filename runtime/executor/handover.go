package executor

import (
	"context"
	"errors"
	"time"

	"rivers.io/runtime/store"
)

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

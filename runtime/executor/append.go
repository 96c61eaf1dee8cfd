package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rivers.io/runtime/store"
)

// append writes parts under the next counter, and again under the same one until
// the store answered.
func (r *runner) append(ctx context.Context, parts []store.Part) (store.Appended, error) {
	r.counter++
	add := store.Append{Writer: r.writer, Counter: r.counter, Parts: parts, Lease: r.m.cfg.Lease}
	var sent time.Time
	ack, err := retry(ctx, r, func() (store.Appended, error) {
		sent = time.Now()
		return r.m.cfg.Location.Append(ctx, r.id, add)
	})
	if err != nil {
		return ack, err
	}
	r.m.pool.observeCommit(time.Since(sent))
	r.acked = sent
	return ack, nil
}

// trusted compares both the monotonic and the wall clock, because the former
// stands still while a laptop sleeps.
func (r *runner) trusted() bool {
	wall := time.Now().Round(0).Sub(r.acked.Round(0))
	return time.Since(r.acked) < r.m.cfg.Trust && wall < r.m.cfg.Trust
}

// retry calls f until it answers with something other than an unavailable
// store, backing off. After GiveUp the process is told to exit.
func retry[T any](ctx context.Context, r *runner, f func() (T, error)) (T, error) {
	began := time.Now()
	for n := 0; ; n++ {
		v, err := f()
		if err == nil || !errors.Is(err, store.ErrUnavailable) {
			return v, err
		}
		if time.Since(began) > r.m.cfg.GiveUp {
			err = fmt.Errorf("the store did not answer for %v: %w", r.m.cfg.GiveUp, err)
			r.m.giveUp(err)
			return v, err
		}
		if n == 0 {
			r.log.Warn("store unavailable, trying again", "error", err)
		}
		if werr := r.pause(ctx, n); werr != nil {
			return v, fmt.Errorf("%w; the store did not answer: %w", werr, err)
		}
	}
}

// pause backs off before the n-th repetition. Once the run is to be handed over,
// a store that does not answer is waited for no longer: the lease will end.
func (r *runner) pause(ctx context.Context, n int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-r.m.handover:
			cancel(errHandover)
		case <-ctx.Done():
		}
	}()
	return backoff(ctx, n)
}

package surreal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"rivers.io/runtime/store"
)

// owners are the records by which living executors are told from dead ones. A
// process that ends in order says so in the record; of one that was killed
// nothing is known but that its leases end.
type owners struct {
	d *DB

	mu   sync.Mutex
	over bool
	held map[*owner]bool
}

func newOwners(d *DB) *owners { return &owners{d: d, held: map[*owner]bool{}} }

// owner is an executor id that this process carries.
type owner struct {
	of     *owners
	claim  *claim
	cancel context.CancelFunc
	kept   chan struct{}
	once   sync.Once
	closed error
}

// HoldOwner announces that this process carries the executor id. It waits for
// the database no longer than Config.Busy.
func (d *DB) HoldOwner(executor string) (io.Closer, error) {
	if err := store.CheckFileID("executor id", executor); err != nil {
		return nil, err
	}
	if err := d.writable(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(d.ctx, d.cfg.Busy)
	defer cancel()
	c, err := d.take(ctx, recordID("owner", executor), usualTimes)
	switch {
	case errors.Is(err, errHeld):
		return nil, fmt.Errorf("executor %s is held by a living process: %w", executor, store.ErrConflict)
	case err != nil:
		return nil, fmt.Errorf("hold executor %s: %w", executor, unavailable(err))
	}
	return d.owners.keep(c)
}

// unavailable is the error of a call that was given up after a while.
func unavailable(err error) error {
	if errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, store.ErrUnavailable) {
		return fmt.Errorf("%w: %w", store.ErrUnavailable, err)
	}
	return err
}

func (o *owners) keep(c *claim) (io.Closer, error) {
	h := &owner{of: o, claim: c, kept: make(chan struct{})}
	var ctx context.Context
	ctx, h.cancel = context.WithCancel(o.d.ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.over {
		h.cancel()
		return nil, errClosed
	}
	o.held[h] = true
	o.d.tasks.Go(func() {
		defer close(h.kept)
		if err := c.keep(ctx); err != nil {
			o.d.cfg.Logger.Error("the executor of this process is carried by another; its leases end by themselves",
				"executor", c.id.ID, "error", err)
		}
	})
	return h, nil
}

// Close says that the executor is dead, so that others may take its runs over at
// once.
func (h *owner) Close() error {
	h.once.Do(func() {
		h.cancel()
		<-h.kept
		h.of.mu.Lock()
		delete(h.of.held, h)
		h.of.mu.Unlock()
		d := h.claim.d
		ctx, cancel := context.WithTimeout(d.ctx, d.cfg.Busy)
		defer cancel()
		h.closed = unavailable(h.claim.release(ctx))
	})
	return h.closed
}

// shut stops all renewals: what was not closed by then ends by itself.
func (o *owners) shut() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	for h := range o.held {
		h.cancel()
	}
}

// ownerDead reports whether the executor announced itself and has said since that
// it ended. Of one that never did, nothing is known.
func (d *DB) ownerDead(ctx context.Context, executor string) (bool, error) {
	if executor == "" {
		return false, nil
	}
	s := newScript()
	s.answer("RETURN ", s.arg(recordID("owner", executor)), ".dead ?? false")
	dead := false
	err := d.read(ctx, "look for the owner of a run", s, &dead)
	return dead, err
}

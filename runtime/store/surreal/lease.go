package surreal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// TakeOver gives the caller the ownership of a run that has no living owner.
func (l *location) TakeOver(ctx context.Context, id string, take store.TakeOver) (store.Claim, error) {
	if err := store.CheckFileID("executor id", take.Executor); err != nil {
		return store.Claim{}, err
	}
	if err := store.CheckLease(take.Lease); err != nil {
		return store.Claim{}, err
	}
	tried := int64(-1)
	done, err := l.advance(ctx, id, "take a run over", nil, "", func(a *advance) error {
		if a.mine && a.before.head.Epoch == tried {
			return errNothing
		}
		dead, err := l.db.ownerDead(ctx, a.before.head.Executor)
		if err != nil {
			return err
		}
		tried = a.before.head.Epoch + 1
		return takeOver(a, take, dead)
	})
	if err != nil {
		return store.Claim{}, err
	}
	run, err := l.assemble(ctx, &done.head)
	if err != nil {
		return store.Claim{}, err
	}
	return store.Claim{Epoch: run.Epoch, LeaseEnd: run.LeaseEnd, Run: run}, nil
}

func takeOver(a *advance, take store.TakeOver, ownerDead bool) error {
	h := &a.after.head
	switch {
	case h.status().Final():
		return fmt.Errorf("run %s is %s: %w", h.Ident, h.Status, store.ErrFinished)
	case h.status() == store.Queued:
		return fmt.Errorf("run %s is queued and not admitted: %w", h.Ident, store.ErrPrecondition)
	case store.LeaseHeld(instant(h.LeaseEnd), instant(a.before.now)) && !ownerDead:
		return fmt.Errorf("run %s is owned by executor %s until %s: %w",
			h.Ident, h.Executor, instant(h.LeaseEnd).Format(time.RFC3339Nano), store.ErrLeaseHeld)
	}
	if !ownerDead {
		a.guard = func(s *script) string {
			return "lease_end <= $wall OR lease_end > $wall + " + s.arg(int64(store.MaxLease)) // store.LeaseHeld
		}
	}
	recs, err := takeOverEvents(a.after, take)
	if err != nil {
		return err
	}
	h.Epoch++
	h.Executor, h.Status = take.Executor, string(store.Started)
	a.lease = take.Lease
	a.addAll(recs)
	return nil
}

// takeOverEvents makes the events of a takeover, and removes the attempts that
// they revoke.
func takeOverEvents(s *snapshot, take store.TakeOver) ([]record, error) {
	epoch := uint64(s.head.Epoch + 1) //nolint:gosec // never negative
	var first event.Payload = &event.RunTakenOver{Epoch: epoch, Executor: take.Executor, Image: take.Image}
	if s.head.status() == store.NotStarted {
		first = &event.RunStarted{Epoch: epoch, Executor: take.Executor, Image: take.Image}
	}
	recs, err := newRecords(first)
	if err != nil {
		return nil, err
	}
	for _, at := range slices.SortedFunc(maps.Keys(s.live), compareAttempts) {
		if slices.Contains(take.Adopt, s.live[at].Token) {
			continue
		}
		r, err := newRecord(event.Event{Attempt: at, Payload: &event.StepRevoked{Cause: store.RevokeCause}})
		if err != nil {
			return nil, err
		}
		recs = append(recs, r)
		delete(s.live, at)
	}
	return recs, nil
}

// Renew extends the lease of an owner whose epoch still stands. A clock that was
// set back shortens the lease with it.
func (l *location) Renew(ctx context.Context, id string, epoch uint64, lease time.Duration) (time.Time, error) {
	if err := store.CheckLease(lease); err != nil {
		return time.Time{}, err
	}
	if err := l.writable(); err != nil {
		return time.Time{}, err
	}
	var end int64
	released := false
	err := l.db.repeat(ctx, "renew a lease", func(bool) error {
		if err := l.db.send(ctx, l.renewal(id, epoch, lease, released), &end); err != nil || end != 0 {
			return err
		}
		snap, err := l.load(ctx, id, "")
		if err != nil {
			return err
		}
		if err := snap.owned(epoch); err != nil {
			return err
		}
		if now := snap.head.LeaseEnd == 0; now != released {
			released = now
			return errAgain
		}
		return fmt.Errorf("run %s changed while its lease was renewed: %w", id, store.ErrUnavailable)
	})
	return instant(end), err
}

// owned reports whether the run is active and the epoch is its own.
func (s *snapshot) owned(epoch uint64) error {
	h := &s.head
	if epoch == 0 || uint64(h.Epoch) != epoch { //nolint:gosec // never negative
		return fmt.Errorf("run %s: epoch %d, the run's is %d: %w", h.Ident, epoch, h.Epoch, store.ErrStaleEpoch)
	}
	if h.status().Final() {
		return fmt.Errorf("run %s is %s: %w", h.Ident, h.Status, store.ErrFinished)
	}
	return nil
}

// Release ends the lease without ending the run, and lets watches know.
func (l *location) Release(ctx context.Context, id string, epoch uint64) error {
	_, err := l.advance(ctx, id, "release a run", nil, "", func(a *advance) error {
		if err := a.before.owned(epoch); err != nil {
			return err
		}
		if a.before.head.LeaseEnd == 0 {
			return errNothing
		}
		a.lease, a.told = -1, true
		a.guard = func(s *script) string { return "epoch = " + s.arg(epoch) }
		return nil
	})
	return err
}

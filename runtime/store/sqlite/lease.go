package sqlite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
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
	var claim store.Claim
	err := l.write(ctx, func(t *tx, loc int64) (err error) {
		claim, err = t.takeOver(loc, id, take)
		return err
	})
	if err != nil {
		return store.Claim{}, err
	}
	return claim, nil
}

func (t *tx) takeOver(loc int64, id string, take store.TakeOver) (store.Claim, error) {
	h, err := t.db.runHead(t.conn, loc, id)
	if err != nil {
		return store.Claim{}, err
	}
	switch {
	case h.status.Final():
		return store.Claim{}, fmt.Errorf("run %s is %s: %w", id, h.status, store.ErrFinished)
	case h.status == store.Queued:
		return store.Claim{}, fmt.Errorf("run %s is queued and not admitted: %w", id, store.ErrPrecondition)
	}
	if err := t.checkOwner(h); err != nil {
		return store.Claim{}, err
	}
	recs, err := t.takeOverEvents(h, take)
	if err != nil {
		return store.Claim{}, err
	}
	h.epoch++
	h.leaseEnd = t.now + int64(take.Lease)
	if h.status == store.NotStarted {
		if err := t.setStatus(h, store.Started); err != nil {
			return store.Claim{}, err
		}
		_, err = t.exec(`UPDATE runs SET executor = ?, started_at = ? WHERE stream = ?`, take.Executor, h.stamp(t.now), h.id)
	} else {
		_, err = t.exec(`UPDATE runs SET executor = ? WHERE stream = ?`, take.Executor, h.id)
	}
	if err != nil {
		return store.Claim{}, err
	}
	if err := t.addAll(h, recs); err != nil {
		return store.Claim{}, err
	}
	run, err := t.db.loadRun(t.conn, loc, id)
	return store.Claim{Epoch: run.Epoch, LeaseEnd: run.LeaseEnd, Run: run}, err
}

// checkOwner returns ErrLeaseHeld while the owner of the run may be alive.
func (t *tx) checkOwner(h *head) error {
	if !store.LeaseHeld(instant(h.leaseEnd), instant(t.now)) {
		return nil
	}
	r, err := t.first(`SELECT executor FROM runs WHERE stream = ?`, h.id)
	if err != nil {
		return err
	}
	executor := r.text(0)
	if t.db.owners.dead(executor) {
		return nil
	}
	return fmt.Errorf("run %s is owned by executor %s until %s: %w",
		h.ident, executor, instant(h.leaseEnd).Format(time.RFC3339Nano), store.ErrLeaseHeld)
}

// takeOverEvents makes the events of a takeover, and removes the attempts that
// they revoke.
func (t *tx) takeOverEvents(h *head, take store.TakeOver) ([]record, error) {
	epoch := uint64(h.epoch + 1)
	var first event.Payload = &event.RunTakenOver{Epoch: epoch, Executor: take.Executor, Image: take.Image}
	if h.status == store.NotStarted {
		first = &event.RunStarted{Epoch: epoch, Executor: take.Executor, Image: take.Image}
	}
	recs, err := newRecords(first)
	if err != nil {
		return nil, err
	}
	lost, err := t.lostAttempts(h, take.Adopt)
	if err != nil {
		return nil, err
	}
	for _, a := range lost {
		r, err := newRecord(event.Event{Attempt: a, Payload: &event.StepRevoked{Cause: store.RevokeCause}})
		if err != nil {
			return nil, err
		}
		recs = append(recs, r)
		step, err := t.intern(h.loc, a.Name)
		if err != nil {
			return nil, err
		}
		if _, err := t.exec(`DELETE FROM attempts WHERE stream = ? AND step = ? AND key = ? AND number = ?`,
			h.id, step, string(a.Key), int64(a.Number)); err != nil {
			return nil, err
		}
	}
	return recs, nil
}

// lostAttempts returns the live attempts whose tokens are not adopted.
func (t *tx) lostAttempts(h *head, adopt []string) ([]event.Attempt, error) {
	type lost struct {
		step int64
		a    event.Attempt
	}
	var rows []lost
	err := t.each(background, `SELECT step, key, number, token FROM attempts WHERE stream = ?`, func(r row) error {
		if !slices.Contains(adopt, r.text(3)) {
			a := event.Attempt{Number: int(r.int(2))}
			a.Key = partition.Key(r.text(1))
			rows = append(rows, lost{r.int(0), a})
		}
		return nil
	}, h.id)
	if err != nil {
		return nil, err
	}
	list := make([]event.Attempt, len(rows))
	for i, l := range rows {
		list[i] = l.a
		if list[i].Name, err = t.db.nameOf(t.conn, l.step); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Renew extends the lease of an owner whose epoch still stands. A clock that was
// set back shortens the lease with it: else the run of an owner that dies next
// would wait for as long as the clock was set back.
func (l *location) Renew(ctx context.Context, id string, epoch uint64, lease time.Duration) (time.Time, error) {
	if err := store.CheckLease(lease); err != nil {
		return time.Time{}, err
	}
	var end int64
	err := l.owned(ctx, id, epoch, func(t *tx, h *head) error {
		end = t.now + int64(lease)
		_, err := t.exec(`UPDATE streams SET lease_end = ? WHERE id = ?`, end, h.id)
		return err
	})
	if err != nil {
		return time.Time{}, err
	}
	return instant(end), nil
}

// Release ends the lease without ending the run, and lets watches know.
func (l *location) Release(ctx context.Context, id string, epoch uint64) error {
	return l.owned(ctx, id, epoch, func(t *tx, h *head) error {
		if h.leaseEnd == 0 {
			return nil
		}
		h.leaseEnd = 0
		return t.saveHead(h, true)
	})
}

// owned runs f when the run is active and the epoch is its own.
func (l *location) owned(ctx context.Context, id string, epoch uint64, f func(*tx, *head) error) error {
	return l.write(ctx, func(t *tx, loc int64) error {
		h, err := t.db.runHead(t.conn, loc, id)
		if err != nil {
			return err
		}
		if epoch == 0 || uint64(h.epoch) != epoch {
			return fmt.Errorf("run %s: epoch %d, the run's is %d: %w", id, epoch, h.epoch, store.ErrStaleEpoch)
		}
		if h.status.Final() {
			return fmt.Errorf("run %s is %s: %w", id, h.status, store.ErrFinished)
		}
		return f(t, h)
	})
}

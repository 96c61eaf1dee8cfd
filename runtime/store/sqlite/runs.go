package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

const runColumns = `s.id, s.loc, s.ident, s.seq, s.time, s.status, s.created_at, s.epoch, s.lease_end, s.canceling,
	s.total, s.succeeded, s.failed, s.skipped, s.canceled,
	r.priority, r.block_reason, r.cause, r.executor, r.started_at, r.ended_at, e.payload`

const runTables = `streams s JOIN runs r ON r.stream = s.id JOIN events e ON e.stream = s.id AND e.seq = 1`

func scanRun(r row, location string) (store.Run, error) {
	h := scanHead(r)
	run := store.Run{
		ID: h.ident, Location: location, Status: h.status, CancelRequested: h.canceling, Counts: h.counts,
		Priority: int(r.int(15)), BlockReason: r.text(16), Cause: r.text(17), Executor: r.text(18),
		CreatedAt: instant(h.createdAt), StartedAt: instant(r.int(19)), EndedAt: instant(r.int(20)),
		Epoch: uint64(h.epoch), LeaseEnd: instant(h.leaseEnd), Seq: uint64(h.seq),
	}
	if err := json.Unmarshal(r.blob(21), &run.Created); err != nil {
		return run, fmt.Errorf("run %s: its first event: %w: %w", h.ident, store.ErrCorrupt, err)
	}
	return run, nil
}

// loadRun returns a run of a location, or ErrNotFound.
func (d *DB) loadRun(c *conn, loc int64, id string) (store.Run, error) {
	ident, err := d.locIdent(c, loc)
	if err != nil {
		return store.Run{}, err
	}
	r, err := c.first(`SELECT `+runColumns+` FROM `+runTables+` WHERE s.ident = ? AND s.loc = ?`, id, loc)
	if err != nil {
		return store.Run{}, err
	}
	if r == nil {
		return store.Run{}, notFound("run", id)
	}
	return scanRun(r, ident)
}

func (d *DB) locIdent(c *conn, loc int64) (string, error) {
	r, err := c.first(`SELECT ident FROM locations WHERE id = ?`, loc)
	if err != nil || r == nil {
		return "", err
	}
	return r.text(0), nil
}

// Run returns one run.
func (l *location) Run(ctx context.Context, id string) (store.Run, error) {
	var run store.Run
	err := l.view(ctx, "read a run", func(c *conn, loc int64) (err error) {
		run, err = l.db.loadRun(c, loc, id)
		return err
	})
	return run, err
}

// CountRuns returns the number of runs by status.
func (l *location) CountRuns(ctx context.Context) (map[store.Status]int64, error) {
	counts := map[store.Status]int64{}
	err := l.view(ctx, "count runs", func(c *conn, loc int64) error {
		return c.each(ctx, `SELECT status, sum(n) FROM run_counts WHERE loc = ? GROUP BY status`, func(r row) error {
			if n := r.int(1); n != 0 {
				counts[codeStatuses[r.int(0)]] = n
			}
			return nil
		}, loc)
	})
	return counts, err
}

// AdmitRun moves a run from Queued to NotStarted.
func (l *location) AdmitRun(ctx context.Context, id string) (store.Run, error) {
	recs, err := newRecords(&event.RunDequeued{})
	if err != nil {
		return store.Run{}, err
	}
	var run store.Run
	err = l.write(ctx, func(t *tx, loc int64) error {
		h, err := t.db.runHead(t.conn, loc, id)
		if err != nil {
			return err
		}
		if h.status != store.Queued {
			return fmt.Errorf("run %s is %s, not queued: %w", id, h.status, store.ErrConflict)
		}
		if err := t.setStatus(h, store.NotStarted); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE runs SET block_reason = '' WHERE stream = ?`, h.id); err != nil {
			return err
		}
		if err := t.addAll(h, recs); err != nil {
			return err
		}
		run, err = t.db.loadRun(t.conn, loc, id)
		return err
	})
	if err != nil {
		return store.Run{}, err
	}
	return run, nil
}

// addAll stamps and appends events that are written by no executor, and saves
// the head.
func (t *tx) addAll(h *head, recs []record) error {
	h.time = h.stamp(t.now)
	for i := range recs {
		if err := t.add(h, &recs[i]); err != nil {
			return err
		}
		store.Count(&h.counts, recs[i].event.Payload)
		if p, ok := recs[i].event.Payload.(*event.RunFinished); ok {
			if err := t.finish(h, p); err != nil {
				return err
			}
		}
	}
	return t.saveHead(h, true)
}

// RequestCancel asks for the end of a run.
func (l *location) RequestCancel(ctx context.Context, id string, by *event.User) (bool, error) {
	requested := false
	err := l.write(ctx, func(t *tx, loc int64) error {
		h, err := t.db.runHead(t.conn, loc, id)
		if err != nil {
			return err
		}
		requested = !h.status.Final()
		if !requested || h.canceling {
			return nil
		}
		payloads := []event.Payload{&event.RunCancelRequested{User: by}}
		if h.status != store.Started {
			payloads = append(payloads, &event.RunFinished{Outcome: event.Canceled, Cause: "canceled before it started", Counts: h.counts})
		}
		recs, err := newRecords(payloads...)
		if err != nil {
			return err
		}
		h.canceling = true
		return t.addAll(h, recs)
	})
	return requested && err == nil, err
}

// FailLaunch finishes a run that is NotStarted as Failed.
func (l *location) FailLaunch(ctx context.Context, id, cause string) error {
	return l.write(ctx, func(t *tx, loc int64) error {
		h, err := t.db.runHead(t.conn, loc, id)
		if err != nil {
			return err
		}
		if h.status != store.NotStarted {
			return fmt.Errorf("run %s is %s, not waiting for an executor: %w", id, h.status, store.ErrConflict)
		}
		recs, err := newRecords(&event.RunLaunchFailed{Error: cause},
			&event.RunFinished{Outcome: event.Failed, Cause: cause, Counts: h.counts})
		if err != nil {
			return err
		}
		return t.addAll(h, recs)
	})
}

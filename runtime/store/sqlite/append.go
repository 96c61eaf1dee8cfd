package sqlite

import (
	"context"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// appendJob is one append with its events encoded.
type appendJob struct {
	run  string
	add  store.Append
	recs [][]record
	// rows are the columns of the events' rows that are not written yet.
	rows []any
}

// Append adds events to the stream of a run.
func (l *location) Append(ctx context.Context, run string, add store.Append) (store.Appended, error) {
	if err := store.CheckAppend(add); err != nil {
		return store.Appended{}, err
	}
	j := &appendJob{run: run, add: add}
	if err := j.encode(); err != nil {
		return store.Appended{}, err
	}
	var done store.Appended
	err := l.write(ctx, func(t *tx, loc int64) (err error) {
		done, err = j.apply(t, loc)
		return err
	})
	if err != nil {
		return store.Appended{}, err
	}
	return done, nil
}

func (j *appendJob) encode() error {
	total := 0
	j.recs = make([][]record, len(j.add.Parts))
	for i, part := range j.add.Parts {
		j.recs[i] = make([]record, len(part.Events))
		for k, e := range part.Events {
			r, err := newRecord(e)
			if err != nil {
				return &store.PartError{Part: i, Err: fmt.Errorf("event %d: %w", k, err)}
			}
			j.recs[i][k] = r
			total += len(r.payload)
		}
	}
	if total > store.MaxAppendBytes {
		return fmt.Errorf("append of %d bytes exceeds %d: %w", total, store.MaxAppendBytes, store.ErrInvalid)
	}
	return nil
}

func (j *appendJob) apply(t *tx, loc int64) (store.Appended, error) {
	h, err := t.db.runHead(t.conn, loc, j.run)
	if err != nil {
		return store.Appended{}, err
	}
	n, err := t.exec(`INSERT INTO writers VALUES (?, ?, ?)
		ON CONFLICT (stream, writer) DO UPDATE SET counter = excluded.counter WHERE counter < excluded.counter`,
		h.id, j.add.Writer, int64(j.add.Counter))
	if err != nil {
		return store.Appended{}, err
	}
	if n == 0 {
		return h.acknowledge(h.seq-1, true), nil
	}
	if h.status.Final() {
		return store.Appended{}, fmt.Errorf("run %s is %s: %w", j.run, h.status, store.ErrFinished)
	}
	return j.applyParts(t, h)
}

func (j *appendJob) applyParts(t *tx, h *head) (store.Appended, error) {
	before, counts, owner := h.seq, h.counts, false
	j.rows = t.rows[:0]
	h.time = h.stamp(t.now)
	for i := range j.add.Parts {
		if h.status.Final() {
			return store.Appended{}, &store.PartError{Part: i, Err: store.ErrFinished}
		}
		if err := j.applyPart(t, h, i); err != nil {
			return store.Appended{}, partError(i, err)
		}
		owner = owner || j.add.Parts[i].Epoch != 0
	}
	t.rows = j.rows
	err := t.insertEvents(j.rows)
	clear(j.rows)
	if err != nil {
		return store.Appended{}, err
	}
	if owner && j.add.Lease > 0 && !h.status.Final() {
		h.leaseEnd = t.now + int64(j.add.Lease)
	}
	if err := t.saveHead(h, h.counts != counts || h.status.Final()); err != nil {
		return store.Appended{}, err
	}
	return h.acknowledge(before, false), nil
}

func (h *head) acknowledge(before int64, duplicate bool) store.Appended {
	return store.Appended{
		First: uint64(before + 1), Last: uint64(h.seq), Time: instant(h.time),
		LeaseEnd: instant(h.leaseEnd), Duplicate: duplicate,
	}
}

// partError names the part that was refused; errors of the engine concern all.
func partError(i int, err error) error {
	if isRefusal(err) {
		return &store.PartError{Part: i, Err: err}
	}
	return err
}

func (j *appendJob) applyPart(t *tx, h *head, i int) error {
	part := &j.add.Parts[i]
	if part.Epoch != 0 && int64(part.Epoch) != h.epoch {
		return fmt.Errorf("epoch %d, the run's is %d: %w", part.Epoch, h.epoch, store.ErrStaleEpoch)
	}
	live := liveCheck{tx: t, head: h, token: part.Token, recs: j.recs[i]}
	for k := range j.recs[i] {
		r := &j.recs[i][k]
		if err := live.admit(k); err != nil {
			return err
		}
		rows, err := t.number(h, r, j.rows)
		if err != nil {
			return err
		}
		j.rows = rows
		store.Count(&h.counts, r.event.Payload)
		if err := j.follow(t, h, r); err != nil {
			return err
		}
	}
	return nil
}

// follow applies what an event means for the run beside its counts.
func (j *appendJob) follow(t *tx, h *head, r *record) error {
	switch p := r.event.Payload.(type) {
	case *event.StepLaunched:
		a := r.event.Attempt
		step, err := t.intern(h.loc, a.Name)
		if err != nil {
			return err
		}
		n, err := t.exec(`INSERT INTO attempts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			h.id, step, string(a.Key), int64(a.Number), p.Token)
		if err == nil && n == 0 {
			return fmt.Errorf("%s is launched already: %w", a, store.ErrPrecondition)
		}
		return err
	case *event.RunFinished:
		return t.finish(h, p)
	}
	return nil
}

// finish ends the run: its status, its lease and its attempts.
func (t *tx) finish(h *head, p *event.RunFinished) error {
	h.leaseEnd = 0
	if err := t.setStatus(h, store.Status(p.Outcome)); err != nil {
		return err
	}
	if _, err := t.exec(`UPDATE runs SET ended_at = ?, cause = ? WHERE stream = ?`, h.time, p.Cause, h.id); err != nil {
		return err
	}
	_, err := t.exec(`DELETE FROM attempts WHERE stream = ?`, h.id)
	return err
}

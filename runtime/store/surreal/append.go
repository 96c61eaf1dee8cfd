package surreal

import (
	"context"
	"fmt"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// appendJob is one append with its events encoded.
type appendJob struct {
	add  store.Append
	recs [][]record

	duplicate bool
	first     int64
}

// Append adds events to the stream of a run.
func (l *location) Append(ctx context.Context, run string, add store.Append) (store.Appended, error) {
	if err := store.CheckAppend(add); err != nil {
		return store.Appended{}, err
	}
	j := &appendJob{add: add}
	if err := j.encode(); err != nil {
		return store.Appended{}, err
	}
	guess := l.db.heads.get(headKey{l.ident, run})
	if guess != nil {
		if _, known := guess.writers[add.Writer]; !known {
			guess = nil
		}
	}
	done, err := l.advance(ctx, run, "append events", guess, add.Writer, j.step)
	if err != nil {
		return store.Appended{}, err
	}
	h := &done.head
	ack := store.Appended{Last: uint64(h.Seq), Time: instant(h.Time), LeaseEnd: instant(h.LeaseEnd), Duplicate: j.duplicate} //nolint:gosec // never negative
	ack.First = uint64(j.first)                                                                                              //nolint:gosec // never negative
	return ack, nil
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

// step computes the append from the head.
func (j *appendJob) step(a *advance) error {
	h := &a.after.head
	j.duplicate, j.first = false, h.Seq+1
	if a.before.writers[j.add.Writer] >= j.add.Counter {
		j.duplicate, j.first = true, h.Seq
		return errNothing
	}
	if h.status().Final() {
		return fmt.Errorf("run %s is %s: %w", h.Ident, h.Status, store.ErrFinished)
	}
	a.writer, a.counter = j.add.Writer, j.add.Counter
	owner := false
	for i := range j.add.Parts {
		if h.status().Final() {
			return &store.PartError{Part: i, Err: store.ErrFinished}
		}
		if err := j.applyPart(a, i); err != nil {
			return partError(i, err)
		}
		owner = owner || j.add.Parts[i].Epoch != 0
	}
	if owner && j.add.Lease > 0 && a.lease == 0 {
		a.lease = j.add.Lease
	}
	return nil
}

func (j *appendJob) applyPart(a *advance, i int) error {
	part, h := &j.add.Parts[i], &a.after.head
	if part.Epoch != 0 && int64(part.Epoch) != h.Epoch { //nolint:gosec // an epoch that large is stale
		return fmt.Errorf("epoch %d, the run's is %d: %w", part.Epoch, h.Epoch, store.ErrStaleEpoch)
	}
	for k := range j.recs[i] {
		r := j.recs[i][k]
		if err := admit(a.after, part.Token, &r); err != nil {
			return err
		}
		if err := follow(a.after, &r); err != nil {
			return err
		}
		a.add(r)
	}
	return nil
}

// admit returns ErrTokenRevoked for an event whose attempt is not live, or whose
// token is another, and settles the attempt with its terminal event.
func admit(s *snapshot, token string, r *record) error {
	p, at := r.event.Payload, r.event.Attempt
	if at.Number == 0 || token == "" && !store.NeedsLive(p) {
		return nil
	}
	live, ok := s.live[at]
	if !ok || token != "" && live.Token != token {
		return fmt.Errorf("%s: %w", at, store.ErrTokenRevoked)
	}
	if store.Settles(p) {
		delete(s.live, at)
	}
	return nil
}

// follow applies what an event means for the attempts.
func follow(s *snapshot, r *record) error {
	at := r.event.Attempt
	switch p := r.event.Payload.(type) {
	case *event.StepLaunched:
		if _, launched := s.live[at]; launched {
			return fmt.Errorf("%s is launched already: %w", at, store.ErrPrecondition)
		}
		s.live[at] = liveAttempt{Name: at.Name, Key: string(at.Key), Number: at.Number, Token: p.Token}
	case *event.Materialization:
		live, ok := s.live[at]
		if !ok {
			return nil
		}
		made := r.asset + sep + string(r.key)
		for _, d := range live.Done {
			if d == made {
				return fmt.Errorf("%s materialized %s twice: %w", at, event.Step{Name: r.asset, Key: r.key}, store.ErrPrecondition)
			}
		}
		live.Done = append(live.Done[:len(live.Done):len(live.Done)], made)
		s.live[at] = live
	}
	return nil
}

// renewal is the script of a change to the lease alone, of a run that was released
// or not: a renewal that comes late must not undo a release.
func (l *location) renewal(run string, epoch uint64, lease time.Duration, released bool) *script {
	s := l.db.begin()
	s.answer("RETURN (UPDATE ", s.arg(l.headID(run)), " SET lease_end = $wall + ", s.arg(int64(lease)),
		" WHERE epoch = ", s.arg(epoch), " AND status = ", s.arg(string(store.Started)), " AND (lease_end = 0) = ", s.arg(released),
		" RETURN VALUE lease_end)[0] ?? 0")
	s.do("COMMIT")
	return s
}

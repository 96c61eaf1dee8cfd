package surreal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// advance is a change to a run as it is computed: from the head that was seen
// to the one that is to be, with the events between.
type advance struct {
	l      *location
	before *snapshot
	after  *snapshot
	recs   []record
	// mine tells that an earlier try of the same change, whose answer was lost, was
	// carried out.
	mine bool
	// nonce marks the events of the change, unless they are those of a writer.
	nonce string
	// lease is how the lease changes: not at all, to an end that long after the
	// transaction, or, when negative, to none.
	lease time.Duration
	// guard is a further condition on the head; an expression.
	guard func(*script) string
	// writer and counter are those of an append.
	writer  string
	counter uint64
	// told tells watches of the run beside its events.
	told bool
}

// errNothing ends a step that changes nothing.
var errNothing = errors.New("nothing to do")

// add appends an event and what it means for the counts and the attempts.
func (a *advance) add(r record) {
	h := &a.after.head
	h.Seq++
	r.seq = h.Seq
	a.recs = append(a.recs, r)
	counts := h.counts()
	store.Count(&counts, r.event.Payload)
	h.Succeeded, h.Failed, h.Skipped, h.Canceled = counts.Succeeded, counts.Failed, counts.Skipped, counts.Canceled
	if p, ok := r.event.Payload.(*event.RunFinished); ok {
		h.Status, h.Cause = string(p.Outcome), p.Cause
		a.lease = -1
		a.after.live = map[event.Attempt]liveAttempt{}
	}
}

func (a *advance) addAll(recs []record) {
	for _, r := range recs {
		a.add(r)
	}
}

// finished reports whether the change ends the run.
func (a *advance) finished() bool {
	return a.after.head.status().Final() && !a.before.head.status().Final()
}

// runChanged reports whether more than the events changed.
func (a *advance) runChanged() bool {
	b, n := &a.before.head, &a.after.head
	return a.told || b.Status != n.Status || b.counts() != n.counts() || b.Canceling != n.Canceling || b.Epoch != n.Epoch
}

// errMoved is what a step is tried again for.
var errMoved = errors.New("the head moved meanwhile")

// advance changes a run. Step computes the change from the head; what it refuses
// it refuses of a head that was just read. errNothing ends it without a change.
func (l *location) advance(ctx context.Context, run, doing string, first *snapshot, writer string, step func(*advance) error) (*snapshot, error) {
	if err := l.writable(); err != nil {
		return nil, err
	}
	var done *snapshot
	key := headKey{l.ident, run}
	guess := first
	c := &change{l: l, run: run, writer: writer, nonce: uuid.NewString(), step: step}
	err := l.db.repeat(ctx, doing, func(bool) error {
		for range maxMoves {
			got, err := c.try(ctx, guess)
			if err == nil || errors.Is(err, errNothing) {
				done = got
				l.db.heads.put(key, done)
				return nil
			}
			l.db.heads.drop(key)
			guess = nil
			if !errors.Is(err, errMoved) {
				return err
			}
		}
		return fmt.Errorf("run %s changes all the time: %w", run, store.ErrUnavailable)
	})
	return done, err
}

// maxMoves is how often a change is computed anew since the head moved. Each
// time another writer's change was accepted.
const maxMoves = 1000

// change is a change to a run over all its tries.
type change struct {
	l      *location
	run    string
	writer string
	nonce  string
	step   func(*advance) error
	// sent is the number of the last event of the last try without an answer, or 0.
	// Tries before that cannot be carried out any more: the head moved.
	sent int64
}

func (c *change) try(ctx context.Context, guess *snapshot) (*snapshot, error) {
	before := guess
	if before == nil {
		var err error
		if before, err = c.l.load(ctx, c.run, c.writer); err != nil {
			return nil, err
		}
	}
	mine, err := c.wrote(ctx)
	if err != nil {
		return nil, err
	}
	if mine && guess == nil { // the head was read before and may be older
		if before, err = c.l.load(ctx, c.run, c.writer); err != nil {
			return nil, err
		}
	}
	a := &advance{l: c.l, before: before, after: before.clone(), mine: mine, nonce: c.nonce}
	if err := c.step(a); err != nil {
		if guess != nil {
			return nil, errMoved // refused by a guess: look first
		}
		return before, err
	}
	if a.writer == "" && len(a.recs) > 0 {
		c.sent = a.after.head.Seq
	}
	return a.commit(ctx)
}

// wrote reports whether the try whose answer was lost was carried out: whether its
// events bear its nonce. (An append is known by its writer's counter.)
func (c *change) wrote(ctx context.Context) (bool, error) {
	if c.sent == 0 {
		return false, nil
	}
	s := newScript()
	s.answer("RETURN ", s.arg(recordID("batch", c.l.ident, c.run, c.sent)), ".nonce ?? ''")
	var nonce string
	err := c.l.db.send(ctx, s, &nonce)
	return nonce == c.nonce, err
}

// commit sends the change as one transaction.
func (a *advance) commit(ctx context.Context) (*snapshot, error) {
	s, err := a.script()
	if err != nil {
		return nil, err
	}
	var got struct {
		Time  int64 `json:"t"`
		Lease int64 `json:"l"`
	}
	if err := a.l.db.send(ctx, s, &got); err != nil {
		if isMoved(err) {
			return nil, errMoved
		}
		return nil, err
	}
	h := &a.after.head
	h.Time, h.LeaseEnd = got.Time, got.Lease
	if a.finished() {
		h.EndedAt = got.Time
	}
	if a.started() {
		h.StartedAt = got.Time
	}
	if a.writer != "" {
		a.after.writers[a.writer] = a.counter
	}
	a.after.now = 0
	return a.after, nil
}

func (a *advance) started() bool {
	return a.after.head.status() == store.Started && a.before.head.status() != store.Started
}

package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"rivers.io/runtime/store"
)

// maxJoined bounds how many calls share one transaction.
const maxJoined = 64

// writer carries out the writes of a process, one transaction at a time. There
// is no goroutine for it: the first of the waiting callers does the work of all.
type writer struct {
	db *DB
	c  *conn

	mu     sync.Mutex
	idle   sync.Cond
	queue  []*job
	active bool
	closed bool
}

// job is one call that waits for its share of a transaction.
type job struct {
	do   func(*tx) error
	turn chan bool // true: you lead now; false: done, see err
	err  error
	// committed are called once the share is durable.
	committed []func()
}

func newWriter(db *DB, c *conn) *writer {
	w := &writer{db: db, c: c}
	w.idle.L = &w.mu
	return w
}

// tx is the share of one call in a transaction.
type tx struct {
	*conn
	db *DB
	// now is the clock of the transaction in UTC nanoseconds.
	now int64
	// change is the number that rows changed by this share carry; it differs
	// from that of every other share.
	change int64
	// wrote tells that change was used.
	wrote bool
	job   *job
}

// touch returns the change number and notes that it was used.
func (t *tx) touch() int64 {
	t.wrote = true
	return t.change
}

// afterCommit calls f once the share is durable.
func (t *tx) afterCommit(f func()) { t.job.committed = append(t.job.committed, f) }

// do runs f inside a transaction, perhaps together with other calls, and
// returns once the outcome is durable. An error of f undoes what f did and
// nothing else.
func (w *writer) do(ctx context.Context, f func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{do: f, turn: make(chan bool, 1)}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	w.queue = append(w.queue, j)
	lead := !w.active
	w.active = true
	w.mu.Unlock()
	if !lead {
		select {
		case lead = <-j.turn:
		case <-ctx.Done():
			if w.withdraw(j) {
				return ctx.Err()
			}
			lead = <-j.turn
		}
	}
	if lead {
		w.lead(ctx)
	}
	return j.err
}

// withdraw takes a job out of the queue unless someone works on it already or
// it was told to lead.
func (w *writer) withdraw(j *job) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(j.turn) > 0 {
		return false
	}
	for i, q := range w.queue {
		if q == j {
			w.queue = append(w.queue[:i], w.queue[i+1:]...)
			return true
		}
	}
	return false
}

// lead begins a transaction, does the work of all that wait by then, the
// caller's own job first, and hands the lead to whoever came later.
func (w *writer) lead(ctx context.Context) {
	err := w.begin(ctx)
	batch := w.take(ctx, err)
	if err != nil {
		for _, j := range batch {
			j.err = w.db.translate("write", err)
		}
	} else {
		w.transact(batch)
	}

	w.mu.Lock()
	if len(w.queue) > 0 {
		w.queue[0].turn <- true
	} else {
		w.active = false
		w.idle.Broadcast()
	}
	w.mu.Unlock()
	for _, j := range batch[1:] {
		j.turn <- false
	}
}

// take removes from the queue the jobs that share what begin gave: a
// transaction, or an error. The end of the leader's own context concerns nobody
// else.
func (w *writer) take(ctx context.Context, err error) []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.queue), maxJoined)
	switch {
	case err != nil && ctx.Err() != nil:
		n = 1
	case err != nil:
		n = len(w.queue)
	}
	batch := append([]*job(nil), w.queue[:n]...)
	w.queue = append(w.queue[:0], w.queue[n:]...)
	return batch
}

// transact runs the jobs in the transaction that was begun, ends it, and sets
// their errors.
func (w *writer) transact(batch []*job) {
	var used bool
	err := w.guard(func() (err error) {
		used, err = w.share(batch)
		return err
	})
	if err == nil {
		_, err = w.c.exec("COMMIT")
	}
	if err != nil {
		_, _ = w.c.exec("ROLLBACK")
		for _, j := range batch {
			if j.err == nil {
				j.err = w.db.translate("write", err)
			}
		}
		return
	}
	for _, j := range batch {
		if j.err == nil {
			for _, f := range j.committed {
				f()
			}
		}
	}
	if used {
		w.db.signal.raise()
	}
}

// guard turns a panic of f into an error, so that the caller who works for all
// lives to hand the lead on: else every later write would wait for good.
func (w *writer) guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			w.db.cfg.Logger.Error("panic in a write, which was undone", "panic", v, "stack", string(debug.Stack()))
			err = &panicError{v}
		}
	}()
	return f()
}

// share gives each job its part of the transaction. A job that fails is undone
// alone; the error returned is one that dooms all.
func (w *writer) share(batch []*job) (used bool, err error) {
	clock, err := w.c.first(`SELECT change FROM clock WHERE id = 0`)
	if err != nil {
		return false, err
	}
	if clock == nil {
		return false, fmt.Errorf("the change counter is missing: %w", store.ErrCorrupt)
	}
	change := clock.int(0)
	now := w.db.cfg.Now().UnixNano()
	alone := len(batch) == 1
	for _, j := range batch {
		if !alone {
			if _, err := w.c.exec("SAVEPOINT share"); err != nil {
				return used, err
			}
		}
		change++
		t := &tx{conn: w.c, db: w.db, now: now, change: change, job: j}
		j.err = w.db.translate("write", w.guard(func() error { return j.do(t) }))
		if j.err != nil && alone {
			return used, j.err
		}
		if j.err != nil {
			if _, err := w.c.exec("ROLLBACK TO share"); err != nil {
				return used, err
			}
		}
		if !alone {
			if _, err := w.c.exec("RELEASE share"); err != nil {
				return used, err
			}
		}
		used = used || t.wrote
	}
	if !used {
		return false, nil
	}
	_, err = w.c.exec(`UPDATE clock SET change = max(change, ?) WHERE id = 0`, change) // a copy may have raised it
	return used, err
}

// begin takes the write lock, waiting for writers of other processes with
// growing, jittered pauses.
func (w *writer) begin(ctx context.Context) error {
	var waited time.Duration
	pause := 100 * time.Microsecond
	for {
		_, err := w.c.exec("BEGIN IMMEDIATE")
		if err == nil || !isBusy(err) {
			return err
		}
		if waited >= w.db.cfg.Busy {
			return fmt.Errorf("busy for %s: %w: %w", waited, store.ErrUnavailable, err)
		}
		nap := pause/2 + rand.N(pause)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(nap):
		}
		waited += nap
		pause = min(pause*2, 20*time.Millisecond)
	}
}

// exclusive runs f in a transaction that nobody joins. It is for what happens
// before the store is open to callers.
func (w *writer) exclusive(ctx context.Context, f func(*conn) error) error {
	if err := w.begin(ctx); err != nil {
		return err
	}
	if err := f(w.c); err != nil {
		_, _ = w.c.exec("ROLLBACK")
		return err
	}
	if _, err := w.c.exec("COMMIT"); err != nil {
		_, _ = w.c.exec("ROLLBACK")
		return err
	}
	return nil
}

// shut refuses further calls, waits for the ones under way and closes the
// connection.
func (w *writer) shut() error {
	w.mu.Lock()
	w.closed = true
	for w.active {
		w.idle.Wait()
	}
	w.mu.Unlock()
	return w.c.close()
}

package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rivers.io/runtime/store"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// TestAPanicInAWriteConcernsItAlone lets one of several writes of a
// transaction panic: the others are carried out, and so is what comes later.
func TestAPanicInAWriteConcernsItAlone(t *testing.T) {
	for _, memory := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "x.db")
		if memory {
			path = Memory
		}
		db, err := Open(t.Context(), Config{Path: path, Mode: ReadWrite, Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		l := db.Location("l")
		run := newRun(t, l)

		// The leader waits in its job until the others are queued behind it.
		queued := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			err := db.write(t.Context(), func(*tx) error { <-queued; return nil })
			if err != nil {
				t.Error(err)
			}
		})
		waitFor(db, func(w *writer) bool { return w.active && len(w.queue) == 0 })
		wg.Go(func() {
			err := db.write(t.Context(), func(t *tx) error {
				if _, err := t.exec(`UPDATE runs SET cause = 'half done'`); err != nil {
					return err
				}
				panic("a defect")
			})
			if err == nil || !strings.Contains(err.Error(), "panic: a defect") || errors.Is(err, store.ErrUnavailable) {
				t.Errorf("the write that panicked is answered with %v", err)
			}
		})
		wg.Go(func() {
			if _, err := l.TakeOver(t.Context(), run, store.TakeOver{Executor: "e", Lease: store.MaxLease}); err != nil {
				t.Error(err)
			}
		})
		waitFor(db, func(w *writer) bool { return len(w.queue) == 2 })
		close(queued)
		wg.Wait()

		// Alone in its transaction, and with the clock at fault.
		if err := db.write(t.Context(), func(*tx) error { panic(io.EOF) }); err == nil || !strings.Contains(err.Error(), "panic: EOF") {
			t.Errorf("got %v", err)
		}
		now := db.cfg.Now
		db.cfg.Now = func() time.Time { panic("no clock") }
		if err := l.Release(t.Context(), run, 1); err == nil || !strings.Contains(err.Error(), "panic: no clock") {
			t.Errorf("got %v", err)
		}
		db.cfg.Now = now
		got, err := l.Run(t.Context(), run)
		if err != nil || got.Status != store.Started || got.Cause != "" || got.LeaseEnd.IsZero() {
			t.Errorf("the run is %+v, %v", got, err)
		}
		if err := l.Release(t.Context(), run, 1); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// failing is a statement that cannot be carried out.
type failing struct{ rawStmt }

func (failing) Close() error { return nil }

func (failing) ExecContext(context.Context, []driver.NamedValue) (driver.Result, error) {
	return nil, errors.New("disk I/O error")
}

// TestAReadThatDoesNotEndLeavesNoTransaction lets the end of a read fail in
// several ways; the connection must not come back with its transaction open.
func TestAReadThatDoesNotEndLeavesNoTransaction(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := Open(t.Context(), Config{Path: path, Mode: ReadWrite, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	l := db.Location("l")
	breakers := map[string]func(*conn){
		"the commit fails": func(c *conn) { c.stmts["COMMIT"] = failing{} },
		"the begin fails":  func(c *conn) { c.stmts["BEGIN"] = failing{} },
		"the read panics":  func(*conn) { panic("a defect") },
	}
	for why, spoil := range breakers {
		t.Run(why, func(t *testing.T) {
			failed := func() (failed bool) {
				defer func() { failed = recover() != nil || failed }()
				if why == "the begin fails" {
					_ = db.read(t.Context(), "read", func(c *conn) error { spoil(c); return nil })
					return db.view(t.Context(), "read", func(*conn) error { return nil }) != nil
				}
				return db.view(t.Context(), "read", func(c *conn) error { spoil(c); return nil }) != nil
			}()
			if !failed {
				t.Error("nothing failed")
			}
			newRun(t, l)
			before, err := l.CountRuns(t.Context())
			if err != nil {
				t.Fatalf("the next read: %v", err)
			}
			newRun(t, l)
			after, err := l.CountRuns(t.Context())
			if err != nil || after[store.NotStarted] != before[store.NotStarted]+1 {
				t.Errorf("%v, then %v: reads are held to an old state, %v", before, after, err)
			}
		})
	}
	// A refusal is no failure: the connection stays.
	kept := db.readers.idle[0]
	if _, err := l.Run(t.Context(), "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
	if db.readers.idle[0] != kept {
		t.Error("the connection was dropped after a refusal")
	}
}

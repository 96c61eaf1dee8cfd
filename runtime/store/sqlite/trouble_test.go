package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// TestFullDisk lets the database reach the most pages it may have, as a disk
// without space does, and then gives it more.
func TestFullDisk(t *testing.T) {
	db, l, _ := openFile(t)
	run := newRun(t, l)
	claim, err := l.TakeOver(t.Context(), run, store.TakeOver{Executor: "e", Lease: store.MaxLease})
	if err != nil {
		t.Fatal(err)
	}
	limit := func(pages int) {
		if err := db.writer.c.script(fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	add := func(counter uint64) error {
		_, err := l.Append(t.Context(), run, store.Append{Writer: "w", Counter: counter, Parts: []store.Part{
			{Epoch: claim.Epoch, Events: []event.Event{{
				Attempt: event.Attempt{Step: event.Step{Name: "a"}}, Payload: &event.StepSkipped{Cause: strings.Repeat("x", 100_000)},
			}}},
		}})
		return err
	}
	limit(80)
	counter, acknowledged := uint64(0), uint64(0)
	for {
		counter++
		if err = add(counter); err != nil {
			break
		}
		acknowledged++
	}
	if !errors.Is(err, store.ErrFull) || !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
	got, err := l.Run(t.Context(), run)
	if err != nil || got.Seq != 2+acknowledged {
		t.Fatalf("%d events, %d acknowledged, %v", got.Seq, acknowledged, err)
	}
	limit(1 << 20)
	if err := add(counter); err != nil {
		t.Fatalf("with space again: %v", err)
	}
	if diffs, err := db.Compare(t.Context()); err != nil || len(diffs) > 0 {
		t.Error(diffs, err)
	}
}

// TestBusy holds the write lock as another process would.
func TestBusy(t *testing.T) {
	_, _, path := openFile(t)
	holder, err := openConn(path)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.close()
	db, err := Open(t.Context(), Config{Path: path, Mode: ReadWrite, Busy: 30 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	l := db.Location("l")
	if _, err := holder.exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if err := l.Release(t.Context(), "x", 1); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "busy") {
		t.Errorf("got %v", err)
	}
	if _, err := l.CountRuns(t.Context()); err != nil {
		t.Errorf("a read waits for a writer: %v", err)
	}
	patient, err := Open(t.Context(), Config{Path: path, Mode: ReadOnly})
	if err != nil {
		t.Errorf("opening for reading waits for a writer: %v", err)
	} else if err := patient.Close(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Release(ctx, "x", 1) }()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) && !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	if _, err := holder.exec("COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := l.Release(t.Context(), "x", 1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// TestALeaderThatGivesUpLeavesTheOthers cancels the caller that works for all
// while it waits for the lock.
func TestALeaderThatGivesUpLeavesTheOthers(t *testing.T) {
	db, l, path := openFile(t)
	holder, err := openConn(path)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.close()
	if _, err := holder.exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	leader, follower := make(chan error, 1), make(chan error, 1)
	go func() { leader <- l.Release(ctx, "leader", 1) }()
	waitFor(db, func(w *writer) bool { return w.active })
	go func() { follower <- l.Release(t.Context(), "follower", 1) }()
	cancel()
	if err := <-leader; !errors.Is(err, context.Canceled) {
		t.Errorf("leader: %v", err)
	}
	if _, err := holder.exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-follower; !errors.Is(err, store.ErrNotFound) {
		t.Errorf("follower: %v", err)
	}
}

// TestCallersShareATransaction holds the lock until several callers wait, and
// sees that they were served together, and that one's refusal left the others.
func TestCallersShareATransaction(t *testing.T) {
	const callers = 9
	db, l, path := openFile(t)
	runs := make([]string, callers)
	for i := range runs {
		runs[i] = newRun(t, l)
	}
	runs[4] = "nobody"
	holder, err := openConn(path)
	if err != nil {
		t.Fatal(err)
	}
	defer holder.close()
	if _, err := holder.exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	results := make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			_, results[i] = l.TakeOver(t.Context(), runs[i], store.TakeOver{Executor: "e", Lease: store.MaxLease})
		})
	}
	waitFor(db, func(w *writer) bool { return len(w.queue) == callers })
	version := func() int64 {
		v, err := dataVersion(holder)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if _, err := holder.exec("COMMIT"); err != nil {
		t.Fatal(err)
	}
	before := version()
	wg.Wait()
	if version() == before {
		t.Error("nothing was committed")
	}
	for i, err := range results {
		if i == 4 && !errors.Is(err, store.ErrNotFound) || i != 4 && err != nil {
			t.Errorf("caller %d: %v", i, err)
		}
	}
	r, err := holder.first("SELECT count(DISTINCT time) FROM events WHERE seq = 2")
	if err != nil || r.int(0) != 1 {
		t.Errorf("%d times of record, want that of one transaction: %v", r.int(0), err)
	}
}

// TestInsideABubble runs a day of simulated time over a file, watched. No other
// process writes, so it need not be looked for often.
func TestInsideABubble(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(t.Context(), Config{Path: path, Mode: ReadWrite, Poll: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		l := db.Location("l")
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		var wg sync.WaitGroup
		wg.Go(func() {
			for h, err := range l.WatchLocation(ctx, "") {
				if err != nil {
					t.Error(err)
				}
				seen += len(h.Hints)
			}
		})
		synctest.Wait()
		for range 24 {
			newRun(t, l)
			<-time.After(time.Hour)
		}
		cancel()
		wg.Wait()
		if seen != 24 {
			t.Errorf("%d hints for 24 runs an hour apart", seen)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
}

func waitFor(db *DB, holds func(*writer) bool) {
	for {
		db.writer.mu.Lock()
		ok := holds(db.writer)
		db.writer.mu.Unlock()
		if ok {
			return
		}
	}
}

// TestADeletionThatCrashedMidwayIsRepeated stops deletions after each of their
// transactions.
func TestADeletionThatCrashedMidwayIsRepeated(t *testing.T) {
	for stop := range 5 {
		db, l, _ := openFile(t)
		run := newRun(t, l)
		ctx := t.Context()
		claim, err := l.TakeOver(ctx, run, store.TakeOver{Executor: "e", Lease: store.MaxLease})
		if err != nil {
			t.Fatal(err)
		}
		a := event.Attempt{Step: event.Step{Name: "a"}, Number: 1}
		events := []event.Event{launch(a, "t"), materialize(a)}
		for range deleteBatch + 10 {
			events = append(events, event.Event{Attempt: event.Attempt{Step: event.Step{Name: "b"}}, Payload: &event.StepSkipped{}})
		}
		events = append(events, event.Event{Payload: &event.RunFinished{Outcome: event.Failed}})
		_, err = l.Append(ctx, run, store.Append{Writer: "w", Counter: 1, Parts: []store.Part{{Epoch: claim.Epoch, Events: events}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.AppendLogs(ctx, run, []store.LogLine{{Stream: store.Process, Text: "x"}}); err != nil {
			t.Fatal(err)
		}
		gone := false
		for n := 0; n < stop && !gone; n++ {
			err := db.write(ctx, func(t *tx) error {
				h, err := db.runHead(t.conn, 1, run)
				if err == nil {
					gone, err = t.deleteSome(h)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		before, _ := l.Run(ctx, run)
		if err := db.Rebuild(ctx); err != nil {
			t.Fatal(err)
		}
		if after, _ := l.Run(ctx, run); !cmp.Equal(before, after) {
			t.Errorf("after %d transactions a rebuild made %s", stop, cmp.Diff(before, after))
		}
		if diffs, err := db.Compare(ctx); err != nil || len(diffs) > 0 {
			t.Error(diffs, err)
		}
		if _, err := l.Run(ctx, run); (err == nil) == gone {
			t.Errorf("after %d transactions: %v", stop, err)
		}
		if err := l.DeleteRun(ctx, run); (err == nil) == gone {
			t.Errorf("repeated after %d transactions: %v", stop, err)
		}
		latest, err := l.Latest(ctx, []store.AssetKey{{Asset: "a"}})
		if err != nil || latest[store.AssetKey{Asset: "a"}].Run != run {
			t.Errorf("after %d transactions: %v %v", stop, latest, err)
		}
		if diffs, err := db.Compare(ctx); err != nil || len(diffs) > 0 {
			t.Error(diffs, err)
		}
	}
}

package faulty_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"go.uber.org/goleak"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/faulty"
	"rivers.io/runtime/store/sqlite"
	"rivers.io/runtime/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type file struct{ path string }

func (f file) Open(ctx context.Context, opt storetest.Options) (store.Store, error) {
	cfg := sqlite.Config{Path: f.path, Mode: sqlite.ReadWrite, Now: opt.Now}
	if opt.ReadOnly {
		cfg.Mode = sqlite.ReadOnly
	}
	inner, err := sqlite.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return faulty.New(inner, faulty.Plan{}), nil
}

func TestWithoutFaultsItIsTheStore(t *testing.T) {
	template := filepath.Join(t.TempDir(), "template.db")
	if err := sqlite.Migrate(t.Context(), template); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, storetest.Harness{New: func(t testing.TB) storetest.Database {
		path := filepath.Join(t.TempDir(), "state.db")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return file{path}
	}})
}

func open(t *testing.T, plan faulty.Plan) (*faulty.Store, store.Location) {
	t.Helper()
	inner, err := sqlite.Open(t.Context(), sqlite.Config{Path: sqlite.Memory, Mode: sqlite.ReadWrite})
	if err != nil {
		t.Fatal(err)
	}
	st := faulty.New(inner, plan)
	t.Cleanup(func() { _ = st.Close() })
	return st, st.Location("l")
}

func create(ctx context.Context, l store.Location) (string, error) {
	id := uuid.Must(uuid.NewV7()).String()
	_, _, err := l.CreateRun(ctx, store.NewRun{ID: id, Status: store.NotStarted, Created: event.RunCreated{Steps: 1}})
	return id, err
}

func TestCrash(t *testing.T) {
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after the commit %v", after), func(t *testing.T) {
			ctx := t.Context()
			inner, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(t.TempDir(), "x.db"), Mode: sqlite.ReadWrite})
			if err != nil {
				t.Fatal(err)
			}
			defer inner.Close()
			told := 0
			st := faulty.New(inner, faulty.Plan{CrashAt: 3, After: after, OnCrash: func() { told++ }})
			l := st.Location("l")
			hold, err := st.HoldOwner("e1")
			if err != nil {
				t.Fatal(err)
			}
			first, err := create(ctx, l)
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() {
				var last error
				for _, err := range l.WatchStream(ctx, first, 0) {
					last = err
				}
				ended <- last
			}()
			if _, err := create(ctx, l); err != nil {
				t.Fatal(err)
			}
			id, err := create(ctx, l)
			if !errors.Is(err, faulty.ErrCrashed) || !errors.Is(err, store.ErrUnavailable) {
				t.Fatalf("got %v", err)
			}
			if err := <-ended; !errors.Is(err, faulty.ErrCrashed) {
				t.Errorf("the watch ended with %v", err)
			}
			<-st.Crashed()
			if _, err := l.Run(ctx, first); !errors.Is(err, faulty.ErrCrashed) {
				t.Errorf("a read after the crash: %v", err)
			}
			if _, err := create(ctx, l); !errors.Is(err, faulty.ErrCrashed) {
				t.Errorf("a write after the crash: %v", err)
			}
			if err := st.AwaitIncompatible(ctx); !errors.Is(err, faulty.ErrCrashed) {
				t.Errorf("a wait after the crash: %v", err)
			}
			_, err = inner.Location("l").Run(ctx, id)
			if happened := err == nil; happened != after {
				t.Errorf("the write happened: %v, want %v", happened, after)
			}
			again, err := inner.HoldOwner("e1")
			if err != nil {
				t.Errorf("the executor id is still held: %v", err)
			} else {
				_ = again.Close()
			}
			if err := hold.Close(); err != nil || told != 1 {
				t.Errorf("close: %v; told %d times", err, told)
			}
		})
	}
}

func TestRatesFollowTheSeed(t *testing.T) {
	outcome := func(seed uint64) []string {
		_, l := open(t, faulty.Plan{Seed: seed, Busy: 0.3, Full: 0.2, Lost: 0.2})
		var list []string
		for range 40 {
			_, err := create(t.Context(), l)
			switch {
			case err == nil:
				list = append(list, "ok")
			case errors.Is(err, store.ErrFull):
				list = append(list, "full")
			case errors.Is(err, store.ErrUnavailable):
				list = append(list, "unavailable")
			default:
				t.Fatal(err)
			}
		}
		return list
	}
	if diff := cmp.Diff(outcome(1), outcome(1)); diff != "" {
		t.Errorf("one seed, two outcomes:\n%s", diff)
	}
	if cmp.Equal(outcome(1), outcome(2)) {
		t.Error("two seeds, one outcome")
	}
}

func TestALostAnswerIsRecognisedWhenRepeated(t *testing.T) {
	_, l := open(t, faulty.Plan{Lost: 1})
	run := store.NewRun{ID: uuid.Must(uuid.NewV7()).String(), Status: store.NotStarted, RequestID: "r"}
	for range 2 {
		if _, _, err := l.CreateRun(t.Context(), run); !errors.Is(err, store.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	counts, err := l.CountRuns(t.Context())
	if err != nil || counts[store.NotStarted] != 1 {
		t.Fatal(counts, err)
	}
}

func TestADiskFillsUpAndIsCleared(t *testing.T) {
	st, l := open(t, faulty.Plan{FullFrom: 2, FullTo: 4})
	var got []bool
	for range 5 {
		_, err := create(t.Context(), l)
		got = append(got, errors.Is(err, store.ErrFull))
	}
	if diff := cmp.Diff([]bool{false, true, true, false, false}, got); diff != "" {
		t.Error(diff)
	}
	if st.Writes() != 5 {
		t.Errorf("%d writes", st.Writes())
	}
}

func TestSlowWritesCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l := open(t, faulty.Plan{Slow: time.Hour})
		begin := time.Now()
		if _, err := create(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took <= 0 || took > time.Hour {
			t.Errorf("took %s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		defer cancel()
		if _, err := create(ctx, l); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

package sqlite

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// childEnv makes the test binary act as another process that writes: its value
// is the path of the database, and the run follows as an argument.
const childEnv = "RIVERS_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := child(path, os.Args[1:]); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// child takes a run over as the executor named, appends steps for ever or as
// many as it is told, and prints the number of each acknowledged event.
func child(path string, args []string) error {
	run, executor := args[0], args[1]
	steps, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	ctx := background
	db, err := Open(ctx, Config{Path: path, Mode: ReadWrite})
	if err != nil {
		return err
	}
	hold, err := db.HoldOwner(executor)
	if err != nil {
		return err
	}
	l := db.Location("l")
	claim, err := l.TakeOver(ctx, run, store.TakeOver{Executor: executor, Lease: store.MaxLease})
	if err != nil {
		return err
	}
	for i := 0; steps == 0 || i < steps; i++ {
		a := event.Attempt{Step: event.Step{Name: fmt.Sprintf("asset-%d", i)}, Number: int(claim.Epoch)}
		got, err := l.Append(ctx, run, store.Append{Writer: executor, Counter: uint64(i + 1), Lease: store.MaxLease, Parts: []store.Part{
			{Epoch: claim.Epoch, Events: []event.Event{launch(a, "t"), materialize(a), {Attempt: a, Payload: &event.StepSucceeded{}}}},
		}})
		if err != nil {
			return err
		}
		fmt.Println(got.Last)
	}
	_, err = l.Append(ctx, run, store.Append{Writer: executor, Counter: 1 << 40, Parts: []store.Part{
		{Epoch: claim.Epoch, Events: []event.Event{{Payload: &event.RunFinished{Outcome: event.Succeeded}}}},
	}})
	return errors.Join(err, hold.Close(), db.Close())
}

func spawn(t *testing.T, path, run, executor string, steps int) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, run, executor, strconv.Itoa(steps))
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

func openFile(t *testing.T) (*DB, store.Location, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	db, err := Open(t.Context(), Config{Path: path, Mode: ReadWrite})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db, db.Location("l"), path
}

func newRun(t *testing.T, l store.Location) string {
	t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	if _, _, err := l.CreateRun(t.Context(), store.NewRun{ID: id, Status: store.NotStarted}); err != nil {
		t.Fatal(err)
	}
	return id
}

// drain reads what a child still says, and returns the last number.
func drain(lines *bufio.Scanner) (last uint64) {
	for lines.Scan() {
		if seq, err := strconv.ParseUint(lines.Text(), 10, 64); err == nil {
			last = seq
		}
	}
	return last
}

// TestKilledWritersLoseNothing kills processes between any two of their
// appends. What they were told is there, their run is free at once although its
// lease has not ended, and the projections agree with the events.
func TestKilledWritersLoseNothing(t *testing.T) {
	db, l, path := openFile(t)
	run := newRun(t, l)
	last := uint64(1)
	for round := range 8 {
		executor := fmt.Sprintf("executor-%d", round)
		cmd, lines := spawn(t, path, run, executor, 0)
		told := uint64(0)
		for n := 0; n <= round*3 && lines.Scan(); n++ {
			text := lines.Text()
			seq, err := strconv.ParseUint(text, 10, 64)
			if err != nil {
				t.Fatalf("child said %q", text)
			}
			told = seq
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		told = max(told, drain(lines))
		_ = cmd.Wait()
		got, err := l.Run(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		if told == 0 || got.Seq < told || got.Seq < last {
			t.Fatalf("round %d: the run has %d events, %d were acknowledged, %d before", round, got.Seq, told, last)
		}
		last = got.Seq
		if orphans, err := l.Orphans(t.Context(), 10); err != nil || len(orphans) != 1 {
			t.Fatalf("round %d: %d orphans, %v", round, len(orphans), err)
		}
	}
	if diffs, err := db.Compare(t.Context()); err != nil || len(diffs) > 0 {
		t.Fatal(diffs, err)
	}
	list, err := l.Events(t.Context(), run, 0, store.MaxRead)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range list {
		if e.Seq != uint64(i+1) {
			t.Fatalf("event %d has number %d", i+1, e.Seq)
		}
	}
	if _, err := l.TakeOver(t.Context(), run, store.TakeOver{Executor: "heir", Lease: time.Second}); err != nil {
		t.Fatalf("the run of a killed executor cannot be taken: %v", err)
	}
}

// TestALivingOwnerInAnotherProcessKeepsItsRun is the counterpart.
func TestALivingOwnerInAnotherProcessKeepsItsRun(t *testing.T) {
	db, l, path := openFile(t)
	run := newRun(t, l)
	cmd, lines := spawn(t, path, run, "owner", 0)
	if !lines.Scan() {
		t.Fatal("the child said nothing")
	}
	if _, err := l.TakeOver(t.Context(), run, store.TakeOver{Executor: "thief", Lease: time.Second}); !errors.Is(err, store.ErrLeaseHeld) {
		t.Errorf("got %v", err)
	}
	if _, err := db.HoldOwner("owner"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("got %v", err)
	}
	_ = cmd.Process.Kill()
	drain(lines)
	_ = cmd.Wait()
	hold, err := db.HoldOwner("owner")
	if err != nil {
		t.Fatal(err)
	}
	_ = hold.Close()
}

// TestProcessesWriteAtOnce lets several processes write runs of their own while
// this one watches them to their ends.
func TestProcessesWriteAtOnce(t *testing.T) {
	const processes, steps = 4, 40
	db, l, path := openFile(t)
	var wg sync.WaitGroup
	for i := range processes {
		run := newRun(t, l)
		cmd, lines := spawn(t, path, run, fmt.Sprintf("executor-%d", i), steps)
		wg.Go(func() {
			var said []string
			for lines.Scan() {
				said = append(said, lines.Text())
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("child: %v: %s", err, strings.Join(said[max(0, len(said)-1):], ""))
			}
		})
		wg.Go(func() {
			n := uint64(0)
			for list, err := range l.WatchStream(t.Context(), run, 0) {
				if err != nil {
					t.Errorf("watch: %v", err)
				}
				for _, e := range list {
					if n++; e.Seq != n {
						t.Errorf("event %d came after %d", e.Seq, n-1)
					}
				}
			}
			if n != 2+3*steps+1 {
				t.Errorf("saw %d events", n)
			}
		})
	}
	wg.Wait()
	counts, err := l.CountRuns(t.Context())
	if err != nil || counts[store.Succeeded] != processes {
		t.Error(counts, err)
	}
	if diffs, err := db.Compare(t.Context()); err != nil || len(diffs) > 0 {
		t.Error(diffs, err)
	}
}

package executor_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/faulty"
)

func resolve(t *testing.T, defs ...asset.Definition) *asset.Graph {
	t.Helper()
	g, err := asset.Resolve(defs)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestChangedCodeEndsEveryStepWithItsCause(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"}, asset.Definition{Name: "b", CodeVersion: "1", Inputs: []asset.Input{data("a")}},
		asset.Definition{Name: "c", Inputs: []asset.Input{data("b")}})
	g := newGate()
	first := r.start(r.config(funcs{"b": g.hold}))
	run := r.create(order{})
	_ = first.Launch(run)
	<-g.reached
	first.Stop()
	r.graph = resolve(t, asset.Definition{Name: "a"}, asset.Definition{Name: "b", CodeVersion: "2", Inputs: []asset.Input{data("a")}},
		asset.Definition{Name: "c", Inputs: []asset.Input{data("b")}})
	r.start(r.config(funcs{}))
	got := r.finish(run)
	if got.Status != store.Failed || !strings.Contains(got.Cause, "code changed while running") {
		t.Errorf("run is %s: %q", got.Status, got.Cause)
	}
	if diff := cmp.Diff(event.Counts{Total: 3, Succeeded: 1, Canceled: 1, Skipped: 1}, got.Counts); diff != "" {
		t.Error("counts (-want +got):\n" + diff)
	}
	want := []string{"StepRevoked b#1", "StepCanceled b#0", "StepSkipped c#0", "RunFinished"}
	types := r.types(run)
	for i := range types {
		types[i] = strings.ReplaceAll(types[i], " attempt ", "#")
	}
	if diff := cmp.Diff(want, types[len(types)-len(want):]); diff != "" {
		t.Error("the last events (-want +got):\n" + diff)
	}
}

// TestCondemnedRunCountsStepsThatNobodyCanName removes what the run is made of.
func TestCondemnedRunCountsStepsThatNobodyCanName(t *testing.T) {
	table := map[string]struct {
		reason  string
		now     []asset.Definition
		skipped int // events
	}{
		"all gone":       {"no declared asset tells the keys of the range", []asset.Definition{{Name: "other"}}, 0},
		"one gone":       {"the other one has the same keys", []asset.Definition{{Name: "day", Partitions: daily()}}, 4},
		"now without":    {"an asset lost its partitions, so the number contradicts", []asset.Definition{{Name: "day"}, {Name: "hour", Partitions: daily()}}, 0},
		"code version 2": {"the steps are the same", []asset.Definition{{Name: "day", Partitions: daily(), CodeVersion: "2"}, {Name: "hour", Partitions: daily()}}, 4},
	}
	for name, c := range table {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, asset.Definition{Name: "day", Partitions: daily()}, asset.Definition{Name: "hour", Partitions: daily()})
			run := r.create(order{partitions: "2001-01-01..2001-01-02"})
			claim, err := r.loc.TakeOver(t.Context(), run, store.TakeOver{Executor: uuid.NewString(), Lease: time.Minute})
			if err == nil {
				err = r.loc.Release(t.Context(), run, claim.Epoch)
			}
			if err != nil {
				t.Fatal(err)
			}
			r.graph = resolve(t, c.now...)
			r.start(r.config(funcs{}))
			got := r.finish(run)
			if diff := cmp.Diff(event.Counts{Total: 4, Skipped: 4}, got.Counts); diff != "" {
				t.Error("counts (-want +got):\n" + diff)
			}
			skipped := 0
			for _, e := range r.events(run) {
				if e.Type() == event.TypeStepSkipped {
					skipped++
				}
			}
			if skipped != c.skipped {
				t.Errorf("%d steps are skipped by name, want %d: %s", skipped, c.skipped, c.reason)
			}
		})
	}
}

// wide is a pipeline whose run takes several appends to condemn.
func wide(version string) []asset.Definition {
	var defs []asset.Definition
	for i := range 13 {
		defs = append(defs, asset.Definition{Name: fmt.Sprint("a", i), Partitions: daily(), CodeVersion: version})
	}
	return defs
}

// begun creates a run of 1170 steps of which one succeeded, one waits for a retry
// and one was running when its owner let go.
func (r *rig) begun() string {
	r.t.Helper()
	run := r.create(order{partitions: "2001-01-01..2001-03-31"})
	claim, err := r.loc.TakeOver(r.t.Context(), run, store.TakeOver{Executor: uuid.NewString(), Lease: time.Minute})
	if err != nil {
		r.t.Fatal(err)
	}
	var events []event.Event
	for day, payloads := range [][]event.Payload{
		{&event.StepSucceeded{}},
		{&event.StepFailed{Reason: event.ReasonError, Error: "no"}, &event.StepRetryScheduled{NotBefore: time.Now().UTC()}},
		{},
	} {
		a := event.Attempt{Step: event.Step{Name: "a0", Key: partition.Key(fmt.Sprintf("2001-01-%02d", day+1))}, Number: 1}
		events = append(events, event.Event{Attempt: a, Payload: &event.StepLaunched{Token: uuid.NewString(), Worker: event.InProcess}})
		for _, p := range payloads {
			events = append(events, event.Event{Attempt: a, Payload: p})
		}
	}
	_, err = r.loc.Append(r.t.Context(), run, store.Append{
		Writer: "begun", Counter: 1, Parts: []store.Part{{Epoch: claim.Epoch, Events: events}},
	})
	if err == nil {
		err = r.loc.Release(r.t.Context(), run, claim.Epoch)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return run
}

// TestCrashWhileCondemning lets the process that ends a run die before or after
// each of its writes. Another one of the same code ends what is left; one of the
// old code does too, once the first of the ends is recorded.
func TestCrashWhileCondemning(t *testing.T) {
	now := resolve(t, wide("2")...)
	for _, after := range []bool{false, true} {
		for _, back := range []bool{false, true} {
			t.Run(fmt.Sprintf("after the commit %v, old code next %v", after, back), func(t *testing.T) {
				t.Parallel()
				for n := 1; ; n++ {
					r := newRig(t, wide("1")...)
					run, old := r.begun(), r.graph
					r.graph = now
					st := faulty.New(r.open(), faulty.Plan{CrashAt: n, After: after})
					crashed := r.dieAt(st, funcs{}, run)
					r.letGo(run)
					if back {
						r.graph = old
					}
					r.start(r.config(funcs{}))
					r.auditCondemned(run, back)
					if !crashed {
						t.Logf("%d writes", n-1)
						return
					}
				}
			})
		}
	}
}

// letGo ends the lease of a dead owner, so that nobody waits for it.
func (r *rig) letGo(run string) {
	r.t.Helper()
	current, err := r.loc.Run(r.t.Context(), run)
	if err != nil {
		r.t.Fatal(err)
	}
	if current.Status.Final() {
		return
	}
	if err := r.loc.Release(r.t.Context(), run, current.Epoch); err != nil {
		r.t.Fatal(err)
	}
}

// auditCondemned reads the stream of a run that was ended: every step ended once,
// nothing ran after the first of these ends, and the counts are the events'.
func (r *rig) auditCondemned(run string, mayGoOn bool) {
	r.t.Helper()
	got := r.finish(run)
	condemned, ended, counts := false, map[event.Step]bool{}, event.Counts{Total: got.Counts.Total}
	for _, e := range r.events(run) {
		store.Count(&counts, e.Payload)
		switch p := e.Payload.(type) {
		case *event.StepSkipped, *event.StepCanceled:
			condemned = true
		case *event.StepLaunched:
			if condemned {
				r.t.Errorf("%s is launched although the run was being ended", e.Attempt)
			}
			continue
		case *event.StepFailed:
			if !p.Final {
				continue
			}
		case *event.StepSucceeded:
		case *event.RunFinished:
			if diff := cmp.Diff(p.Counts, got.Counts); diff != "" {
				r.t.Error("counts of RunFinished and of the head:\n" + diff)
			}
			continue
		default:
			continue
		}
		if ended[e.Attempt.Step] {
			r.t.Errorf("%s ended twice", e.Attempt.Step)
		}
		ended[e.Attempt.Step] = true
	}
	if c := got.Counts; len(ended) != c.Total || c.Succeeded+c.Failed+c.Skipped+c.Canceled != c.Total {
		r.t.Errorf("%d steps ended by name; counts %+v", len(ended), c)
	}
	if diff := cmp.Diff(counts, got.Counts); diff != "" {
		r.t.Error("counts of the events and of the head:\n" + diff)
	}
	switch {
	case condemned && (got.Status != store.Failed || !strings.Contains(got.Cause, "code changed while running")):
		r.t.Errorf("run is %s: %q", got.Status, got.Cause)
	case condemned && (got.Counts.Canceled != 2 || got.Counts.Succeeded != 1):
		r.t.Errorf("counts %+v; two steps had run and one succeeded", got.Counts)
	case !condemned && (!mayGoOn || got.Status != store.Succeeded):
		r.t.Errorf("run is %s: %q, and no step was ended", got.Status, got.Cause)
	}
}

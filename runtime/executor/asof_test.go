package executor_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/executor"
	"rivers.io/runtime/host"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/faulty"
)

// readsOf are the versions that a run's materialization of a step recorded.
func (r *rig) readsOf(run, step string) []string {
	r.t.Helper()
	var out []string
	for _, e := range r.events(run) {
		if m, ok := e.Payload.(*event.Materialization); ok && e.Attempt.Name == step {
			for _, in := range m.Inputs {
				out = append(out, in.Version)
			}
		}
	}
	return out
}

// make materializes an asset in a run of its own, which it returns.
func (r *rig) make(m *executor.Manager, o order) string {
	r.t.Helper()
	run := r.create(o)
	if err := m.Launch(run); err != nil {
		r.t.Fatal(err)
	}
	if got := r.finish(run); got.Status != store.Succeeded {
		r.t.Fatalf("run %s: %s", run, got.Cause)
	}
	return run
}

// aside is an executor of runs that are launched on it alone.
func (r *rig) aside() *executor.Manager {
	r.t.Helper()
	cfg := r.config(funcs{})
	cfg.OwnRunsOnly = true
	return r.start(cfg)
}

// waits is a pipeline in which b and c read up after a step that a test holds.
func waits() []asset.Definition {
	return []asset.Definition{
		{Name: "up"},
		{Name: "first"},
		{Name: "b", Inputs: []asset.Input{data("up"), data("first")}},
		{Name: "c", Inputs: []asset.Input{{Asset: "up", Kind: asset.Lineage}, data("b")}},
	}
}

// A run that waits reads what the store held when it began (D-64), whatever is
// made meanwhile, in a first attempt, a second one, and after a takeover.
func TestInputsAreAsOfTheStartOfTheRun(t *testing.T) {
	for _, c := range []struct {
		why  string
		then func(r *rig, first *executor.Manager, run string, g *gate)
	}{
		{"the steps start late", func(_ *rig, _ *executor.Manager, _ string, g *gate) { g.release() }},
		{"another executor takes the run over", func(r *rig, first *executor.Manager, _ string, g *gate) {
			first.Stop()
			g.release()
			r.start(r.config(funcs{}))
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			r := newRig(t, waits()...)
			g := newGate()
			first := r.start(r.config(funcs{"first": g.hold}))
			other := r.aside()
			old := r.make(other, order{selection: "up"})
			run := r.create(order{selection: "first b c"})
			_ = first.Launch(run)
			<-g.reached
			for range 12 { // more than a page of history
				r.make(other, order{selection: "up"})
			}
			c.then(r, first, run, g)
			if got := r.finish(run); got.Status != store.Succeeded {
				t.Fatalf("run is %s: %s", got.Status, got.Cause)
			}
			want := fmt.Sprintf("up//%s-1", old)
			for _, step := range []string{"b", "c"} {
				if got := r.readsOf(run, step); len(got) != 2 || got[0] != want {
					t.Errorf("%s read %v, want %s", step, got, want)
				}
			}
		})
	}
}

// The process of the run dies before each of its writes in turn, while the
// upstream is made anew; whoever continues reads what the first one would have.
func TestCrashesDoNotMoveTheInputs(t *testing.T) {
	for n := 1; ; n++ {
		r := newRig(t, waits()...)
		other := r.aside()
		old := r.make(other, order{selection: "up"})
		h := funcs{"first": func(_ context.Context, req host.Request, _ host.Env) (host.Result, error) {
			r.make(other, order{selection: "up"})
			return value(req), nil
		}}
		run := r.create(order{selection: "first b c"})
		crashed := r.dieAt(faulty.New(r.open(), faulty.Plan{CrashAt: n}), h, run, func(c *executor.Config) { c.OwnRunsOnly = true })
		r.start(r.config(h))
		r.finish(run)
		want := fmt.Sprintf("up//%s-1", old)
		if got := r.readsOf(run, "b"); len(got) != 2 || got[0] != want {
			t.Errorf("died at write %d: b read %v, want %s", n, got, want)
		}
		if !crashed {
			return
		}
	}
}

// What was made after the start of a run is no input of its retries either.
func TestRetriedStepsReadWhatTheRunBeganWith(t *testing.T) {
	defs := []asset.Definition{{Name: "up"}, {
		Name: "b", Inputs: []asset.Input{data("up")}, Retry: &asset.RetryPolicy{MaxRetries: 1},
	}}
	r := newRig(t, defs...)
	other := r.aside()
	old := r.make(other, order{selection: "up"})
	m := r.start(r.config(funcs{"b": func(_ context.Context, req host.Request, _ host.Env) (host.Result, error) {
		if req.Attempt == 1 {
			r.make(other, order{selection: "up"})
			return failed("once"), nil
		}
		return value(req), nil
	}}))
	run := r.make(m, order{selection: "b"})
	if got, want := r.readsOf(run, "b"), []string{fmt.Sprintf("up//%s-1", old)}; !cmp.Equal(got, want) {
		t.Errorf("the second attempt read %v, want %v", got, want)
	}
}

// An upstream that was made for the first time after the start is missing.
func TestWhatCameAfterTheStartIsMissing(t *testing.T) {
	r := newRig(t, waits()...)
	g := newGate()
	var missing atomic.Int64
	m := r.start(r.config(funcs{"first": g.hold, "b": func(ctx context.Context, req host.Request, env host.Env) (host.Result, error) {
		_, n, err := env.Missing(ctx, 0, 1)
		missing.Store(int64(n))
		return value(req), err
	}}))
	run := r.create(order{selection: "first b"})
	_ = m.Launch(run)
	<-g.reached
	r.make(r.aside(), order{selection: "up"})
	g.release()
	r.finish(run)
	if got := r.readsOf(run, "b"); missing.Load() != 1 || len(got) != 2 || got[0] != "" {
		t.Errorf("%d keys are missing, read %v", missing.Load(), got)
	}
}

// Of an input of all keys each key is as of the start: what was made again is
// read as it was, what was added is not there, and what the run itself makes is.
func TestAllKeysAreAsOfTheStartOfTheRun(t *testing.T) {
	r := newRig(t,
		asset.Definition{Name: "up", Partitions: daily()},
		asset.Definition{Name: "first"},
		asset.Definition{Name: "report", Inputs: []asset.Input{all("up"), data("first")}},
		asset.Definition{Name: "after", Inputs: []asset.Input{
			{Asset: "up", Kind: asset.Lineage, Mapping: partition.Mapping{Kind: partition.All}}, data("first"),
		}},
	)
	g := newGate()
	var got []string
	var missing uint64
	m := r.start(r.config(funcs{"first": g.hold, "report": func(ctx context.Context, req host.Request, env host.Env) (host.Result, error) {
		_, missing, _ = env.Missing(ctx, 0, 1)
		for v, err := range env.Values(ctx, 0) {
			if err != nil {
				return host.Result{}, err
			}
			got = append(got, v.DataVersion)
		}
		return value(req), nil
	}}))
	other := r.aside()
	old := r.make(other, order{selection: "up", partitions: "2001-01-01..2001-01-03"})
	run := r.create(order{selection: "up first report after", partitions: "2001-01-09"})
	_ = m.Launch(run)
	<-g.reached
	for _, err := range r.loc.WatchStream(t.Context(), run, 0) {
		if err != nil || slices.Contains(r.types(run), "StepSucceeded up[2001-01-09]#1") {
			break
		}
	}
	r.make(other, order{selection: "up", partitions: "2001-01-02..2001-01-04"})
	r.make(other, order{selection: "up", partitions: "2001-01-09"})
	g.release()
	if got := r.finish(run); got.Status != store.Succeeded {
		t.Fatal(got.Cause)
	}
	var want []string
	for _, day := range []string{"2001-01-01", "2001-01-02", "2001-01-03"} {
		want = append(want, fmt.Sprintf("up/%s/%s-1", day, old))
	}
	want = append(want, fmt.Sprintf("up/2001-01-09/%s-1", run))
	if diff := cmp.Diff(want, got); diff != "" || missing != 90-4 {
		t.Errorf("%d missing, read (-want +got):\n%s", missing, diff)
	}
	for _, e := range r.events(run) {
		if made, ok := e.Payload.(*event.Materialization); ok && e.Attempt.Name == "after" && made.Inputs[0].Keys != 4 {
			t.Errorf("the ordered asset came after %d keys", made.Inputs[0].Keys)
		}
	}
}

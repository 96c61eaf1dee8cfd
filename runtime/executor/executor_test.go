package executor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/executor"
	"rivers.io/runtime/host"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

func TestOneAsset(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a", CodeVersion: "7"})
	m := r.start(r.config(funcs{}))
	run := r.create(order{})
	if err := m.Launch(run); err != nil {
		t.Fatal(err)
	}
	got := r.finish(run)
	if got.Status != store.Succeeded || got.Counts.Succeeded != 1 {
		t.Errorf("run is %s with %+v", got.Status, got.Counts)
	}
	want := []string{"RunCreated", "RunStarted", "StepLaunched a#1", "Materialization a#1", "StepSucceeded a#1", "RunFinished"}
	if diff := cmp.Diff(want, r.types(run)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	latest, err := r.loc.Latest(t.Context(), []store.AssetKey{{Asset: "a"}})
	if err != nil || latest[store.AssetKey{Asset: "a"}].Event.CodeVersion != "7" {
		t.Errorf("latest %+v, error %v", latest, err)
	}
}

func TestRangeFeedsACollectingAsset(t *testing.T) {
	var seen []string
	r := newRig(t,
		asset.Definition{Name: "day", Partitions: daily()},
		asset.Definition{Name: "delays", Partitions: daily(), Inputs: []asset.Input{data("day")}},
		asset.Definition{Name: "report", Inputs: []asset.Input{all("delays")}},
	)
	m := r.start(r.config(funcs{"report": func(ctx context.Context, req host.Request, env host.Env) (host.Result, error) {
		for v, err := range env.Values(ctx, 0) {
			if err != nil {
				return host.Result{}, err
			}
			seen = append(seen, string(v.Key))
		}
		first, missing, err := env.Missing(ctx, 0, 2)
		if err != nil || missing != 59 || len(first) != 2 || first[0] != "2001-02-01" {
			return failed(fmt.Sprintf("missing %d, first %v, %v", missing, first, err)), nil
		}
		return value(req), nil
	}}))
	run := r.create(order{partitions: "2001-01-01..2001-01-31"})
	_ = m.Launch(run)
	if got := r.finish(run); got.Status != store.Succeeded || got.Counts.Total != 63 {
		t.Fatalf("run is %s, %s, %+v", got.Status, got.Cause, got.Counts)
	}
	if len(seen) != 31 || !slices.IsSorted(seen) {
		t.Errorf("the report saw %v", seen)
	}
	for _, e := range r.events(run) {
		mat, ok := e.Payload.(*event.Materialization)
		if !ok {
			continue
		}
		switch e.Attempt.Name {
		case "delays":
			in := mat.Inputs[0]
			if in.Key != e.Attempt.Key || !strings.Contains(in.Version, string(in.Key)) {
				t.Errorf("%s read %+v", e.Attempt, in)
			}
		case "report":
			if in := mat.Inputs[0]; in.Keys != 31 || in.Version == "" {
				t.Errorf("the report's input version is %+v", in)
			}
		}
	}
}

func TestOffsetReadsTheDayBefore(t *testing.T) {
	var got atomic.Value
	r := newRig(t, asset.Definition{Name: "day", Partitions: daily()},
		asset.Definition{Name: "change", Partitions: daily(), Inputs: []asset.Input{
			{Asset: "day", Kind: asset.Data, Mapping: partition.Mapping{Kind: partition.Offset, Offset: -1}},
		}})
	read := func(ctx context.Context, req host.Request, env host.Env) (host.Result, error) {
		for v, err := range env.Values(ctx, 0) {
			if err != nil {
				return failed(err.Error()), nil
			}
			got.Store(string(v.Key))
		}
		return value(req), nil
	}
	m := r.start(r.config(funcs{"change": read}))
	run := r.create(order{partitions: "2001-01-01..2001-01-02"})
	_ = m.Launch(run)
	end := r.finish(run)
	if got.Load() != "2001-01-01" {
		t.Errorf("2001-01-02 read %v", got.Load())
	}
	if end.Status != store.Failed || !strings.Contains(end.Cause, "2000-12-31") {
		t.Errorf("the first day has no day before: %s, %q", end.Status, end.Cause)
	}
}

func TestParallelismIsBounded(t *testing.T) {
	var defs []asset.Definition
	for i := range 20 {
		defs = append(defs, asset.Definition{Name: fmt.Sprintf("a%02d", i)})
	}
	r := newRig(t, defs...)
	var now, most atomic.Int64
	g := newGate()
	h := funcs{}
	for _, d := range defs {
		h[d.Name] = func(ctx context.Context, req host.Request, env host.Env) (host.Result, error) {
			n := now.Add(1)
			defer now.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			return g.hold(ctx, req, env)
		}
	}
	m := r.start(r.config(h))
	run := r.create(order{})
	_ = m.Launch(run)
	for range 4 {
		<-g.reached
	}
	g.release()
	r.finish(run)
	if most.Load() != 4 {
		t.Errorf("%d functions ran at once, want 4", most.Load())
	}
}

func TestRetriesUntilItWorks(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a", Retry: &asset.RetryPolicy{MaxRetries: 3, Backoff: asset.Backoff{Kind: asset.Constant, Base: time.Millisecond}}})
	m := r.start(r.config(funcs{"a": func(_ context.Context, req host.Request, _ host.Env) (host.Result, error) {
		if req.Attempt < 3 {
			return host.Result{Failure: &host.Failure{Message: "flaky", Kinds: []string{"main.Flaky"}}}, nil
		}
		return value(req), nil
	}}))
	run := r.create(order{})
	_ = m.Launch(run)
	if got := r.finish(run); got.Status != store.Succeeded {
		t.Errorf("run is %s: %s", got.Status, got.Cause)
	}
	want := []string{
		"RunCreated", "RunStarted", "StepLaunched a#1", "StepFailed a#1", "StepRetryScheduled a#1",
		"StepLaunched a#2", "StepFailed a#2", "StepRetryScheduled a#2",
		"StepLaunched a#3", "Materialization a#3", "StepSucceeded a#3", "RunFinished",
	}
	if diff := cmp.Diff(want, r.types(run)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestPanicOfTheHostFailsTheStepAlone(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"}, asset.Definition{Name: "b"})
	m := r.start(r.config(funcs{"a": func(context.Context, host.Request, host.Env) (host.Result, error) { panic("boom") }}))
	run := r.create(order{})
	_ = m.Launch(run)
	got := r.finish(run)
	if got.Status != store.Failed || got.Counts.Succeeded != 1 || !strings.Contains(got.Cause, "boom") {
		t.Errorf("run is %s, %q, %+v", got.Status, got.Cause, got.Counts)
	}
}

func TestCancelEndsTheContextAtOnce(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"}, asset.Definition{Name: "b", Inputs: []asset.Input{data("a")}})
	g := newGate()
	m := r.start(r.config(funcs{"a": g.hold}))
	run := r.create(order{})
	_ = m.Launch(run)
	<-g.reached
	if ok, err := r.loc.RequestCancel(t.Context(), run, &event.User{Subject: "ann"}); !ok || err != nil {
		t.Fatalf("cancel: %v, %v", ok, err)
	}
	got := r.finish(run)
	if got.Status != store.Canceled || got.Counts.Canceled != 2 {
		t.Errorf("run is %s with %+v", got.Status, got.Counts)
	}
	if m.Abandoned() != 0 {
		t.Errorf("a function that heeds its context was abandoned")
	}
}

func TestFunctionThatIgnoresCancelIsAbandoned(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"}, asset.Definition{Name: "other"})
	reached, let := make(chan struct{}), make(chan struct{})
	returned := make(chan struct{})
	cfg := r.config(funcs{"a": func(_ context.Context, req host.Request, _ host.Env) (host.Result, error) {
		close(reached)
		<-let
		defer close(returned)
		return value(req), nil
	}})
	cfg.Parallelism = 1
	m := r.start(cfg)
	run := r.create(order{selection: "a"})
	_ = m.Launch(run)
	<-reached
	if _, err := r.loc.RequestCancel(t.Context(), run, nil); err != nil {
		t.Fatal(err)
	}
	if got := r.finish(run); got.Status != store.Canceled {
		t.Errorf("run is %s", got.Status)
	}
	if m.Abandoned() != 1 {
		t.Errorf("abandoned: %d, want 1", m.Abandoned())
	}
	next := r.create(order{selection: "other"})
	_ = m.Launch(next)
	if got := r.finish(next); got.Status != store.Succeeded {
		t.Errorf("the abandoned function still holds the only worker: %s", got.Status)
	}
	close(let)
	<-returned
	latest, err := r.loc.Latest(t.Context(), []store.AssetKey{{Asset: "a"}})
	if err != nil || len(latest) != 0 {
		t.Errorf("the value of an abandoned function was published: %v, %v", latest, err)
	}
}

func TestCancelBeforeTheStart(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"})
	run := r.create(order{})
	if ok, err := r.loc.RequestCancel(t.Context(), run, nil); !ok || err != nil {
		t.Fatalf("cancel: %v, %v", ok, err)
	}
	called := make(chan struct{}, 1)
	m := r.start(r.config(funcs{"a": func(context.Context, host.Request, host.Env) (host.Result, error) {
		called <- struct{}{}
		return host.Result{}, errors.New("must not run")
	}}))
	_ = m.Launch(run)
	if got := r.finish(run); got.Status != store.Canceled {
		t.Errorf("run is %s", got.Status)
	}
	m.Stop()
	select {
	case <-called:
		t.Error("a step of a canceled run was executed")
	default:
	}
}

func TestHandoverContinuesElsewhere(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"}, asset.Definition{Name: "b", Inputs: []asset.Input{data("a")}})
	g := newGate()
	first := r.start(r.config(funcs{"b": g.hold}))
	run := r.create(order{})
	_ = first.Launch(run)
	<-g.reached
	first.Stop()
	if err := first.Launch(run); !errors.Is(err, executor.ErrDraining) {
		t.Errorf("a stopped manager takes work: %v", err)
	}
	r.start(r.config(funcs{}))
	got := r.finish(run)
	if got.Status != store.Succeeded || got.Epoch != 2 {
		t.Errorf("run is %s in epoch %d: %s", got.Status, got.Epoch, got.Cause)
	}
	if n := strings.Count(strings.Join(r.types(run), "\n"), "StepSucceeded a#1"); n != 1 {
		t.Errorf("a succeeded %d times", n)
	}
}

func TestDrainLetsRunsFinish(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"})
	g := newGate()
	m := r.start(r.config(funcs{"a": g.hold}))
	run := r.create(order{})
	_ = m.Launch(run)
	<-g.reached
	drained := make(chan struct{})
	go func() {
		m.Drain(t.Context())
		close(drained)
	}()
	g.release()
	<-drained
	if got := r.finish(run); got.Status != store.Succeeded || got.Epoch != 1 {
		t.Errorf("run is %s in epoch %d", got.Status, got.Epoch)
	}
}

func TestRetryFromFailureReadsTheSource(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"}, asset.Definition{Name: "b", Inputs: []asset.Input{data("a")}})
	var broken atomic.Bool
	broken.Store(true)
	var version atomic.Value
	h := funcs{"b": func(ctx context.Context, req host.Request, env host.Env) (host.Result, error) {
		if broken.Load() {
			return failed("broken"), nil
		}
		for v, err := range env.Values(ctx, 0) {
			if err != nil {
				return host.Result{}, err
			}
			version.Store(v.DataVersion)
		}
		return value(req), nil
	}}
	m := r.start(r.config(h))
	source := r.create(order{})
	_ = m.Launch(source)
	r.finish(source)
	between := r.create(order{selection: "a"})
	_ = m.Launch(between)
	r.finish(between)
	broken.Store(false)
	again := r.create(order{only: []event.Step{{Name: "b"}}, source: source})
	_ = m.Launch(again)
	if got := r.finish(again); got.Status != store.Succeeded || got.Counts.Total != 1 {
		t.Fatalf("run is %s with %+v", got.Status, got.Counts)
	}
	want := fmt.Sprintf("a//%s-1", source)
	if version.Load() != want {
		t.Errorf("b read %v, want the source's %s", version.Load(), want)
	}
	third := r.create(order{only: []event.Step{{Name: "b"}}, source: again})
	_ = m.Launch(third)
	r.finish(third)
	if version.Load() != want {
		t.Errorf("the retry of a retry read %v, want %s", version.Load(), want)
	}
}

func TestConfigReachesTheStep(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"})
	var got atomic.Value
	m := r.start(r.config(funcs{"a": func(_ context.Context, req host.Request, _ host.Env) (host.Result, error) {
		got.Store(string(req.Config))
		return value(req), nil
	}}))
	run := r.create(order{config: json.RawMessage(`{"a":{"limit":3}}`)})
	_ = m.Launch(run)
	r.finish(run)
	if got.Load() != `{"limit":3}` {
		t.Errorf("the step saw %v", got.Load())
	}
}

func TestUnknownExecutorFailsJustThoseSteps(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a", Executor: "subprocess"}, asset.Definition{Name: "b"})
	m := r.start(r.config(funcs{}))
	run := r.create(order{})
	_ = m.Launch(run)
	got := r.finish(run)
	if got.Counts.Failed != 1 || got.Counts.Succeeded != 1 {
		t.Errorf("counts %+v: %s", got.Counts, got.Cause)
	}
}

func TestLogsAreStoredPerStream(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"})
	m := r.start(r.config(funcs{"a": func(_ context.Context, req host.Request, env host.Env) (host.Result, error) {
		fmt.Fprint(env.Stdout(), "one\ntwo\nwithout newline")
		fmt.Fprintln(env.Stderr(), "oops")
		env.Logger().With("day", 1).WithGroup("g").Warn("hm", "rows", 3)
		return value(req), nil
	}}))
	run := r.create(order{})
	_ = m.Launch(run)
	r.finish(run)
	m.ProcessOutput("stdout", "of nobody")
	m.Stop()
	lines, err := r.loc.LogLines(t.Context(), run, store.LogFilter{}, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %s %s", l.Stream, l.Attempt, l.Level, l.Text, l.Attrs)))
	}
	want := []string{
		"stdout a#1  one", "stdout a#1  two", "stderr a#1  oops",
		`log a#1 WARN hm {"day":1,"g.rows":3}`, "stdout a#1  without newline",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

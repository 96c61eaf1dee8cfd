package executor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/host"
	"rivers.io/runtime/store"
)

func TestResultThatCannotBeRecordedFailsItsStep(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a", Retry: &asset.RetryPolicy{MaxRetries: 5}}, asset.Definition{Name: "b"})
	var calls atomic.Int64
	half, _ := json.Marshal(strings.Repeat("x", 600<<10))
	m := r.start(r.config(funcs{"a": func(_ context.Context, req host.Request, _ host.Env) (host.Result, error) {
		calls.Add(1)
		out := value(req)
		out.Outputs[0].Metadata = map[string]json.RawMessage{"one": half, "two": half}
		return out, nil
	}}))
	run := r.create(order{})
	_ = m.Launch(run)
	got := r.finish(run)
	if got.Counts.Failed != 1 || got.Counts.Succeeded != 1 || !strings.Contains(got.Cause, "cannot be recorded") {
		t.Errorf("counts %+v, cause %q", got.Counts, got.Cause)
	}
	if calls.Load() != 1 {
		t.Errorf("the function ran %d times", calls.Load())
	}
}

func TestEndlessErrorsAreCut(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"})
	m := r.start(r.config(funcs{"a": func(context.Context, host.Request, host.Env) (host.Result, error) {
		return failed(strings.Repeat("long ", 1<<20)), nil
	}}))
	run := r.create(order{})
	_ = m.Launch(run)
	r.finish(run)
	for _, e := range r.events(run) {
		if f, ok := e.Payload.(*event.StepFailed); ok && (len(f.Error) > 65<<10 || !strings.HasSuffix(f.Error, "bytes cut)")) {
			t.Errorf("an error of %d bytes was recorded: …%s", len(f.Error), f.Error[len(f.Error)-40:])
		}
	}
}

// refusing is a location whose appends of materializations are refused for good.
type refusing struct{ store.Location }

func (l refusing) Append(ctx context.Context, run string, add store.Append) (store.Appended, error) {
	for _, p := range add.Parts {
		for _, e := range p.Events {
			if e.Type() == event.TypeMaterialization {
				return store.Appended{}, errors.New("nobody knows why")
			}
		}
	}
	return l.Location.Append(ctx, run, add)
}

func TestRefusedAppendEndsTheRun(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"})
	var calls atomic.Int64
	cfg := r.config(funcs{"a": func(_ context.Context, req host.Request, _ host.Env) (host.Result, error) {
		calls.Add(1)
		return value(req), nil
	}})
	cfg.Location = refusing{r.loc}
	m := r.start(cfg)
	run := r.create(order{})
	_ = m.Launch(run)
	if got := r.finish(run); got.Status != store.Failed || !strings.Contains(got.Cause, "nobody knows why") {
		t.Errorf("run is %s: %s", got.Status, got.Cause)
	}
	if calls.Load() != 1 {
		t.Errorf("the function ran %d times", calls.Load())
	}
}

func TestRunThatLosesItsExecutorAgainAndAgainEnds(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"})
	run := r.create(order{})
	for range 4 {
		claim, err := r.loc.TakeOver(t.Context(), run, store.TakeOver{Executor: uuid.NewString(), Lease: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.loc.Release(t.Context(), run, claim.Epoch); err != nil {
			t.Fatal(err)
		}
	}
	cfg := r.config(funcs{})
	cfg.Restarts = 3
	r.start(cfg)
	if got := r.finish(run); got.Status != store.Failed || !strings.Contains(got.Cause, "executor lost 4 times") {
		t.Errorf("run is %s: %s", got.Status, got.Cause)
	}
}

// mute is a location whose reads fail until it is told to speak.
type mute struct {
	store.Location
	speak atomic.Bool
	asked chan struct{}
	once  sync.Once
}

func (l *mute) Latest(ctx context.Context, keys []store.AssetKey) (map[store.AssetKey]store.Materialized, error) {
	if !l.speak.Load() {
		l.once.Do(func() { close(l.asked) })
		return nil, fmt.Errorf("blip: %w", store.ErrUnavailable)
	}
	return l.Location.Latest(ctx, keys)
}

func TestOutageHoldsAStepUp(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"}, asset.Definition{Name: "b", Inputs: []asset.Input{data("a")}})
	loc := &mute{Location: r.loc, asked: make(chan struct{})}
	cfg := r.config(funcs{})
	cfg.Location = loc
	m := r.start(cfg)
	run := r.create(order{selection: "b"})
	_ = m.Launch(run)
	<-loc.asked
	loc.speak.Store(true)
	if got := r.finish(run); got.Status != store.Succeeded {
		t.Errorf("run is %s: %s", got.Status, got.Cause)
	}
}

// lossy answers one append with an outage although it was carried out, lets
// another executor take the run over, and then answers the truth.
type lossy struct {
	store.Location
	t    *testing.T
	done atomic.Bool
}

func (l *lossy) Append(ctx context.Context, run string, add store.Append) (store.Appended, error) {
	ack, err := l.Location.Append(ctx, run, add)
	if err != nil || l.done.Swap(true) {
		return ack, err
	}
	current, err := l.Run(ctx, run)
	if err == nil {
		err = l.Release(ctx, run, current.Epoch)
	}
	if err == nil {
		_, err = l.TakeOver(ctx, run, store.TakeOver{Executor: uuid.NewString(), Lease: time.Minute})
	}
	if err != nil {
		l.t.Error(err)
	}
	return store.Appended{}, fmt.Errorf("answer lost: %w", store.ErrUnavailable)
}

func TestLateAnswerStartsNothingUnderARevokedToken(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"})
	var calls atomic.Int64
	cfg := r.config(funcs{"a": func(_ context.Context, req host.Request, _ host.Env) (host.Result, error) {
		calls.Add(1)
		return value(req), nil
	}})
	loc := &lossy{Location: r.loc, t: t}
	cfg.Location = loc
	m := r.start(cfg)
	run := r.create(order{})
	_ = m.Launch(run)
	m.Drain(t.Context()) // returns when the run is over here
	if calls.Load() != 0 {
		t.Errorf("the function ran %d times under a token that was revoked", calls.Load())
	}
}

func TestOneWorkerKeepsTheOrderOfThePlan(t *testing.T) {
	var defs []asset.Definition
	for i := range 200 {
		defs = append(defs, asset.Definition{Name: fmt.Sprintf("a%03d", i)})
	}
	r := newRig(t, defs...)
	var mu sync.Mutex
	var ran []string
	h := funcs{}
	for _, d := range defs {
		h[d.Name] = func(_ context.Context, req host.Request, _ host.Env) (host.Result, error) {
			mu.Lock()
			defer mu.Unlock()
			ran = append(ran, req.Step)
			return value(req), nil
		}
	}
	cfg := r.config(h)
	cfg.Parallelism = 1
	m := r.start(cfg)
	run := r.create(order{})
	_ = m.Launch(run)
	r.finish(run)
	for i, name := range ran {
		if name != defs[i].Name {
			t.Fatalf("step %d was %s, want %s", i, name, defs[i].Name)
		}
	}
}

func TestHeavyOutputIsKeptInItsNewestPart(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"})
	m := r.start(r.config(funcs{"a": func(_ context.Context, req host.Request, env host.Env) (host.Result, error) {
		env.Logger().Info(strings.Repeat("é", 1<<20)) //nolint:sloglint // its length is what is tested
		long := strings.Repeat("A", 100<<10)
		fmt.Fprintf(env.Stdout(), "%s\nshort\n", long)
		for range 900 {
			fmt.Fprintln(env.Stderr(), long)
		}
		fmt.Fprintln(env.Stderr(), "the end")
		return value(req), nil
	}}))
	run := r.create(order{})
	_ = m.Launch(run)
	r.finish(run)
	m.Stop()
	newest := map[store.LogStream]string{}
	size := map[store.LogStream]int{}
	for after := uint64(0); ; {
		lines, err := r.loc.LogLines(t.Context(), run, store.LogFilter{}, after, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) == 0 {
			break
		}
		for _, l := range lines {
			newest[l.Stream], after = l.Text, l.Seq
			size[l.Stream] += len(l.Text)
		}
	}
	if newest[store.Stdout] != "short" || newest[store.Stderr] != "the end" {
		t.Errorf("the newest lines are %q and %q", newest[store.Stdout], newest[store.Stderr])
	}
	if !strings.HasSuffix(newest[store.Records], "bytes cut)") {
		t.Errorf("the record ends with %q", newest[store.Records][max(0, len(newest[store.Records])-30):])
	}
	if size[store.Stdout] != 100<<10+len("short") || size[store.Stderr] > store.MaxLogStream {
		t.Errorf("kept %v", size)
	}
}

func TestComputeIsWarnedOfOnce(t *testing.T) {
	compute := &asset.Compute{Memory: "4Gi"}
	r := newRig(t, asset.Definition{Name: "a", Compute: compute}, asset.Definition{Name: "b", Compute: compute})
	m := r.start(r.config(funcs{}))
	run := r.create(order{})
	_ = m.Launch(run)
	r.finish(run)
	lines, err := r.loc.LogLines(t.Context(), run, store.LogFilter{}, 0, 0)
	if err != nil || len(lines) != 1 || !strings.Contains(lines[0].Text, "asset a asks for compute") {
		t.Errorf("got %+v, %v", lines, err)
	}
}

func TestLocationDefaultIsTheLastPolicy(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"}, asset.Definition{Name: "b", Retry: &asset.RetryPolicy{}})
	cfg := r.config(funcs{
		"a": func(context.Context, host.Request, host.Env) (host.Result, error) { return failed("a"), nil },
		"b": func(context.Context, host.Request, host.Env) (host.Result, error) { return failed("b"), nil },
	})
	cfg.Retry = &asset.RetryPolicy{MaxRetries: 2}
	m := r.start(cfg)
	run := r.create(order{})
	_ = m.Launch(run)
	r.finish(run)
	attempts := map[string]int{}
	for _, e := range r.events(run) {
		if e.Type() == event.TypeStepLaunched {
			attempts[e.Attempt.Name]++
		}
	}
	if attempts["a"] != 3 || attempts["b"] != 1 {
		t.Errorf("attempts %v: the nearest policy applies whole", attempts)
	}
}

func TestProcessOfAnAttemptIsRecorded(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a", Executor: "subprocess"})
	cfg := r.config(funcs{})
	cfg.Subprocess = funcs{"a": func(_ context.Context, req host.Request, env host.Env) (host.Result, error) {
		env.(host.ProcessWatcher).Started(4711)
		return value(req), nil
	}}
	m := r.start(cfg)
	run := r.create(order{})
	_ = m.Launch(run)
	r.finish(run)
	for _, e := range r.events(run) {
		if s, ok := e.Payload.(*event.StepStarted); ok {
			if s.PID != 4711 || e.Attempt.Number != 1 {
				t.Errorf("got %+v of %s", s, e.Attempt)
			}
			return
		}
	}
	t.Errorf("no StepStarted in %v", r.types(run))
}

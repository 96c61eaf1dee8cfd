package executor_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/executor"
	"rivers.io/runtime/host"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/faulty"
)

// flaky is a small pipeline with retries, in which every third attempt fails.
func flaky() ([]asset.Definition, host.Host) {
	retry := &asset.RetryPolicy{MaxRetries: 9}
	defs := []asset.Definition{
		{Name: "day", Partitions: daily(), Retry: retry},
		{Name: "delays", Partitions: daily(), Retry: retry, Inputs: []asset.Input{data("day")}},
		{Name: "report", Retry: retry, Inputs: []asset.Input{all("delays")}},
	}
	h := funcs{}
	for _, d := range defs {
		h[d.Name] = func(_ context.Context, req host.Request, _ host.Env) (host.Result, error) {
			sum := fnv.New32a()
			fmt.Fprint(sum, req.Step, req.Key, req.Attempt)
			if sum.Sum32()%3 == 0 {
				return failed("drawn to fail"), nil
			}
			return value(req), nil
		}
	}
	return defs, h
}

// audit reads a finished run's stream: every step succeeded and was published
// once, and nothing ended that did not run.
func (r *rig) audit(run string) {
	r.t.Helper()
	end := r.finish(run)
	if end.Status != store.Succeeded {
		r.t.Errorf("run %s ended %s: %s", run, end.Status, end.Cause)
	}
	published, succeeded, live := map[event.Step]int{}, map[event.Step]int{}, map[event.Attempt]bool{}
	for i, e := range r.events(run) {
		if e.Seq != uint64(i+1) {
			r.t.Fatalf("event %d has the number %d", i+1, e.Seq)
		}
		switch e.Payload.(type) {
		case *event.StepLaunched:
			live[e.Attempt] = true
		case *event.Materialization:
			published[e.Attempt.Step]++
		case *event.StepSucceeded, *event.StepFailed, *event.StepRevoked:
			if !live[e.Attempt] {
				r.t.Errorf("%s of %s, which does not run", e.Type(), e.Attempt)
			}
			delete(live, e.Attempt)
			if e.Type() == event.TypeStepSucceeded {
				succeeded[e.Attempt.Step]++
			}
		}
	}
	if len(published) != end.Counts.Total || len(live) != 0 {
		r.t.Errorf("%d of %d steps published, %d still run", len(published), end.Counts.Total, len(live))
	}
	for step, n := range published {
		if n != 1 || succeeded[step] != 1 {
			r.t.Errorf("%s was published %d times and succeeded %d times", step, n, succeeded[step])
		}
	}
}

// TestCrashBetweenAnyTwoWrites lets the process die before or after each of its
// writes in turn, and another one continue.
func TestCrashBetweenAnyTwoWrites(t *testing.T) {
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after the commit %v", after), func(t *testing.T) {
			defs, h := flaky()
			for n := 1; ; n++ {
				r := newRig(t, defs...)
				run := r.create(order{partitions: "2001-01-01..2001-01-02"})
				st := faulty.New(r.open(), faulty.Plan{CrashAt: n, After: after})
				crashed := r.dieAt(st, h, run)
				r.start(r.config(h))
				r.audit(run)
				if !crashed {
					t.Logf("%d writes", n-1)
					return
				}
			}
		})
	}
}

// dieAt carries the run out on a store that crashes, as a process that dies with
// it, and tells whether it did.
func (r *rig) dieAt(st *faulty.Store, h host.Host, run string, changes ...func(*executor.Config)) bool {
	r.t.Helper()
	cfg := r.config(h)
	cfg.Location, cfg.Parallelism = st.Location("test"), 2
	cfg.Logger = slog.New(slog.DiscardHandler)
	for _, change := range changes {
		change(&cfg)
	}
	owner, err := st.HoldOwner(cfg.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	defer owner.Close()
	m, err := executor.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	m.Start()
	defer m.Stop()
	_ = m.Launch(run)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for _, err := range st.Location("test").WatchStream(r.t.Context(), run, 0) {
			if err != nil {
				return
			}
		}
	}()
	select {
	case <-st.Crashed():
	case <-ended:
	}
	select {
	case <-st.Crashed():
		return true
	default:
		return false
	}
}

// TestUnreliableStore repeats, delays and refuses writes.
func TestUnreliableStore(t *testing.T) {
	defs, h := flaky()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, defs...)
			run := r.create(order{partitions: "2001-01-01..2001-01-05"})
			cfg := r.config(h)
			cfg.Location = faulty.New(r.open(), faulty.Plan{Seed: seed, Busy: 0.2, Lost: 0.2, Full: 0.1}).Location("test")
			m := r.start(cfg)
			_ = m.Launch(run)
			r.audit(run)
		})
	}
}

// TestStoreThatIsGoneEndsTheProcess gives up after a while, so that the run is
// resumed elsewhere.
func TestStoreThatIsGoneEndsTheProcess(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"})
	run := r.create(order{})
	cfg := r.config(funcs{})
	cfg.GiveUp = 100 * time.Millisecond
	cfg.Location = faulty.New(r.open(), faulty.Plan{CrashAt: 2}).Location("test")
	m := r.start(cfg)
	_ = m.Launch(run)
	if err := <-m.Fatal(); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

// TestZombieCannotWrite lets an owner sleep past its lease: what it wakes up with
// is refused.
func TestZombieCannotWrite(t *testing.T) {
	r := newRig(t, asset.Definition{Name: "a"})
	g := newGate()
	first := r.start(r.config(funcs{"a": g.hold}))
	run := r.create(order{})
	_ = first.Launch(run)
	<-g.reached
	// Whoever believes that the lease ended takes over: here by force.
	current, err := r.loc.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.loc.Release(t.Context(), run, current.Epoch); err != nil {
		t.Fatal(err)
	}
	claim, err := r.loc.TakeOver(t.Context(), run, store.TakeOver{Executor: uuid.NewString(), Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	g.release()
	first.Stop()
	for _, e := range r.events(run) {
		if e.Type() == event.TypeMaterialization {
			t.Error("the zombie published a value")
		}
	}
	if now, err := r.loc.Run(t.Context(), run); err != nil || now.Epoch != claim.Epoch {
		t.Errorf("epoch %d, want %d, %v", now.Epoch, claim.Epoch, err)
	}
}

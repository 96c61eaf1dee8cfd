package run_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/run"
)

// genWorld draws a pipeline of plain, partitioned and collecting assets whose
// attempts fail by a table.
func genWorld(rt *rapid.T) *world {
	n := rapid.IntRange(1, 8).Draw(rt, "assets")
	var defs []asset.Definition
	for i := range n {
		d := asset.Definition{Name: fmt.Sprintf("a%d", i)}
		if rapid.Bool().Draw(rt, "partitioned") {
			d.Partitions = daily()
		}
		if rapid.Bool().Draw(rt, "retry") {
			d.Retry = &asset.RetryPolicy{
				MaxRetries: rapid.IntRange(0, 3).Draw(rt, "retries"),
				Backoff:    asset.Backoff{Kind: asset.Linear, Base: time.Second, Step: time.Second, Jitter: 0.5},
			}
		}
		for up := range i {
			if rapid.IntRange(0, 2).Draw(rt, "edge") > 0 {
				continue
			}
			in := asset.Input{Asset: defs[up].Name, Kind: asset.Data}
			if defs[up].Partitions != nil && d.Partitions == nil {
				in.Mapping.Kind = partition.All
			}
			d.Inputs = append(d.Inputs, in)
		}
		defs = append(defs, d)
	}
	w := newWorld(rt, defs, fmt.Sprintf("2001-01-01..2001-01-%02d", rapid.IntRange(1, 4).Draw(rt, "keys")))
	seed := rapid.Uint64().Draw(rt, "answers")
	w.answer = func(s event.Step, n int) *run.Failure {
		h := rand.New(rand.NewPCG(seed, hash(fmt.Sprintf("%s %d", s, n))))
		if h.IntN(3) == 0 {
			return &run.Failure{Error: "drawn to fail", Final: h.IntN(8) == 0}
		}
		return nil
	}
	return w
}

func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range []byte(s) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}

func TestAnyPrefixContinuesToTheSameEnd(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := genWorld(rt)
		whole := w.machine()
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 1))
		w.drive(whole, rapid.IntRange(1, 4).Draw(rt, "capacity"), byAttempt, order)
		cut := rapid.IntRange(0, len(w.events)).Draw(rt, "prefix")

		again := &world{t: w.t, graph: w.graph, plan: w.plan, answer: w.answer, now: w.now, events: append([]event.Event(nil), w.events[:cut]...)}
		m := again.fold(again.events)
		again.drive(m, rapid.IntRange(1, 4).Draw(rt, "capacity after"), byAttempt, order)
		if diff := cmp.Diff(w.statuses(whole), again.statuses(m)); diff != "" {
			rt.Errorf("prefix of %d events (-whole +continued):\n%s", cut, diff)
		}
		if diff := cmp.Diff(whole.Finished().Counts, m.Finished().Counts); diff != "" {
			rt.Errorf("counts (-whole +continued):\n%s", diff)
		}
		if diff := cmp.Diff(again.statuses(m), again.statuses(again.fold(again.events))); diff != "" {
			rt.Errorf("folding the stored events differs (-machine +folded):\n%s", diff)
		}
	})
}

func TestTakeoversDoNotChangeTheEnd(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := genWorld(rt)
		whole := w.machine()
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 1))
		w.drive(whole, 3, byFailures, order)

		again := &world{t: w.t, graph: w.graph, plan: w.plan, answer: w.answer, now: w.now}
		source := w.events
		for range rapid.IntRange(1, 4).Draw(rt, "takeovers") {
			cut := rapid.IntRange(0, len(source)).Draw(rt, "prefix")
			again.events = append([]event.Event(nil), source[:cut]...)
			m := again.fold(again.events)
			if m.Finished() != nil {
				return
			}
			for _, a := range m.Running() {
				again.record(m, event.Event{Attempt: a, Payload: &event.StepRevoked{Cause: "executor lost"}})
			}
			again.drive(m, 3, byFailures, order)
			if diff := cmp.Diff(w.statuses(whole), again.statuses(m)); diff != "" {
				rt.Fatalf("after a takeover at event %d (-whole +continued):\n%s", cut, diff)
			}
			source = again.events
		}
	})
}

func TestCancelAtAnyPointEndsTheRun(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := genWorld(rt)
		whole := w.machine()
		order := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "order"), 1))
		w.drive(whole, 3, byAttempt, order)
		cut := rapid.IntRange(0, len(w.events)-1).Draw(rt, "prefix")

		again := &world{t: w.t, graph: w.graph, plan: w.plan, answer: w.answer, now: w.now, events: append([]event.Event(nil), w.events[:cut]...)}
		m := again.fold(again.events)
		again.record(m, event.Event{Payload: &event.RunCancelRequested{}})
		launched := len(again.events)
		again.drive(m, 3, byAttempt, order)
		for _, e := range again.events[launched:] {
			if e.Type() == event.TypeStepLaunched {
				rt.Fatalf("%s was launched after the request to cancel", e.Attempt)
			}
		}
		if m.Finished().Outcome != event.Canceled {
			rt.Fatalf("outcome %s", m.Finished().Outcome)
		}
		c := m.Counts()
		if c.Succeeded+c.Failed+c.Skipped+c.Canceled != c.Total {
			rt.Fatalf("steps are left: %+v", c)
		}
	})
}

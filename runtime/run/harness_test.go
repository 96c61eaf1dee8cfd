package run_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/plan"
	"rivers.io/runtime/run"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// world is a pipeline whose functions answer by a table, and a store that is a
// slice.
type world struct {
	t      tb
	graph  *asset.Graph
	plan   *plan.Plan
	answer func(step event.Step, n int) *run.Failure
	events []event.Event
	now    time.Time
}

// tb is what a world needs of a test; rapid's T has it too.
type tb interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func newWorld(t tb, defs []asset.Definition, partitions string) *world {
	t.Helper()
	g, err := asset.Resolve(defs)
	if err != nil {
		t.Fatalf("resolve: %v", err)
	}
	all, err := g.Select("")
	if err != nil {
		t.Fatalf("select: %v", err)
	}
	p, err := plan.Build(plan.Request{Graph: g, Assets: all, Partitions: partitions, Now: epoch})
	if err != nil {
		t.Fatalf("plan: %v", err)
	}
	return &world{t: t, graph: g, plan: p, now: epoch, answer: func(event.Step, int) *run.Failure { return nil }}
}

func (w *world) machine() *run.Machine {
	return run.New(w.plan, func(i int) *asset.RetryPolicy { return w.graph.At(i).Retry })
}

func (w *world) fold(events []event.Event) *run.Machine {
	m := w.machine()
	for _, e := range events {
		if err := m.Apply(e); err != nil {
			w.t.Fatalf("fold %s of %s: %v", e.Type(), e.Attempt, err)
		}
	}
	return m
}

// record appends an event and applies it.
func (w *world) record(m *run.Machine, e event.Event) {
	if err := m.Apply(e); err != nil {
		w.t.Fatalf("apply %s of %s: %v", e.Type(), e.Attempt, err)
	}
	w.events = append(w.events, e)
}

// key says how the host answers an attempt.
type key func(a event.Attempt, v run.View) int

// byAttempt answers by (step, attempt); byFailures by (step, failures so far),
// which is what matters when revoked attempts are repeated under new numbers.
func byAttempt(a event.Attempt, _ run.View) int { return a.Number }

func byFailures(_ event.Attempt, v run.View) int { return v.Failures + 1 }

// drive lets the machine run to its end with at most free attempts at once, in an
// order drawn from random.
func (w *world) drive(m *run.Machine, free int, k key, random *rand.Rand) {
	running := m.Running()
	for turns := 0; m.Finished() == nil; turns++ {
		if turns > 100_000 {
			w.t.Fatal("the machine does not come to an end")
		}
		var wait time.Time
		progress := false
		for _, c := range m.Next(w.now, free-len(running)) {
			switch c := c.(type) {
			case run.Launch:
				w.record(m, event.Event{Attempt: c.Attempt, Payload: &event.StepLaunched{Token: c.Attempt.String(), Worker: event.InProcess}})
				running = append(running, c.Attempt)
				progress = true
			case run.Wait:
				wait = c.Until
			case run.Stop:
			default:
				e, _ := run.Event(c)
				w.record(m, e)
				progress = true
			}
		}
		switch {
		case len(running) > 0:
			i := random.IntN(len(running))
			w.settle(m, running[i], k)
			running = append(running[:i], running[i+1:]...)
		case !wait.IsZero():
			w.now = wait
		case !progress && m.Finished() == nil:
			w.t.Fatalf("stuck: %+v", m.Counts())
		}
	}
}

func (w *world) settle(m *run.Machine, a event.Attempt, k key) {
	i, _ := w.plan.Lookup(a.Step)
	o := run.Outcome{Failure: w.answer(a.Step, k(a, m.Step(i)))}
	if o.Failure == nil {
		o.Outputs = []event.Materialization{{DataVersion: "v"}}
	}
	for _, p := range m.Settle(a, o, w.now, 0.5) {
		w.record(m, event.Event{Attempt: a, Payload: p})
	}
}

// statuses lists the final states of all steps.
func (w *world) statuses(m *run.Machine) []string {
	out := make([]string, len(w.plan.Steps))
	for i := range w.plan.Steps {
		out[i] = fmt.Sprintf("%s %s", w.plan.Steps[i].ID, m.Step(i).Status)
	}
	return out
}

// dag builds definitions from edges "b<a" meaning that b consumes a.
func dag(names []string, edges map[string][]string, retry *asset.RetryPolicy) []asset.Definition {
	var defs []asset.Definition
	for _, n := range names {
		d := asset.Definition{Name: n, Retry: retry}
		for _, up := range edges[n] {
			d.Inputs = append(d.Inputs, asset.Input{Asset: up, Kind: asset.Data})
		}
		defs = append(defs, d)
	}
	return defs
}

func daily() *partition.Definition {
	return &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-03-31"}
}

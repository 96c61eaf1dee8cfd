package riverstest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"rivers.io/runtime/partition"
	"rivers.io/runtime/rivers"
)

// Pipeline is a small graph under test. Values stay from one Materialize to the
// next.
type Pipeline struct {
	st     *state
	failed []partition.Set
}

// Graph prepares the assets of a repository. The options give values, resources,
// environment and time; Key, Attempt and settings belong to Run.
func Graph(t testing.TB, repo *rivers.Repository, opts ...Option) *Pipeline {
	t.Helper()
	return &Pipeline{st: newState(newSetup(t, opts), repo)}
}

// Outcome is what a Materialize did, step by step.
type Outcome struct {
	// Steps are in the order in which they ran.
	Steps []Step
	st    *state
}

// Step is one step of an Outcome.
type Step struct {
	Asset string
	Key   rivers.Key
	// Skipped tells that the step did not run because one before it failed.
	Skipped bool
	Result
}

// Materialize runs the selected assets, upstreams first, each for the given
// keys: "2001-01-01", "2001-01-01..2001-01-31" or several of these. Selections
// are those of a real run: "report", "+report", "group:ingest". A step whose
// upstream failed is skipped. Steps run one after another, each once.
func (p *Pipeline) Materialize(selection string, partitions ...string) Outcome {
	st := p.st
	st.t.Helper()
	selected, err := st.graph.Select(selection)
	if err != nil {
		st.t.Fatalf("riverstest: %v", err)
	}
	p.failed = make([]partition.Set, st.graph.Len())
	out := Outcome{st: st}
	for _, i := range selected {
		for ordinal := range p.keys(i, partitions).Ordinals() {
			done := p.run(step{i, st.keyOf(i, ordinal)})
			if done.Skipped || done.Failure != nil {
				p.failed[i].Add(ordinal)
			}
			out.Steps = append(out.Steps, done)
		}
	}
	return out
}

// keys returns the ordinals of an asset that are to be materialized.
func (p *Pipeline) keys(i int, partitions []string) partition.Set {
	st := p.st
	st.t.Helper()
	space := st.graph.Space(i)
	if space == nil {
		return partition.SetOf(0)
	}
	if len(partitions) == 0 {
		st.t.Fatalf("riverstest: asset %q has partitions; say which", st.graph.At(i).Name)
	}
	set, err := partition.ParseSelection(strings.Join(partitions, ","), space, st.now)
	if err != nil {
		st.t.Fatalf("riverstest: asset %q: %v", st.graph.At(i).Name, err)
	}
	return set
}

func (p *Pipeline) run(at step) Step {
	p.st.t.Helper()
	done := Step{Asset: p.st.graph.At(at.asset).Name, Key: at.key}
	for input := range p.st.graph.Upstreams(at.asset) {
		up, wanted := p.st.wanted(at, input)
		if !wanted.And(p.failed[up]).IsEmpty() {
			done.Skipped = true
			return done
		}
	}
	done.Result = p.st.execute(at, 1, nil)
	return done
}

// Err joins the failures, or is nil when every step succeeded.
func (o Outcome) Err() error {
	var errs []error
	for _, s := range o.Steps {
		switch name := s.String(); {
		case s.Skipped:
			errs = append(errs, fmt.Errorf("%s: skipped", name))
		case s.Failure != nil:
			errs = append(errs, fmt.Errorf("%s: %s", name, s.Failure.Message))
		}
	}
	return errors.Join(errs...)
}

// String returns name or name[key].
func (s Step) String() string {
	if s.Key == "" {
		return s.Asset
	}
	return s.Asset + "[" + string(s.Key) + "]"
}

// Step returns the step of an asset and key; false when none ran or was
// skipped.
func (o Outcome) Step(name string, key rivers.Key) (Step, bool) {
	for _, s := range o.Steps {
		if s.Asset == name && s.Key == key {
			return s, true
		}
	}
	return Step{}, false
}

// Value returns the stored value of an asset, and false when it has none. key
// is empty for an asset without partitions.
func Value[T any](o Outcome, a *rivers.Asset[T], key rivers.Key) (T, bool) {
	o.st.t.Helper()
	var v T
	i := o.st.index(a.Name())
	stored, ok := o.st.values[i][key]
	if !ok || stored.Ref == nil {
		return v, false
	}
	o.st.load(step{i, key}, &v)
	return v, true
}

package plan

import "rivers.io/runtime/event"

// MaxSteps is the most steps that one run may have.
const MaxSteps = 10_000

// Plan is the ordered work of one run. It is immutable after Build and safe for
// concurrent use.
type Plan struct {
	// Hash identifies the definitions and steps; a run is resumed only under
	// the same hash.
	Hash string
	// Steps are upstreams first, ties by declaration, and the steps of one asset
	// by key in definition order; a step's index is its identity inside the
	// plan.
	Steps []Step
	// Gates are points that many steps pass before others may start, so that
	// "every step of an asset" costs one edge per consumer.
	Gates []Gate

	index map[event.Step]int
}

// Step is one unit of work.
type Step struct {
	ID event.Step
	// Asset is the index of the step's asset in the graph.
	Asset int
	// After lists the steps that must succeed before this one starts, ascending
	// and each once.
	After []int32
	// Gates lists the gates that must open before this one starts, ascending
	// and each once.
	Gates []int32
}

// Gate opens once all the steps After succeeded; it is broken as soon as one of
// them ends otherwise. A gate waits for every planned step of one asset.
type Gate struct{ After []int32 }

// Lookup returns the index of a step.
func (p *Plan) Lookup(id event.Step) (int, bool) {
	i, ok := p.index[id]
	return i, ok
}

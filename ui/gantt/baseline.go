package gantt

import (
	"slices"
	"time"

	"rivers.io/runtime/event"
)

// baseline is what an earlier run's steps took, by step and by asset.
type baseline struct {
	steps  map[event.Step]time.Duration
	assets map[string]time.Duration
}

// newBaseline keeps the steps of an earlier run. An asset counts with the median
// of its steps there, of an even number the lower one: a time that a step took.
func newBaseline(steps map[event.Step]time.Duration) baseline {
	all := map[string][]time.Duration{}
	for s, took := range steps {
		all[s.Name] = append(all[s.Name], took)
	}
	b := baseline{steps: steps, assets: make(map[string]time.Duration, len(all))}
	for name, took := range all {
		slices.Sort(took)
		b.assets[name] = took[(len(took)-1)/2]
	}
	return b
}

// of returns what a step is compared with: the same step, else the asset, for a
// run of another partition is compared too; 0 when neither is known (S-141).
func (b baseline) of(s event.Step) time.Duration {
	if took, ok := b.steps[s]; ok {
		return took
	}
	return b.assets[s.Name]
}

package plan

import (
	"slices"
	"strings"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
)

// Recorded lists the steps of a recorded run in plan order without asking that
// the definitions still give its plan: for whoever must end a run that
// FromCreated refuses. Assets that are gone count as partitioned when the
// recorded number of steps says so. It is nil when the steps cannot be told for
// certain.
func Recorded(g *asset.Graph, created *event.RunCreated, now time.Time) []event.Step {
	if len(created.Only) > 0 {
		return exactly(created.Steps, slices.Clone(created.Only))
	}
	if created.Partitions == "" {
		return exactly(created.Steps, cross(created.Assets, nil, func(string) bool { return false }))
	}
	keys := recordedKeys(g, created, now.Add(skew))
	if len(keys) == 0 {
		return nil
	}
	// Every partitioned asset of a run has the same keys, and there is one at
	// least; what is not declared any more was partitioned throughout or not at
	// all, if the number can tell.
	var found []event.Step
	for _, gone := range []bool{false, true} {
		steps := cross(created.Assets, keys, func(name string) bool {
			i, ok := g.Index(name)
			if !ok {
				return gone
			}
			return g.Space(i) != nil
		})
		steps = exactly(created.Steps, steps)
		switch {
		case !slices.ContainsFunc(steps, func(s event.Step) bool { return s.Key != "" }):
		case found != nil && !slices.Equal(found, steps), len(keys) == 1 && countGone(g, created.Assets) > 1:
			return nil
		default:
			found = steps
		}
	}
	return found
}

func countGone(g *asset.Graph, assets []string) int {
	n := 0
	for _, name := range assets {
		if _, ok := g.Index(name); !ok {
			n++
		}
	}
	return n
}

func exactly(n int, steps []event.Step) []event.Step {
	if len(steps) != n {
		return nil
	}
	return steps
}

func cross(assets []string, keys []partition.Key, partitioned func(string) bool) []event.Step {
	var steps []event.Step
	for _, name := range assets {
		if !partitioned(name) {
			steps = append(steps, event.Step{Name: name})
			continue
		}
		for _, key := range keys {
			steps = append(steps, event.Step{Name: name, Key: key})
		}
	}
	return steps
}

// recordedKeys reads the selected keys in the space of any asset of the run that
// is still declared and still has them; a single key needs none.
func recordedKeys(g *asset.Graph, created *event.RunCreated, now time.Time) []partition.Key {
	for _, name := range created.Assets {
		i, ok := g.Index(name)
		if !ok || g.Space(i) == nil {
			continue
		}
		set, err := partition.ParseSelection(created.Partitions, g.Space(i), now)
		if err != nil || set.Count() > uint64(created.Steps) {
			continue
		}
		keys := make([]partition.Key, 0, set.Count())
		for at := range set.Ordinals() {
			key, _ := g.Space(i).Key(at, now)
			keys = append(keys, key)
		}
		return keys
	}
	if !strings.ContainsAny(created.Partitions, `,"`) && !strings.Contains(created.Partitions, "..") {
		return []partition.Key{partition.Key(created.Partitions)}
	}
	return nil
}

package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
)

// Request asks for a plan.
type Request struct {
	Graph *asset.Graph
	// Assets are the indexes of the selected assets, in any order; repeats count
	// once.
	Assets []int
	// Partitions selects keys, as partition.ParseSelection reads them. It is
	// required when a selected asset is partitioned and ignored when none is.
	Partitions string
	// Only, when not empty, keeps nothing but these steps; edges from steps
	// that are left out are dropped.
	Only []event.Step
	// Now is the instant that grids with an open end follow.
	Now time.Time
}

// TooLargeError tells that a run would have more than MaxSteps steps.
type TooLargeError struct {
	// Steps is the number asked for.
	Steps uint64
}

// Error names the number and the limit.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the run would have %d steps; the limit is %d", e.Steps, MaxSteps)
}

// Build returns the plan of a run: one step for each selected asset and key,
// one for an asset without partitions.
//
// It fails when nothing is selected, when a partitioned asset is selected
// without a partition, when a key is not valid for every partitioned asset
// selected (D-115), and with a *TooLargeError when there would be too many
// steps.
func Build(req Request) (*Plan, error) {
	sel, err := resolve(req.Graph, req.Assets, req.Partitions, req.Now)
	if err != nil {
		return nil, err
	}
	b := &builder{selected: *sel, now: req.Now}
	b.layOut()
	if len(req.Only) > 0 {
		if err := b.keepOnly(req.Only); err != nil {
			return nil, err
		}
	}
	b.link()
	b.hash()
	return b.plan, nil
}

// builder makes one plan.
type builder struct {
	selected
	now  time.Time
	plan *Plan
	// first and count locate the steps of each planned asset: those of asset i
	// are Steps[first[i]:first[i]+count[i]].
	first, count map[int]int32
	// gates holds the gate of each asset that has one.
	gates map[int]int32
}

// layOut makes a step for each asset and key, in order.
func (b *builder) layOut() {
	total := int(b.steps)
	b.plan = &Plan{Steps: make([]Step, 0, total), index: make(map[event.Step]int, total)}
	for _, i := range b.assets {
		name := b.graph.At(i).Name
		if b.graph.Space(i) == nil {
			b.plan.Steps = append(b.plan.Steps, Step{ID: event.Step{Name: name}, Asset: i})
			continue
		}
		for _, key := range b.keys {
			b.plan.Steps = append(b.plan.Steps, Step{ID: event.Step{Name: name, Key: key}, Asset: i})
		}
	}
	b.indexSteps()
}

// indexSteps notes where each step is and where the steps of each asset are.
func (b *builder) indexSteps() {
	b.first, b.count = make(map[int]int32, len(b.assets)), make(map[int]int32, len(b.assets))
	for at := range b.plan.Steps {
		step := &b.plan.Steps[at]
		b.plan.index[step.ID] = at
		if b.count[step.Asset]++; b.count[step.Asset] == 1 {
			b.first[step.Asset] = int32(at)
		}
	}
}

// keepOnly drops every step that is not listed; an unknown one is an error.
func (b *builder) keepOnly(only []event.Step) error {
	keep := make(map[event.Step]bool, len(only))
	for _, id := range only {
		if _, ok := b.plan.Lookup(id); !ok {
			return fmt.Errorf("step %s is not part of the run", id)
		}
		keep[id] = true
	}
	b.plan.Steps = slices.DeleteFunc(b.plan.Steps, func(s Step) bool { return !keep[s.ID] })
	clear(b.plan.index)
	b.indexSteps()
	return nil
}

// link adds the edges and gates between steps.
func (b *builder) link() {
	b.gates = make(map[int]int32)
	for at := range b.plan.Steps {
		step := &b.plan.Steps[at]
		for _, e := range b.graph.Upstreams(step.Asset) {
			if b.count[e.Asset] > 0 {
				b.linkInput(step, e)
			}
		}
		step.After = tidy(step.After)
		step.Gates = tidy(step.Gates)
	}
}

// linkInput makes a step wait for what one of its inputs takes from the plan.
func (b *builder) linkInput(step *Step, e asset.Edge) {
	up := b.graph.Space(e.Asset)
	if up == nil {
		step.After = append(step.After, b.first[e.Asset])
		return
	}
	m := b.graph.Mapping(step.Asset, e.Input)
	key := step.ID.Key
	switch m.Kind {
	case partition.All:
		step.Gates = append(step.Gates, b.gate(e.Asset))
		return
	case partition.Offset:
		shifted, err := m.Upstream(b.graph.Space(step.Asset), up, key, b.now)
		if err != nil {
			return // outside of the upstream's range: known when the step runs
		}
		key = shifted
	}
	if at, ok := b.plan.Lookup(event.Step{Name: b.graph.At(e.Asset).Name, Key: key}); ok {
		step.After = append(step.After, int32(at))
	}
}

// gate returns the gate behind all planned steps of an asset.
func (b *builder) gate(i int) int32 {
	if g, ok := b.gates[i]; ok {
		return g
	}
	after := make([]int32, b.count[i])
	for n := range after {
		after[n] = b.first[i] + int32(n)
	}
	b.plan.Gates = append(b.plan.Gates, Gate{After: after})
	b.gates[i] = int32(len(b.plan.Gates) - 1)
	return b.gates[i]
}

// tidy sorts and drops repeats: two inputs may lead to one step.
func tidy(list []int32) []int32 {
	if len(list) < 2 {
		return list
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// hash digests the work of the planned assets and the ids of the steps.
func (b *builder) hash() {
	used := slices.DeleteFunc(slices.Clone(b.assets), func(i int) bool { return b.count[i] == 0 })
	buf := []byte("rivers plan 1\n" + b.graph.WorkHash(used))
	text := func(s string) { buf = append(binary.AppendUvarint(buf, uint64(len(s))), s...) }
	for at := range b.plan.Steps {
		step := &b.plan.Steps[at]
		text(step.ID.Name)
		text(string(step.ID.Key))
	}
	sum := sha256.Sum256(buf)
	b.plan.Hash = hex.EncodeToString(sum[:16])
}

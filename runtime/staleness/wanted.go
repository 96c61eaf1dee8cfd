package staleness

import (
	"context"
	"slices"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// node is what is wanted and known of one asset.
type node struct {
	// keys are judged one by one, in the order in which they were wanted.
	keys   []partition.Key
	status map[partition.Key]asset.Status
	// whole asks for the summary, of which the keys are chosen.
	whole   bool
	chosen  []partition.Key
	stored  partition.Set
	summary Summary
	// versions are of the first stored keys; see many.
	versions *versions
}

// answer is the work on one answer.
type answer struct {
	Judge
	nodes  []*node
	states map[string]store.AssetState
	facts  map[store.AssetKey]store.Materialized
	// starts are when runs began.
	starts map[string]time.Time
	wanted int
	// cut tells that MaxFacts was reached.
	cut bool
}

func (j Judge) newAnswer() *answer {
	j.Limits.Exact = min(j.Limits.Exact, MaxExact)
	j.Limits.Keys = max(j.Limits.Keys, 1)
	return &answer{
		Judge: j, nodes: make([]*node, j.Graph.Len()), states: map[string]store.AssetState{},
		facts: map[store.AssetKey]store.Materialized{}, starts: map[string]time.Time{},
	}
}

func (a *answer) at(i int) *node {
	if a.nodes[i] == nil {
		a.nodes[i] = &node{status: map[partition.Key]asset.Status{}}
	}
	return a.nodes[i]
}

// want asks for one key.
func (a *answer) want(i int, key partition.Key) {
	n := a.at(i)
	if _, known := n.status[key]; known {
		return
	}
	if a.wanted == MaxFacts {
		a.cut = true
		return
	}
	a.wanted++
	n.keys = append(n.keys, key)
	n.status[key] = asset.Status{}
}

// wantWhole asks for the summary of an asset.
func (a *answer) wantWhole(i int) { a.at(i).whole = true }

// gather finds what else is wanted.
func (a *answer) gather(ctx context.Context) error {
	if err := a.readStates(ctx); err != nil {
		return err
	}
	for _, i := range slices.Backward(a.Graph.Order()) {
		if a.nodes[i] == nil {
			continue
		}
		if err := a.choose(ctx, i); err != nil {
			return err
		}
		a.wantUpstreams(i)
	}
	return nil
}

// judgeAll reads what is wanted and judges it, upstreams first.
func (a *answer) judgeAll(ctx context.Context) error {
	if err := a.readFacts(ctx); err != nil {
		return err
	}
	for _, i := range a.Graph.Order() {
		if a.nodes[i] == nil {
			continue
		}
		for _, key := range a.nodes[i].keys {
			status, err := a.judge(ctx, i, key)
			if err != nil {
				return err
			}
			a.nodes[i].status[key] = status
		}
		a.summarize(i)
	}
	return nil
}

// closure lists the assets that are wanted as a whole, and those of which what is
// wanted reads all keys.
func (a *answer) closure() []int {
	reached := make([]bool, a.Graph.Len())
	whole := make([]bool, a.Graph.Len())
	var out []int
	for _, i := range slices.Backward(a.Graph.Order()) {
		if n := a.nodes[i]; n != nil {
			reached[i], whole[i] = true, whole[i] || n.whole
		}
		if !reached[i] {
			continue
		}
		if whole[i] {
			out = append(out, i)
		}
		for _, e := range a.Graph.Upstreams(i) {
			reached[e.Asset] = true
			if a.readsAll(i, e) {
				whole[e.Asset] = true
			}
		}
	}
	return out
}

// readsAll reports whether an edge hands over all keys of a partitioned asset.
func (a *answer) readsAll(i int, e asset.Edge) bool {
	return a.Graph.Space(e.Asset) != nil && a.Graph.Mapping(i, e.Input).Kind == partition.All
}

// readStates reads the newest facts about the assets that are wanted as a whole.
func (a *answer) readStates(ctx context.Context) error {
	whole := a.closure()
	if len(whole) == 0 {
		return nil
	}
	var names []string // none means all
	if 2*len(whole) < a.Graph.Len() {
		names = a.Graph.Names(whole)
	}
	states, err := a.Store.AssetStates(ctx, names)
	if err != nil {
		return err
	}
	for _, s := range states {
		a.states[s.Asset] = s
		if s.Last != nil {
			a.facts[store.AssetKey{Asset: s.Asset, Key: s.Last.Key}] = *s.Last
		}
	}
	return nil
}

// choose picks the keys that stand for a whole asset.
func (a *answer) choose(ctx context.Context, i int) error {
	n := a.nodes[i]
	if !n.whole {
		return nil
	}
	space := a.Graph.Space(i)
	state := a.states[a.Graph.At(i).Name]
	n.summary.Known = state
	if space == nil {
		n.summary.Total, n.summary.Counted = 1, true
		n.chosen = []partition.Key{""}
		a.want(i, "")
		return nil
	}
	var keys []partition.Key
	if a.Limits.Count || a.Limits.Keys > 1 || a.comparesAll(i) {
		sets, err := a.Store.PartitionSets(ctx, a.Graph.At(i).Name, space, a.Now)
		if err != nil {
			return err
		}
		n.stored = sets.Materialized
		n.summary.Total, n.summary.Materialized, n.summary.Counted = space.Count(a.Now), n.stored.Count(), true
	}
	if a.Limits.Keys > 1 {
		keys = a.lastKeys(space, n.stored, a.Limits.Keys)
	}
	if last := state.Last; last != nil {
		_, err := space.Ordinal(last.Key, a.Now)
		if err == nil && !slices.Contains(keys, last.Key) {
			if len(keys) == a.Limits.Keys {
				keys = keys[:len(keys)-1]
			}
			keys = append(keys, last.Key)
		}
	}
	for _, key := range keys {
		a.want(i, key)
	}
	n.chosen = keys
	return nil
}

// comparesAll reports whether a wanted consumer compares the keys of an asset one
// by one.
func (a *answer) comparesAll(i int) bool {
	if a.Limits.Exact == 0 {
		return false
	}
	for _, e := range a.Graph.Downstreams(i) {
		if a.nodes[e.Asset] != nil && a.readsAll(e.Asset, asset.Edge{Asset: i, Input: e.Input}) {
			return true
		}
	}
	return false
}

// lastKeys returns at most limit keys of a set, the last first.
func (a *answer) lastKeys(space partition.Space, set partition.Set, limit int) []partition.Key {
	count := set.Count()
	take := min(uint64(limit), count)
	keys := make([]partition.Key, 0, take)
	for _, o := range slices.Backward(set.Page(count-take, int(take))) {
		if key, ok := space.Key(o, a.Now); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// wantUpstreams asks for what the wanted keys of an asset read.
func (a *answer) wantUpstreams(i int) {
	for _, e := range a.Graph.Upstreams(i) {
		if a.readsAll(i, e) {
			a.wantWhole(e.Asset)
			continue
		}
		mapping := a.Graph.Mapping(i, e.Input)
		for _, key := range a.nodes[i].keys {
			if up, err := mapping.Upstream(a.Graph.Space(i), a.Graph.Space(e.Asset), key, a.Now); err == nil {
				a.want(e.Asset, up)
			}
		}
	}
}

// readFacts reads the newest materializations of the wanted keys.
func (a *answer) readFacts(ctx context.Context) error {
	ask := make([]store.AssetKey, 0, store.MaxKeys)
	read := func() error {
		if len(ask) == 0 {
			return nil
		}
		found, err := a.Store.Latest(ctx, ask)
		if err != nil {
			return err
		}
		for key, m := range found {
			a.facts[key] = m
		}
		ask = ask[:0]
		return nil
	}
	for i, n := range a.nodes {
		if n == nil {
			continue
		}
		name := a.Graph.At(i).Name
		for _, key := range n.keys {
			at := store.AssetKey{Asset: name, Key: key}
			if _, known := a.facts[at]; known || a.knownMissing(name) {
				continue
			}
			if ask = append(ask, at); len(ask) == store.MaxKeys {
				if err := read(); err != nil {
					return err
				}
			}
		}
	}
	return read()
}

// knownMissing reports whether the state of an asset was read and has nothing.
func (a *answer) knownMissing(name string) bool {
	s, read := a.states[name]
	return read && s.Last == nil
}

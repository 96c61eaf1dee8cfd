package staleness_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/staleness"
	"rivers.io/runtime/store"
)

// epoch is the present of the tests: one month of keys exists.
var epoch = time.Date(2001, 2, 1, 0, 0, 0, 0, time.UTC)

// january has 31 keys.
var january = &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-01-31"}

// world is a record in memory: what was materialized last of each key, when, and
// from what. Time passes by a minute with each materialization.
type world struct {
	t      testing.TB
	graph  *asset.Graph
	latest map[store.AssetKey]store.Materialized
	last   map[string]*store.Materialized
	runs   map[string]store.Run
	tick   int
	calls  int
}

func newWorld(t testing.TB, defs ...asset.Definition) *world {
	t.Helper()
	g, err := asset.Resolve(defs)
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, graph: g, latest: map[store.AssetKey]store.Materialized{}, last: map[string]*store.Materialized{}, runs: map[string]store.Run{}}
}

func (w *world) index(name string) int {
	i, ok := w.graph.Index(name)
	if !ok {
		w.t.Fatalf("no asset %s", name)
	}
	return i
}

func (w *world) now() time.Time {
	w.tick++
	return epoch.Add(time.Duration(w.tick) * time.Minute)
}

// begin starts a run.
func (w *world) begin() string {
	id := fmt.Sprintf("run-%d", len(w.runs))
	w.runs[id] = store.Run{ID: id, StartedAt: w.now()}
	return id
}

// read is what a step reads now, as the executor records it.
func (w *world) read(i int, key partition.Key) []event.InputVersion {
	var out []event.InputVersion
	for n, in := range w.graph.At(i).Inputs {
		up := w.index(in.Asset)
		v := event.InputVersion{Asset: in.Asset}
		if w.graph.Mapping(i, n).Kind == partition.All && w.graph.Space(up) != nil {
			var sum asset.Versions
			for _, k := range w.keys(up) {
				if m, ok := w.latest[store.AssetKey{Asset: in.Asset, Key: k}]; ok {
					sum.Add(k, m.Event.DataVersion)
				}
			}
			v.Version, v.Keys = sum.Sum()
		} else if k, err := w.graph.Mapping(i, n).Upstream(w.graph.Space(i), w.graph.Space(up), key, epoch); err == nil {
			v.Key, v.Version = k, w.latest[store.AssetKey{Asset: in.Asset, Key: k}].Event.DataVersion
		}
		out = append(out, v)
	}
	return out
}

func (w *world) keys(i int) []partition.Key {
	space := w.graph.Space(i)
	if space == nil {
		return []partition.Key{""}
	}
	var keys []partition.Key
	for o := range space.Count(epoch) {
		k, _ := space.Key(o, epoch)
		keys = append(keys, k)
	}
	return keys
}

// make materializes a key in a run of its own.
func (w *world) make(name string, key partition.Key) {
	w.record(w.begin(), name, key, w.read(w.index(name), key))
}

// record writes a materialization.
func (w *world) record(run, name string, key partition.Key, read []event.InputVersion) {
	at := w.now()
	m := store.Materialized{Asset: name, Key: key, Run: run, Time: at, Event: event.Materialization{
		DataVersion: fmt.Sprint(name, key, "@", w.tick), CodeVersion: w.graph.At(w.index(name)).CodeVersion, Inputs: read,
	}}
	w.latest[store.AssetKey{Asset: name, Key: key}] = m
	w.last[name] = &m
}

func (w *world) judge(limits staleness.Limits) staleness.Judge {
	return staleness.Judge{Graph: w.graph, Store: w, Now: epoch, Limits: limits}
}

// summary is that of one asset.
func (w *world) summary(name string, limits staleness.Limits) staleness.Summary {
	w.t.Helper()
	got, err := w.judge(limits).Assets(w.t.Context(), []int{w.index(name)})
	if err != nil {
		w.t.Fatal(err)
	}
	return got[0]
}

// key is the status of one key.
func (w *world) key(name string, key partition.Key) asset.Status {
	w.t.Helper()
	got, err := w.judge(staleness.Limits{Keys: 100, Exact: 100}).Keys(w.t.Context(), w.index(name), []partition.Key{key})
	if err != nil {
		w.t.Fatal(err)
	}
	return got[0]
}

func (w *world) Latest(_ context.Context, keys []store.AssetKey) (map[store.AssetKey]store.Materialized, error) {
	w.calls++
	if len(keys) > store.MaxKeys {
		w.t.Errorf("%d keys at once", len(keys))
	}
	out := map[store.AssetKey]store.Materialized{}
	for _, k := range keys {
		if m, ok := w.latest[k]; ok {
			out[k] = m
		}
	}
	return out, nil
}

func (w *world) AssetStates(_ context.Context, names []string) ([]store.AssetState, error) {
	if len(names) == 0 {
		for i := range w.graph.Len() {
			names = append(names, w.graph.At(i).Name)
		}
	}
	out := make([]store.AssetState, len(names))
	for i, name := range names {
		out[i] = store.AssetState{Asset: name, Last: w.last[name]}
	}
	return out, nil
}

func (w *world) PartitionSets(_ context.Context, name string, space partition.Space, now time.Time) (store.PartitionSets, error) {
	var sets store.PartitionSets
	for k := range w.latest {
		if k.Asset == name {
			if o, err := space.Ordinal(k.Key, now); err == nil {
				sets.Materialized.Add(o)
			}
		}
	}
	return sets, nil
}

func (w *world) Run(_ context.Context, id string) (store.Run, error) {
	r, ok := w.runs[id]
	if !ok {
		return r, store.ErrNotFound
	}
	return r, nil
}

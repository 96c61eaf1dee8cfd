package riverstest

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/host"
	"rivers.io/runtime/metadata"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/rivers"
)

// anyKey is the place of a value that stands for every key of an asset. No key
// holds a comma.
const anyKey = partition.Key(",")

// state is the assets of one test and the values they have.
type state struct {
	t       testing.TB
	now     time.Time
	graph   *asset.Graph
	host    *rivers.Host
	handler rivers.Handler
	values  []map[partition.Key]host.Value
}

// step is one asset and key.
type step struct {
	asset int
	key   partition.Key
}

func newState(s *setup, repo *rivers.Repository) *state {
	s.t.Helper()
	graph, err := repo.Graph()
	if err != nil {
		s.t.Fatalf("riverstest: the declarations are not valid:\n%v", err)
	}
	st := &state{
		t: s.t, now: s.now, graph: graph, host: s.host(repo), handler: s.handler,
		values: make([]map[partition.Key]host.Value, graph.Len()),
	}
	for i := range st.values {
		st.values[i] = map[partition.Key]host.Value{}
	}
	for _, seed := range s.seeds {
		st.seed(seed)
	}
	return st
}

// seed stores the value that a test gives.
func (st *state) seed(s seed) {
	st.t.Helper()
	i := st.index(s.asset.Name())
	key := s.key
	if key == anyKey && st.graph.Space(i) == nil {
		key = ""
	}
	if key != anyKey {
		st.checkKey(i, key)
	}
	ref, err := st.handler.HandleOutput(&rivers.OutputContext{
		Context: st.t.Context(), Logger: slog.New(slog.DiscardHandler),
		Asset: s.asset.Name(), Partition: key, Run: "test", Attempt: 1,
		ValueID: newID(), Type: s.typ, Metadata: st.graph.At(i).Metadata,
	}, s.value)
	if err != nil {
		st.t.Fatalf("riverstest: store the value of %s: %v", s.asset.Name(), err)
	}
	ref.Handler = st.handler.Name()
	st.values[i][key] = host.Value{Key: key, Ref: &ref, DataVersion: "given"}
}

func (st *state) index(name string) int {
	st.t.Helper()
	i, ok := st.graph.Index(name)
	if !ok {
		st.t.Fatalf("riverstest: asset %q has nothing to do with this test", name)
	}
	return i
}

// step names the step of an asset for a key, which must exist.
func (st *state) step(name string, key partition.Key) step {
	st.t.Helper()
	i := st.index(name)
	st.checkKey(i, key)
	return step{i, key}
}

func (st *state) checkKey(i int, key partition.Key) {
	st.t.Helper()
	name, space := st.graph.At(i).Name, st.graph.Space(i)
	switch {
	case space == nil && key != "":
		st.t.Fatalf("riverstest: asset %q has no partitions, but key %q was given", name, key)
	case space != nil && key == "":
		st.t.Fatalf("riverstest: asset %q has partitions; give a key", name)
	case space != nil:
		if _, err := space.Ordinal(key, st.now); err != nil {
			st.t.Fatalf("riverstest: asset %q: %v", name, err)
		}
	}
}

// execute runs one step and keeps its value.
func (st *state) execute(at step, attempt int, config json.RawMessage) Result {
	st.t.Helper()
	name := st.graph.At(at.asset).Name
	env := &env{state: st, at: at, stderr: syncBuffer{tee: st.t.Output()}}
	done, err := st.host.Execute(st.t.Context(), host.Request{
		Run: "test", Step: name, Key: at.key, Attempt: attempt, Config: config, Now: st.now,
	}, env)
	if err != nil {
		st.t.Fatalf("riverstest: %v", err)
	}
	result := env.result()
	result.Failure = done.Failure
	for _, out := range done.Outputs {
		st.values[at.asset][at.key] = host.Value{Key: at.key, Ref: out.Value, DataVersion: out.DataVersion}
		result.DataVersion = out.DataVersion
		result.Metadata, err = decode(out.Metadata)
		if err != nil {
			st.t.Fatalf("riverstest: asset %q: %v", name, err)
		}
	}
	return result
}

func decode(stored map[string]json.RawMessage) (map[string]metadata.Value, error) {
	values := make(map[string]metadata.Value, len(stored))
	var errs []error
	for key, raw := range stored {
		v, err := metadata.Decode(raw)
		if err != nil {
			errs = append(errs, fmt.Errorf("metadata %q: %w", key, err))
		}
		values[key] = v
	}
	return values, errors.Join(errs...)
}

// load reads back the value of a step; one that stored none leaves target.
func (st *state) load(at step, target any) {
	st.t.Helper()
	value := st.values[at.asset][at.key]
	if value.Ref == nil {
		return
	}
	if err := st.host.Load(st.t.Context(), st.graph.At(at.asset).Name, value, target); err != nil {
		st.t.Fatalf("riverstest: %v", err)
	}
}

// lookup returns the value of an asset for a key, or one given for every key.
func (st *state) lookup(i int, key partition.Key) (host.Value, bool) {
	if v, ok := st.values[i][key]; ok {
		return v, true
	}
	v, ok := st.values[i][anyKey]
	v.Key = key
	return v, ok
}

// stored returns the ordinals of an asset that have a value.
func (st *state) stored(i int) partition.Set {
	space := st.graph.Space(i)
	if space == nil {
		if len(st.values[i]) > 0 {
			return partition.SetOf(0)
		}
		return partition.Set{}
	}
	if _, every := st.values[i][anyKey]; every {
		return partition.Full(space, st.now)
	}
	var set partition.Set
	for key := range st.values[i] {
		if n, err := space.Ordinal(key, st.now); err == nil {
			set.Add(n)
		}
	}
	return set
}

// wanted returns the ordinals of the upstream that an input asks for.
func (st *state) wanted(at step, input int) (up int, set partition.Set) {
	edge := st.graph.Upstreams(at.asset)[input]
	down, space := st.graph.Space(at.asset), st.graph.Space(edge.Asset)
	own := partition.SetOf(0)
	if down != nil {
		n, err := down.Ordinal(at.key, st.now)
		if err != nil {
			return edge.Asset, partition.Set{}
		}
		own = partition.SetOf(n)
	}
	return edge.Asset, st.graph.Mapping(at.asset, input).UpstreamSet(down, space, own, st.now)
}

// keyOf returns the key with an ordinal.
func (st *state) keyOf(i int, ordinal uint64) partition.Key {
	space := st.graph.Space(i)
	if space == nil {
		return ""
	}
	key, _ := space.Key(ordinal, st.now)
	return key
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

package executor

import (
	"context"
	"iter"
	"sync"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/host"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/run"
	"rivers.io/runtime/store"
)

// latestBatch is how many keys one look-up of newest materializations asks for.
const latestBatch = 500

// input is what was chosen for one declared input of an attempt.
type input struct {
	decl    asset.Input
	up      *asset.Definition
	upSpace partition.Space
	many    bool
	// key and value belong to inputs of one key; err is an offset that leaves
	// the upstream's range.
	key   partition.Key
	value *event.Materialization
	err   error
	// stored are the keys with a value, of inputs of many keys.
	stored partition.Set
	// version combines the versions handed over of many keys, of which there
	// are keys; of a lineage edge keys counts what it was ordered after.
	mu      sync.Mutex
	version string
	keys    uint64
}

// chooseInputs maps the keys of an attempt's inputs and takes what the run itself
// (or the run that it retries) made. It runs in the runner's goroutine, which owns
// the index; the rest is looked up by the attempt.
func (r *runner) chooseInputs(a *attempt) []input {
	g := r.m.cfg.Graph
	step := r.plan.Steps[a.step]
	def := g.At(step.Asset)
	if len(def.Inputs) == 0 {
		return nil
	}
	inputs := make([]input, len(def.Inputs))
	for i := range def.Inputs {
		in := &inputs[i]
		in.decl = def.Inputs[i]
		up, _ := g.Index(in.decl.Asset)
		in.up, in.upSpace = g.At(up), g.Space(up)
		mapping := g.Mapping(step.Asset, i)
		in.many = mapping.Kind == partition.All && in.upSpace != nil
		if in.many {
			continue
		}
		if mapping.Kind != partition.All {
			in.key, in.err = mapping.Upstream(g.Space(step.Asset), in.upSpace, step.ID.Key, a.now)
		}
		if in.err == nil {
			in.value = r.values.lookup(event.Step{Name: in.decl.Asset, Key: in.key})
		}
	}
	return inputs
}

// prepare completes the choice from the store, as of the start of the run.
func (e *env) prepare(ctx context.Context) *run.Failure {
	var ask []store.AssetKey
	for i := range e.inputs {
		in := &e.inputs[i]
		switch {
		case in.err != nil && in.decl.Kind == asset.Lineage && !in.decl.Optional:
			return &run.Failure{Reason: event.ReasonError, Error: in.err.Error()}
		case in.err != nil || in.value != nil:
		case in.many:
			if err := e.prepareMany(ctx, in); err != nil {
				return failureOf(err)
			}
		default:
			ask = append(ask, store.AssetKey{Asset: in.decl.Asset, Key: in.key})
		}
	}
	if len(ask) == 0 {
		return nil
	}
	return e.lookUp(ctx, ask)
}

func (e *env) prepareMany(ctx context.Context, in *input) error {
	sets, err := retry(ctx, e.r, func() (store.PartitionSets, error) {
		return e.r.m.cfg.Location.PartitionSets(ctx, in.decl.Asset, in.upSpace, e.now)
	})
	if err != nil {
		return err
	}
	in.stored = sets.Materialized
	if err := e.heldSet(ctx, in); err != nil {
		return err
	}
	if in.decl.Kind == asset.Lineage {
		in.keys = in.stored.Count()
	}
	return nil
}

func (e *env) lookUp(ctx context.Context, ask []store.AssetKey) *run.Failure {
	found, err := e.held(ctx, ask)
	if err != nil {
		return failureOf(err)
	}
	for i := range e.inputs {
		in := &e.inputs[i]
		if in.many || in.value != nil || in.err != nil {
			continue
		}
		if m, ok := found[store.AssetKey{Asset: in.decl.Asset, Key: in.key}]; ok {
			in.value = &m.Event
		}
	}
	return nil
}

// latest asks for newest materializations, and again while the store does not
// answer: an outage holds a step up and does not fail it.
func (e *env) latest(ctx context.Context, keys []store.AssetKey) (map[store.AssetKey]store.Materialized, error) {
	return retry(ctx, e.r, func() (map[store.AssetKey]store.Materialized, error) {
		return e.r.m.cfg.Location.Latest(ctx, keys)
	})
}

// Values implements host.Env.
func (e *env) Values(ctx context.Context, i int) iter.Seq2[host.Value, error] {
	in := &e.inputs[i]
	if in.many {
		return e.manyValues(ctx, in)
	}
	return func(yield func(host.Value, error) bool) {
		switch {
		case in.err != nil && !in.decl.Optional:
			yield(host.Value{}, in.err)
		case in.value != nil:
			yield(hostValue(in, in.key, in.value), nil)
		}
	}
}

func (e *env) manyValues(ctx context.Context, in *input) iter.Seq2[host.Value, error] {
	return func(yield func(host.Value, error) bool) {
		var read asset.Versions
		n := uint64(0)
		defer func() { in.noteRead(&read, n) }()
		for offset := uint64(0); ; offset += latestBatch {
			ordinals := in.stored.Page(offset, latestBatch)
			ask := make([]store.AssetKey, 0, len(ordinals))
			for _, o := range ordinals {
				if key, ok := in.upSpace.Key(o, e.now); ok {
					ask = append(ask, store.AssetKey{Asset: in.decl.Asset, Key: key})
				}
			}
			if len(ask) == 0 {
				return
			}
			found, err := e.held(ctx, ask)
			if err != nil {
				yield(host.Value{}, err)
				return
			}
			for _, k := range ask {
				m, ok := found[k]
				if !ok {
					continue
				}
				read.Add(k.Key, m.Event.DataVersion)
				n++
				if !yield(hostValue(in, k.Key, &m.Event), nil) {
					return
				}
			}
		}
	}
}

// noteRead keeps the versions of the iteration that read most: what a function
// looked at twice it read once.
func (in *input) noteRead(read *asset.Versions, n uint64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if n > in.keys {
		in.version, in.keys = read.Sum()
	}
}

func hostValue(in *input, key partition.Key, m *event.Materialization) host.Value {
	v := host.Value{Key: key, DataVersion: m.DataVersion, Metadata: in.up.Metadata}
	if m.Value != nil {
		v.Ref = &host.Ref{Handler: m.Value.Handler, Path: m.Value.Path, Format: m.Value.Format, Bytes: m.Value.Bytes}
	}
	return v
}

// Missing implements host.Env.
func (e *env) Missing(_ context.Context, i, limit int) ([]partition.Key, uint64, error) {
	in := &e.inputs[i]
	if !in.many {
		if wanted := in.err == nil; wanted && in.value == nil {
			return []partition.Key{in.key}[:min(limit, 1)], 1, nil
		}
		return nil, 0, nil
	}
	missing := partition.Full(in.upSpace, e.now).AndNot(in.stored)
	var first []partition.Key
	for _, o := range missing.Page(0, limit) {
		if key, ok := in.upSpace.Key(o, e.now); ok {
			first = append(first, key)
		}
	}
	return first, missing.Count(), nil
}

// versions returns what the attempt read, or was ordered after (D-63).
func (e *env) versions() []event.InputVersion {
	if len(e.inputs) == 0 {
		return nil
	}
	out := make([]event.InputVersion, 0, len(e.inputs))
	for i := range e.inputs {
		in := &e.inputs[i]
		in.mu.Lock()
		v := event.InputVersion{Asset: in.decl.Asset, Key: in.key, Keys: in.keys, Version: in.version}
		in.mu.Unlock()
		if in.value != nil {
			v.Version = in.value.DataVersion
		}
		out = append(out, v)
	}
	return out
}

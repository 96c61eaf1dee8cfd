package staleness

import (
	"context"
	"errors"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// many is an input of all keys as it stands now. The rule, from the cheapest test
// on: a key that was made after the consumer is a change; so is, of an input that
// is only ordered after, another number of keys; and one that was made between
// the reading and the recording shows in the versions.
func (a *answer) many(ctx context.Context, i int, e asset.Edge, made *store.Materialized) (asset.Dependency, error) {
	in := &a.Graph.At(i).Inputs[e.Input]
	up := a.nodes[e.Asset]
	dep := asset.Dependency{Asset: in.Asset, Optional: in.Optional, State: up.summary.State}
	newest := up.summary.Known.Last
	if newest == nil {
		dep.State = asset.Missing
		return dep, nil
	}
	dep.At = newest.Time
	read, found := readAll(made.Event.Inputs, in.Asset)
	if !found {
		dep.Version, dep.Comparable = newest.Event.DataVersion, true // of which none was consumed
		return dep, nil
	}
	dep.Consumed = read.Version
	if newest.Time.After(made.Time) {
		dep.Newer = true
		return dep, nil
	}
	var err error
	dep.Newer, err = a.changed(ctx, e.Asset, in.Kind, read, made)
	return dep, err
}

// readAll finds what was recorded of an input of all keys.
func readAll(inputs []event.InputVersion, name string) (event.InputVersion, bool) {
	for _, read := range inputs {
		if read.Asset == name && read.Key == "" {
			return read, true
		}
	}
	return event.InputVersion{}, false
}

// changed reports whether a key of an upstream was made while its consumer was.
func (a *answer) changed(ctx context.Context, up int, kind asset.InputKind, read event.InputVersion, made *store.Materialized) (bool, error) {
	n := a.nodes[up]
	if n.stored.Count() > uint64(a.Limits.Exact) || !n.summary.Counted {
		return false, nil
	}
	if n.versions == nil {
		v, err := a.readVersions(ctx, up)
		if err != nil {
			return false, err
		}
		n.versions = v
	}
	if kind == asset.Data && n.versions.sum(read.Keys) != read.Version {
		return true, nil
	}
	// What lies behind the keys that were read may not have been looked at by a
	// function that stopped early, or not have been there.
	behind := n.versions.rows[min(read.Keys, uint64(len(n.versions.rows))):]
	if kind == asset.Lineage {
		behind = n.versions.rows
	}
	if len(behind) == 0 {
		return false, nil
	}
	start, err := a.startOf(ctx, made.Run)
	if err != nil || start.IsZero() {
		return false, err
	}
	for _, r := range behind {
		if r.Run != made.Run && r.Time.After(start) {
			return true, nil
		}
	}
	return false, nil
}

// versions are the stored keys of an asset in definition order.
type versions struct {
	rows []store.Materialized
	sums map[uint64]string
}

// sum combines the versions of the first n keys, as the reader of them did.
func (v *versions) sum(n uint64) string {
	if sum, ok := v.sums[n]; ok {
		return sum
	}
	var all asset.Versions
	for _, r := range v.rows[:min(n, uint64(len(v.rows)))] {
		all.Add(r.Key, r.Event.DataVersion)
	}
	v.sums[n], _ = all.Sum()
	return v.sums[n]
}

// readVersions reads the versions of all stored keys of an asset.
func (a *answer) readVersions(ctx context.Context, i int) (*versions, error) {
	n, space, name := a.nodes[i], a.Graph.Space(i), a.Graph.At(i).Name
	v := &versions{sums: map[uint64]string{}}
	for from := uint64(0); from < n.stored.Count(); from += store.MaxKeys {
		ask := make([]store.AssetKey, 0, store.MaxKeys)
		for _, o := range n.stored.Page(from, store.MaxKeys) {
			if key, ok := space.Key(o, a.Now); ok {
				ask = append(ask, store.AssetKey{Asset: name, Key: key})
			}
		}
		found, err := a.Store.Latest(ctx, ask)
		if err != nil {
			return nil, err
		}
		for _, key := range ask {
			if m, ok := found[key]; ok {
				v.rows = append(v.rows, m)
			}
		}
	}
	return v, nil
}

// startOf is when a run began; zero when it is no longer on record.
func (a *answer) startOf(ctx context.Context, run string) (time.Time, error) {
	if at, known := a.starts[run]; known {
		return at, nil
	}
	r, err := a.Store.Run(ctx, run)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return time.Time{}, err
	}
	a.starts[run] = r.StartedAt
	return r.StartedAt, nil
}

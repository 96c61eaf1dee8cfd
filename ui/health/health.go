// Package health says how an asset is doing and why: missing, failed, stale with
// every cause, or materialized (D-65 to D-70).
//
// It judges the newest materialization of each asset, which for a partitioned
// one is that of the key materialized last; questions about all keys are
// answered by sets. The package is pure and must never read a store: the caller
// fetches what Needs names.
package health

import (
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// State is what an asset is, in the words of the pages.
type State string

// The states of an asset.
const (
	Materialized State = "materialized"
	Stale        State = "stale"
	Failed       State = "failed"
	Missing      State = "missing"
)

// CauseKind classifies a cause.
type CauseKind string

// The kinds of causes.
const (
	// Code: the declared code version is not the one that produced the value.
	Code CauseKind = "code"
	// Data: an upstream changed, is stale itself or is missing.
	Data CauseKind = "data"
)

// Cause is one reason for being stale.
type Cause struct {
	Kind CauseKind
	// Upstream is the asset that changed; empty for Code.
	Upstream string
	Key      partition.Key
	// Text completes "because": "`orders` changed".
	Text string
	// At is when the upstream changed; zero when that is not the reason.
	At time.Time
}

// Verdict is what is known about one asset.
type Verdict struct {
	State  State
	Causes []Cause
	// Last is the newest materialization; nil when Missing.
	Last *store.Materialized
	// FailedAt, FailedRun and FailedKey are the newest failure, whatever the
	// state.
	FailedAt  time.Time
	FailedRun string
	FailedKey partition.Key
	// ObservedAt is the newest observation's time.
	ObservedAt time.Time
}

// Needs lists the keys whose newest materialization Judge compares with, each
// once: those that the newest materializations read and that are not themselves
// the newest of their asset.
func Needs(states []store.AssetState) []store.AssetKey {
	last := make(map[string]*store.Materialized, len(states))
	for _, s := range states {
		last[s.Asset] = s.Last
	}
	seen := map[store.AssetKey]bool{}
	var out []store.AssetKey
	for _, s := range states {
		if s.Last == nil {
			continue
		}
		for _, in := range s.Last.Event.Inputs {
			key := store.AssetKey{Asset: in.Asset, Key: in.Key}
			up := last[in.Asset]
			if in.Keys > 1 || seen[key] || (up != nil && up.Key == in.Key) {
				continue
			}
			seen[key] = true
			out = append(out, key)
		}
	}
	return out
}

// judge holds the arguments of Judge while it walks the graph.
type judge struct {
	defs   map[string]asset.Definition
	states map[string]store.AssetState
	latest map[store.AssetKey]store.Materialized
	done   map[string]Verdict
	open   map[string]bool
}

// Judge returns the verdict of every definition. latest answers Needs.
func Judge(defs []asset.Definition, states []store.AssetState, latest map[store.AssetKey]store.Materialized) map[string]Verdict {
	j := judge{
		defs:   make(map[string]asset.Definition, len(defs)),
		states: make(map[string]store.AssetState, len(states)),
		latest: latest,
		done:   make(map[string]Verdict, len(defs)),
		open:   map[string]bool{},
	}
	for _, d := range defs {
		j.defs[d.Name] = d
	}
	for _, s := range states {
		j.states[s.Asset] = s
	}
	for _, d := range defs {
		j.of(d.Name)
	}
	return j.done
}

// of judges an asset after its upstreams.
func (j *judge) of(name string) Verdict {
	if v, ok := j.done[name]; ok {
		return v
	}
	if j.open[name] { // an asset that reads its own past
		return Verdict{State: Materialized}
	}
	j.open[name] = true
	defer delete(j.open, name)
	s := j.states[name]
	v := Verdict{Last: s.Last, FailedAt: s.FailedAt, FailedRun: s.FailedRun, FailedKey: s.FailedKey, ObservedAt: s.ObservedAt}
	switch {
	case s.Last == nil:
		v.State = Missing
	default:
		v.Causes = j.causes(name, s.Last)
		v.State = Materialized
		if len(v.Causes) > 0 {
			v.State = Stale
		}
	}
	if !s.FailedAt.IsZero() && (s.Last == nil || s.FailedAt.After(s.Last.Time)) {
		v.State = Failed
	}
	j.done[name] = v
	return v
}

// causes lists why a materialization is not what would be computed now.
func (j *judge) causes(name string, last *store.Materialized) []Cause {
	var out []Cause
	def := j.defs[name]
	if def.CodeVersion != "" && def.CodeVersion != last.Event.CodeVersion {
		text := "its code version changed to " + def.CodeVersion
		if last.Event.CodeVersion != "" {
			text = "its code version changed from " + last.Event.CodeVersion + " to " + def.CodeVersion
		}
		out = append(out, Cause{Kind: Code, Text: text})
	}
	named := map[string]bool{}
	for _, in := range last.Event.Inputs {
		if named[in.Asset] || in.Asset == name {
			continue
		}
		if c, ok := j.changed(in.Asset, in.Key, in.Version, in.Keys, last.Time); ok {
			named[in.Asset] = true
			out = append(out, c)
		}
	}
	for _, in := range def.Inputs {
		if named[in.Asset] || in.Asset == name || j.defs[in.Asset].Name == "" {
			continue
		}
		named[in.Asset] = true
		switch up := j.of(in.Asset); {
		case up.State == Missing && !in.Optional:
			out = append(out, Cause{Kind: Data, Upstream: in.Asset, Text: "is missing"})
		case up.State == Stale:
			out = append(out, Cause{Kind: Data, Upstream: in.Asset, Text: "is stale itself"})
		}
	}
	return out
}

// changed compares what was read of an upstream with what it holds now.
func (j *judge) changed(up string, key partition.Key, read string, keys uint64, at time.Time) (Cause, bool) {
	now := j.states[up].Last
	if keys <= 1 && (now == nil || now.Key != key) {
		m, ok := j.latest[store.AssetKey{Asset: up, Key: key}]
		if !ok {
			return Cause{}, false
		}
		now = &m
	}
	if now == nil {
		return Cause{}, false
	}
	c := Cause{Kind: Data, Upstream: up, Key: key, Text: "changed", At: now.Time}
	if keys > 1 {
		return c, now.Time.After(at)
	}
	return c, now.Event.DataVersion != read
}

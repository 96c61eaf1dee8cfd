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
	v.State, v.Causes = j.judge(name, s.Last)
	if !s.FailedAt.IsZero() && (s.Last == nil || s.FailedAt.After(s.Last.Time)) {
		v.State = Failed
	}
	j.done[name] = v
	return v
}

// judge asks the rule of staleness about the newest materialization.
func (j *judge) judge(name string, last *store.Materialized) (State, []Cause) {
	if last == nil {
		return Missing, nil
	}
	fact := asset.Fact{
		Key: last.Key, DataVersion: last.Event.DataVersion, CodeVersion: last.Event.CodeVersion, Inputs: last.Event.Inputs,
	}
	def := j.defs[name]
	status := asset.Judge(def.CodeVersion, fact, j.dependencies(def, last))
	if status.State != asset.Stale {
		return Materialized, nil
	}
	return Stale, j.word(status.Causes, def.CodeVersion, last)
}

// dependencies are the inputs that were read, as they stand now, and the declared
// ones of which nothing was.
func (j *judge) dependencies(def asset.Definition, last *store.Materialized) []asset.Dependency {
	optional := map[string]bool{}
	for _, in := range def.Inputs {
		optional[in.Asset] = in.Optional
	}
	var deps []asset.Dependency
	read := map[string]bool{def.Name: true}
	for _, in := range last.Event.Inputs {
		if _, declared := optional[in.Asset]; !declared || in.Asset == def.Name {
			continue
		}
		read[in.Asset] = true
		dep := asset.Dependency{
			Asset: in.Asset, Key: in.Key, Optional: optional[in.Asset], State: j.stateOf(in.Asset), Consumed: in.Version,
		}
		switch now := j.now(in.Asset, in.Key); {
		case now == nil:
		case in.Key == "" && j.defs[in.Asset].Partitions != nil:
			dep.Newer = now.Time.After(last.Time)
		default:
			dep.Version, dep.Comparable = now.Event.DataVersion, true
		}
		deps = append(deps, dep)
	}
	for _, in := range def.Inputs {
		if !read[in.Asset] && j.defs[in.Asset].Name != "" {
			read[in.Asset] = true
			deps = append(deps, asset.Dependency{Asset: in.Asset, Optional: in.Optional, State: j.stateOf(in.Asset)})
		}
	}
	return deps
}

// stateOf is the state of an upstream, in the words of the rule. One that failed
// is judged by what it still holds.
func (j *judge) stateOf(name string) asset.State {
	switch v := j.of(name); {
	case v.Last == nil && v.State != Materialized:
		return asset.Missing
	case len(v.Causes) > 0:
		return asset.Stale
	}
	return asset.UpToDate
}

// now is the newest materialization of a key; of a whole partitioned asset that of
// any key.
func (j *judge) now(name string, key partition.Key) *store.Materialized {
	now := j.states[name].Last
	if key == "" || (now != nil && now.Key == key) {
		return now
	}
	if m, ok := j.latest[store.AssetKey{Asset: name, Key: key}]; ok {
		return &m
	}
	return nil
}

// word says the causes for people, one an upstream.
func (j *judge) word(causes []asset.Cause, code string, last *store.Materialized) []Cause {
	var out []Cause
	said := map[string]bool{}
	for _, c := range causes {
		if c.Upstream != "" && said[c.Upstream] {
			continue
		}
		said[c.Upstream] = true
		w := Cause{Kind: Data, Upstream: c.Upstream, Key: c.Key}
		switch c.Why {
		case asset.WhyCode:
			w.Kind, w.Text = Code, "its code version changed to "+code
			if last.Event.CodeVersion != "" {
				w.Text = "its code version changed from " + last.Event.CodeVersion + " to " + code
			}
		case asset.WhyMissing:
			w.Text = "is missing"
		case asset.WhyStale:
			w.Text = "is stale itself"
		case asset.WhyUnread, asset.WhyChanged:
			w.Text = "changed"
			if now := j.now(c.Upstream, c.Key); now != nil {
				w.At = now.Time
			}
		}
		out = append(out, w)
	}
	return out
}

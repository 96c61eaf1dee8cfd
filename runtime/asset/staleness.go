package asset

import (
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
)

// State tells how an asset, or one key of it, relates to what it is made from.
type State string

// The states (D-66, D-67, D-69).
const (
	Missing  State = "missing"
	Stale    State = "stale"
	UpToDate State = "up-to-date"
)

// Category names the origin of staleness.
type Category string

// The categories (D-67, D-68).
const (
	// CauseCode means that the code changed since.
	CauseCode Category = "code"
	// CauseData means that an upstream changed since, or is itself not up to
	// date.
	CauseData Category = "data"
)

// Why names what a cause is about, for those who word it themselves.
type Why string

// What causes are about.
const (
	// WhyCode: the declared code version is another.
	WhyCode Why = "code"
	// WhyMissing: the upstream has nothing.
	WhyMissing Why = "missing"
	// WhyChanged: the upstream holds another version than was read.
	WhyChanged Why = "changed"
	// WhyUnread: the upstream has a version and none was read.
	WhyUnread Why = "unread"
	// WhyStale: the upstream is stale itself.
	WhyStale Why = "stale"
)

// Cause is one reason for staleness.
type Cause struct {
	Category Category
	Why      Why
	// Upstream is the upstream asset of a data cause, and Key its key.
	Upstream string
	Key      partition.Key
	// Text tells the cause in words.
	Text string
}

// Status is a state with every cause of it; only Stale has causes.
type Status struct {
	State  State
	Causes []Cause
}

// Fact is what was last recorded about an asset, or about one key of it. The
// zero Fact means that nothing was.
type Fact struct {
	// Key is the key that the newest materialization is about.
	Key partition.Key
	// DataVersion is the newest data version; empty means missing.
	DataVersion string
	// CodeVersion is the code version of the newest materialization.
	CodeVersion string
	// Inputs are the versions that it was made from.
	Inputs []event.InputVersion
}

// Dependency is one input as it stands now, for Judge.
type Dependency struct {
	Asset string
	// Key is the upstream's key; empty for an upstream without partitions and
	// for an input of many keys.
	Key partition.Key
	// Optional tells that the input may find nothing, so that a missing
	// upstream is no cause.
	Optional bool
	// State is the upstream's own state.
	State State
	// Version is the upstream's current version; empty means unknown or none.
	Version string
	// Consumed is the version that was read; empty means none.
	Consumed string
	// Comparable tells that Version and Consumed speak of the same keys.
	Comparable bool
	// Newer tells, of an input of many keys whose versions nobody combined anew,
	// that one of them was made after it was read.
	Newer bool
}

// Judge applies D-66 to D-70 to one asset or one key of it: codeVersion is the
// declared one, fact what was recorded last, deps the inputs as they stand now.
func Judge(codeVersion string, fact Fact, deps []Dependency) Status {
	if fact.DataVersion == "" {
		return Status{State: Missing}
	}
	var causes []Cause
	if codeVersion != "" && codeVersion != fact.CodeVersion {
		text := fmt.Sprintf("the code version is %s; it was made by %s", codeVersion, fact.CodeVersion)
		if fact.CodeVersion == "" {
			text = fmt.Sprintf("the code version is %s; it was made without one", codeVersion)
		}
		causes = append(causes, Cause{Category: CauseCode, Why: WhyCode, Text: text})
	}
	for _, dep := range deps {
		if why, text := dep.cause(); why != "" {
			causes = append(causes, Cause{Category: CauseData, Why: why, Upstream: dep.Asset, Key: dep.Key, Text: text})
		}
	}
	if len(causes) > 0 {
		return Status{State: Stale, Causes: causes}
	}
	return Status{State: UpToDate}
}

// cause says why the dependency makes its consumer stale, or nothing. That it
// changed says more than that it is stale, and comes first.
func (d Dependency) cause() (Why, string) {
	name := event.Step{Name: d.Asset, Key: d.Key}.String()
	switch {
	case d.State == Missing && d.Optional && d.Consumed == "":
		return "", ""
	case d.State == Missing:
		return WhyMissing, name + " is missing"
	case d.Newer:
		return WhyChanged, name + " was materialized since"
	case d.Comparable && d.Version != d.Consumed && d.Consumed == "":
		return WhyUnread, name + " was materialized since; none of it was consumed"
	case d.Comparable && d.Version != d.Consumed:
		return WhyChanged, fmt.Sprintf("%s is at version %s; version %s was consumed", name, d.Version, d.Consumed)
	case d.State == Stale:
		return WhyStale, name + " is stale"
	}
	return "", ""
}

// Staleness judges every asset, upstreams first, from the last fact about each,
// in declaration order. A partitioned asset is judged by the newest fact over
// all its keys; versions are compared only where both sides speak of the same
// key, so the answer never calls an asset stale for another key's sake. Judging
// each key by itself is Judge with the key's own fact and dependencies.
func (g *Graph) Staleness(facts []Fact) []Status {
	states := make([]Status, len(g.defs))
	for _, i := range g.order {
		var fact Fact
		if i < len(facts) {
			fact = facts[i]
		}
		var deps []Dependency
		for _, e := range g.up.of(i) {
			in := &g.defs[i].Inputs[e.Input]
			dep := Dependency{Asset: in.Asset, Optional: in.Optional, State: states[e.Asset].State}
			if e.Asset < len(facts) {
				dep.compare(facts[e.Asset], fact.Inputs, g.spaces[e.Asset] != nil)
			}
			deps = append(deps, dep)
		}
		states[i] = Judge(g.defs[i].CodeVersion, fact, deps)
	}
	return states
}

// compare looks for the consumed version that speaks of what upstream last
// recorded.
func (d *Dependency) compare(upstream Fact, consumed []event.InputVersion, partitioned bool) {
	d.Version = upstream.DataVersion
	d.Comparable = !partitioned
	for _, in := range consumed {
		if in.Asset != d.Asset {
			continue
		}
		if !partitioned || (in.Key != "" && in.Key == upstream.Key) {
			d.Key, d.Consumed, d.Comparable = in.Key, in.Version, true
			return
		}
		d.Consumed = in.Version // of other keys: consumed, but not comparable
	}
}

package asset

import (
	"fmt"
	"time"

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
	// Was and Is are what was recorded and what holds now: code versions of a
	// code cause, data versions of a data cause. Either may be empty.
	Was, Is string
	// At is when the upstream's newest value was recorded; zero when that is not
	// the reason.
	At time.Time
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
	// At is when Version was recorded; of an input of many keys, when the newest
	// of them was. Zero means unknown.
	At time.Time
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
		causes = append(causes, Cause{Category: CauseCode, Why: WhyCode, Was: fact.CodeVersion, Is: codeVersion, Text: text})
	}
	for _, dep := range deps {
		why, text := dep.cause()
		if why == "" {
			continue
		}
		cause := Cause{Category: CauseData, Why: why, Upstream: dep.Asset, Key: dep.Key, Text: text}
		if why == WhyChanged || why == WhyUnread {
			cause.Was, cause.Is, cause.At = dep.Consumed, dep.Version, dep.At
		}
		causes = append(causes, cause)
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

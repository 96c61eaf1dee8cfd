// Package health says in words how an asset is doing and why: missing, failed,
// stale with every cause, or materialized (D-65 to D-70).
//
// What is stale is judged by package staleness; here a failure comes on top and
// causes are put into words for people. The package is pure and must never read a
// store or judge by itself.
package health

import (
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/staleness"
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

// Of is the verdict on an asset of which a summary was made. A newest attempt that
// failed outweighs what is known of the values.
func Of(s staleness.Summary) Verdict {
	known := s.Known
	v := Verdict{
		State: Materialized, Last: known.Last,
		FailedAt: known.FailedAt, FailedRun: known.FailedRun, FailedKey: known.FailedKey, ObservedAt: known.ObservedAt,
	}
	causes := make([]asset.Cause, len(s.Reasons))
	for i, r := range s.Reasons {
		causes[i] = r.Cause
	}
	v.Causes = Words(causes)
	switch {
	case s.State == asset.Stale:
		v.State = Stale
	case s.State == asset.Missing && known.Last == nil:
		v.State = Missing
	}
	if !known.FailedAt.IsZero() && (known.Last == nil || known.FailedAt.After(known.Last.Time)) {
		v.State = Failed
	}
	return v
}

// Words says causes for people, one an upstream.
func Words(causes []asset.Cause) []Cause {
	var out []Cause
	said := map[string]bool{}
	for _, c := range causes {
		if said[c.Upstream] {
			continue
		}
		said[c.Upstream] = true
		w := Cause{Kind: Data, Upstream: c.Upstream, Key: c.Key, At: c.At}
		switch c.Why {
		case asset.WhyCode:
			w.Kind, w.Text = Code, "its code version changed to "+c.Is
			if c.Was != "" {
				w.Text = "its code version changed from " + c.Was + " to " + c.Is
			}
		case asset.WhyMissing:
			w.Text = "is missing"
		case asset.WhyStale:
			w.Text = "is stale itself"
		case asset.WhyUnread, asset.WhyChanged:
			w.Text = "changed"
		}
		out = append(out, w)
	}
	return out
}

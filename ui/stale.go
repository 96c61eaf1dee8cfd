package ui

import (
	"errors"
	"fmt"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/staleness"
	"rivers.io/ui/format"
	"rivers.io/ui/health"
)

// stale prepares an answer about the staleness of a location's assets. It is
// false when this build cannot make a graph of what another one declared.
func (c *call) stale(cat *catalog, limits staleness.Limits) (staleness.Judge, bool) {
	g, err := cat.graph()
	return staleness.Judge{Graph: g, Store: c.state, Now: c.now, Limits: limits}, err == nil
}

// staleKeys is how many keys of a partitioned asset its page judges: more than a
// year of days, and few enough for a page of an asset with a million keys.
const staleKeys = 400

// keyStaleness is what the page of a partitioned asset says about its keys.
type keyStaleness struct {
	Judged, Stale int
	Materialized  uint64
	// Of groups the causes of the stale keys.
	Of []staleness.Reason
	// Incomplete tells that a limit was reached.
	Incomplete bool
}

// words says how many keys are stale, and of how many that is known; nothing
// when none was judged.
func (k keyStaleness) words() string {
	if k.Judged == 0 {
		return ""
	}
	text := fmt.Sprintf("%s of %s stale", format.Count(k.Stale), format.Plural(k.Judged, "materialized key"))
	if uint64(k.Judged) < k.Materialized {
		text = fmt.Sprintf("%s of the last %s stale; %s in all", format.Count(k.Stale), format.Plural(k.Judged, "materialized key"), format.Count(k.Materialized))
	}
	if k.Incomplete {
		text += "; upstreams beyond a limit were not looked at"
	}
	return text
}

// causes are those of the stale keys, each once.
func (k keyStaleness) causes() []asset.Cause {
	out := make([]asset.Cause, len(k.Of))
	for i, r := range k.Of {
		out[i] = r.Cause
	}
	return out
}

// keyStaleness judges the last keys of a partitioned asset.
func (c *call) keyStaleness(cat *catalog, name string) (keyStaleness, error) {
	var out keyStaleness
	j, ok := c.stale(cat, staleness.Limits{Keys: staleKeys, Exact: staleness.MaxExact, Count: true})
	if !ok {
		return out, nil
	}
	i, _ := j.Graph.Index(name) // the page found it
	s, err := j.Assets(c.ctx, []int{i})
	if err != nil {
		return out, err
	}
	return keyStaleness{Judged: s[0].Judged, Stale: s[0].Stale, Materialized: s[0].Materialized, Of: s[0].Reasons, Incomplete: s[0].Incomplete}, nil
}

// markStale turns rows of materialized keys that are stale into such, with their
// causes.
func (c *call) markStale(cat *catalog, name string, rows []keyRow) error {
	var keys []partition.Key
	var at []int
	for n, r := range rows {
		if r.status.Key == "materialized" {
			keys, at = append(keys, r.Key), append(at, n)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	j, ok := c.stale(cat, staleness.Limits{Keys: keysPerPage, Exact: staleness.MaxExact})
	if !ok {
		return nil
	}
	i, _ := j.Graph.Index(name) // the page found it
	judged, err := j.Keys(c.ctx, i, keys)
	if errors.Is(err, staleness.ErrTooMuch) {
		return nil // the page says less, and the summary tells of the limit
	}
	if err != nil {
		return err
	}
	for n, s := range judged {
		if s.State == asset.Stale {
			causes := health.Words(s.Causes)
			rows[at[n]].status = status{"stale", "stale", causeText(causes)}
			rows[at[n]].causes = causes
		}
	}
	return nil
}

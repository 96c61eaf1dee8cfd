package ui

import (
	"sync"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/staleness"
	"rivers.io/runtime/store"
	"rivers.io/ui/format"
	"rivers.io/ui/health"
)

// activity is what the pages about assets know: every verdict, and the runs that
// work on assets now.
type activity struct {
	verdicts map[string]health.Verdict
	busy     map[string]*store.Run
	active   []store.Run
}

// maxActive bounds the active runs that a page looks into.
const maxActive = 200

// activities keeps the newest activity of each location, for as long as a watch
// says that nothing changed since it was made.
type activities struct {
	mu sync.Mutex
	by map[string]keptActivity
}

// keptActivity is an activity with what it was made from.
type keptActivity struct {
	activity
	cat     *catalog
	version uint64
}

// activity judges every asset of the location.
func (c *call) activity(cat *catalog) (activity, error) {
	version, watched := c.hub.Version(c.state.ID())
	if !watched {
		return c.judge(cat)
	}
	c.activities.mu.Lock()
	defer c.activities.mu.Unlock() // one makes it, the others wait for it
	kept, ok := c.activities.by[c.state.ID()]
	if ok && kept.version == version && kept.cat == cat {
		return kept.activity, nil
	}
	a, err := c.judge(cat)
	if err != nil {
		return a, err
	}
	if c.activities.by == nil {
		c.activities.by = map[string]keptActivity{}
	}
	c.activities.by[c.state.ID()] = keptActivity{a, cat, version}
	return a, nil
}

// judge judges all assets, a partitioned one by the key that was materialized
// last: lists must stay cheap while runs are writing.
func (c *call) judge(cat *catalog) (activity, error) {
	a := activity{verdicts: make(map[string]health.Verdict, len(cat.defs))}
	j, ok := c.stale(cat, staleness.Limits{Keys: 1, Exact: 100})
	if !ok {
		return c.unjudged(cat)
	}
	every := make([]int, j.Graph.Len())
	for i := range every {
		every[i] = i
	}
	summaries, err := j.Assets(c.ctx, every)
	if err != nil {
		return a, err
	}
	for i, s := range summaries {
		a.verdicts[j.Graph.At(i).Name] = health.Of(s)
	}
	return c.addActive(cat, a)
}

// unjudged is the activity of assets whose declarations this build does not
// understand: what was recorded of them still shows.
func (c *call) unjudged(cat *catalog) (activity, error) {
	a := activity{verdicts: make(map[string]health.Verdict, len(cat.defs))}
	states, err := c.state.AssetStates(c.ctx, nil)
	if err != nil {
		return a, err
	}
	for _, known := range states {
		s := staleness.Summary{State: asset.Missing, Known: known}
		if known.Last != nil {
			s.State = asset.UpToDate
		}
		a.verdicts[known.Asset] = health.Of(s)
	}
	return c.addActive(cat, a)
}

// addActive adds the runs that work on assets now.
func (c *call) addActive(cat *catalog, a activity) (activity, error) {
	var err error
	a.active, _, err = c.state.ListRuns(c.ctx, store.RunFilter{Status: activeStates}, store.Page{Size: maxActive})
	if err != nil {
		return a, err
	}
	a.busy = busyAssets(cat, a.active, a.verdicts)
	return a, nil
}

// activeStates are the states of runs that are not final.
var activeStates = []store.Status{store.Queued, store.NotStarted, store.Started}

// busyAssets maps each asset to the run that works on it: the oldest active one
// that has it selected and has not settled it yet.
func busyAssets(cat *catalog, active []store.Run, verdicts map[string]health.Verdict) map[string]*store.Run {
	busy := map[string]*store.Run{}
	for i := range active { // newest first, so that the oldest stays
		r := &active[i]
		for _, name := range r.Created.Assets {
			d, ok := cat.get(name)
			if !ok || settled(d, verdicts[name], r.ID) {
				continue
			}
			busy[name] = r
		}
	}
	return busy
}

// settled reports whether the only step that a run has for an asset has ended.
func settled(d asset.Definition, v health.Verdict, run string) bool {
	if d.Partitions != nil {
		return false
	}
	return (v.Last != nil && v.Last.Run == run) || v.FailedRun == run
}

// tally counts the assets by state, in the order people care.
type tally struct {
	Total                                             int
	Failed, Stale, Missing, Running, Queued, UpToDate int
}

func (a activity) tally(cat *catalog) tally {
	t := tally{Total: len(cat.defs)}
	for _, d := range cat.defs {
		switch assetStatus(a.verdicts[d.Name], a.busy[d.Name]).Key {
		case "failed":
			t.Failed++
		case "stale":
			t.Stale++
		case "missing":
			t.Missing++
		case "running":
			t.Running++
		case "queued":
			t.Queued++
		default:
			t.UpToDate++
		}
	}
	return t
}

// parts are the states of a tally as the parts of a bar.
func (t tally) parts() []part {
	return []part{
		{"materialized", uint64(t.UpToDate)}, {"running", uint64(t.Running)}, {"queued", uint64(t.Queued)},
		{"stale", uint64(t.Stale)}, {"failed", uint64(t.Failed)}, {"missing", uint64(t.Missing)},
	}
}

// words say a tally for people who cannot see the bar.
func (t tally) words() string {
	text := format.Plural(t.Total, "asset")
	for _, p := range t.parts() {
		if p.N > 0 {
			text += ", " + format.Count(p.N) + " " + stateWord(p.Key)
		}
	}
	return text
}

// stateWord is the word that goes with a state's glyph.
func stateWord(key string) string {
	if key == "materialized" {
		return "up to date"
	}
	return key
}

// since is when the trouble began, as far as it is known.
func (t trouble) since() time.Time {
	var at time.Time
	for _, c := range t.v.Causes {
		if !c.At.IsZero() && (at.IsZero() || c.At.Before(at)) {
			at = c.At
		}
	}
	return at
}

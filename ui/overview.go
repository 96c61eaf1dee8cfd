package ui

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/store"
	"rivers.io/ui/format"
	"rivers.io/ui/health"
)

// overviewPage answers: is all well, and if not, where do I look.
type overviewPage struct {
	cat     *catalog
	act     activity
	counts  map[store.Status]int64
	recent  []store.Run
	strip   []bar
	tally   tally
	trouble []trouble
}

// trouble is an asset that wants attention.
type trouble struct {
	def    asset.Definition
	status status
	v      health.Verdict
}

// bar is one run of the strip of recent runs.
type bar struct {
	run     store.Run
	status  status
	x, y, h string
	words   string
}

const (
	recentRuns  = 10
	stripRuns   = 60
	troubleRows = 8
)

func (c *call) overview() error {
	page := overviewPage{}
	var err error
	if page.cat, err = c.catalog(); err != nil {
		return err
	}
	if page.act, err = c.activity(page.cat); err != nil {
		return err
	}
	if page.counts, err = c.state.CountRuns(c.ctx); err != nil {
		return err
	}
	runs, _, err := c.state.ListRuns(c.ctx, store.RunFilter{}, store.Page{Size: stripRuns})
	if err != nil {
		return err
	}
	page.recent = runs[:min(len(runs), recentRuns)]
	page.strip = strip(runs, c.now)
	page.tally = page.act.tally(page.cat)
	page.trouble = troubles(page.cat, page.act)
	return c.page(c.here.Name, overviewView(c, page))
}

// troubles lists what failed, then what is stale, newest trouble first.
func troubles(cat *catalog, act activity) []trouble {
	var out []trouble
	for _, d := range cat.defs {
		v := act.verdicts[d.Name]
		s := assetStatus(v, act.busy[d.Name])
		if s.Key == "failed" || s.Key == "stale" {
			out = append(out, trouble{d, s, v})
		}
	}
	slices.SortStableFunc(out, func(a, b trouble) int {
		if n := cmp.Compare(a.status.Key, b.status.Key); n != 0 {
			return n // failed before stale
		}
		return b.v.FailedAt.Compare(a.v.FailedAt)
	})
	return out
}

// The strip is drawn in these units.
const (
	stripStep   = 8
	stripHeight = 40
)

// strip draws runs as bars, the newest at the right; the height is the duration
// on a scale that leaves the shortest visible.
func strip(runs []store.Run, now time.Time) []bar {
	longest := time.Millisecond
	for _, r := range runs {
		longest = max(longest, took(r, now))
	}
	out := make([]bar, 0, len(runs))
	for i, r := range slices.Backward(runs) {
		h := 4 + int(float64(stripHeight-4)*float64(took(r, now))/float64(longest))
		s := runStatus(r, now)
		out = append(out, bar{
			run: r, status: s,
			x: fmt.Sprint((stripRuns - 1 - i) * stripStep), y: fmt.Sprint(stripHeight - h), h: fmt.Sprint(h),
			words: fmt.Sprintf("%s, %s, %s, %s", target(r), s.Word, format.Duration(took(r, now)), format.Ago(r.CreatedAt, now)),
		})
	}
	return out
}

// sentence says how the location is doing.
func (p overviewPage) sentence(now time.Time) headline {
	t := p.tally
	switch {
	case t.Total == 0:
		return headline{status{"missing", "empty", ""}, "This location has no assets yet."}
	case t.Failed > 0 && len(p.trouble) > 0:
		first := p.trouble[0]
		return headline{failed, fmt.Sprintf("%s of %s failed: %s, %s.", format.Count(t.Failed), format.Plural(t.Total, "asset"), first.def.Name, format.Ago(first.v.FailedAt, now))}
	case t.Stale > 0:
		return headline{status{"stale", "stale", ""}, fmt.Sprintf("%s of %s %s stale: %s.", format.Count(t.Stale), format.Plural(t.Total, "asset"), are(t.Stale), p.staleWords(now))}
	case t.Running+t.Queued > 0:
		return headline{running, fmt.Sprintf("%s of %s %s being worked on.", format.Count(t.Running+t.Queued), format.Plural(t.Total, "asset"), are(t.Running+t.Queued))}
	case t.Missing == t.Total:
		return headline{status{"missing", "missing", ""}, fmt.Sprintf("None of the %s is materialized yet.", format.Plural(t.Total, "asset"))}
	case t.Missing > 0:
		return headline{status{"missing", "missing", ""}, fmt.Sprintf("%s of %s %s never materialized.", format.Count(t.Missing), format.Plural(t.Total, "asset"), were(t.Missing))}
	}
	return headline{status{"materialized", "up to date", ""}, fmt.Sprintf("All %s are up to date.", format.Plural(t.Total, "asset"))}
}

// lastRuns says how many runs are meant.
func lastRuns(n int) string {
	if n == 1 {
		return "last run"
	}
	return "last " + format.Plural(n, "run")
}

// staleWords names the most telling cause: the upstream that changed last.
func (p overviewPage) staleWords(now time.Time) string {
	var best health.Cause
	name := ""
	for _, t := range p.trouble {
		for _, cause := range t.v.Causes {
			if name == "" || cause.At.After(best.At) {
				best, name = cause, t.def.Name
			}
		}
	}
	switch {
	case best.Upstream != "" && !best.At.IsZero():
		return best.Upstream + " changed " + format.Ago(best.At, now)
	case best.Upstream != "":
		return best.Upstream + " " + best.Text
	}
	return "of " + name + ", " + best.Text
}

// headline is the sentence that a page opens with.
type headline struct {
	status status
	text   string
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// target says in few words what a run works on.
func target(r store.Run) string {
	switch n := len(r.Created.Assets); {
	case r.Created.Selection != "":
		return r.Created.Selection
	case n == 1:
		return r.Created.Assets[0]
	case n == 0:
		return "everything"
	default:
		return format.Plural(n, "asset")
	}
}

// launcherWords says who or what started a run.
func launcherWords(r store.Run) string {
	l := r.Created.Launcher
	who := ""
	if l.User != nil {
		who = cmp.Or(l.User.Name, l.User.Email, l.User.Subject)
	}
	switch {
	case l.Name != "":
		return l.Kind + " " + l.Name
	case who != "":
		return who
	case l.Kind == "":
		return "manual"
	}
	return l.Kind
}

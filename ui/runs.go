package ui

import (
	"slices"
	"strconv"
	"strings"

	"rivers.io/runtime/store"
	"rivers.io/ui/format"
)

// runsPage lists runs.
type runsPage struct {
	counts   map[store.Status]int64
	rows     []store.Run
	pages    pages
	filter   runQuery
	selected map[string]string
	problems []string
	done     string
}

// runQuery is the filter as the address holds it.
type runQuery struct {
	Status, Asset, Partition, Tag, By, ID string
	Size                                  int
}

// pill is one of the fixed filters by state.
type pill struct {
	Key, Title, Glyph string
	States            []store.Status
}

var pills = []pill{
	{"", "All", "", nil},
	{"progress", "In progress", "running", []store.Status{store.NotStarted, store.Started}},
	{"queued", "Queued", "queued", []store.Status{store.Queued}},
	{"failure", "Failed", "failed", []store.Status{store.Failed}},
	{"success", "Succeeded", "materialized", []store.Status{store.Succeeded}},
	{"canceled", "Canceled", "canceled", []store.Status{store.Canceled}},
}

var pageSizes = []int{25, 50, 100, 1000}

// launcherKinds are the kinds of launchers that a filter offers.
var launcherKinds = []string{"manual", "schedule", "sensor", "backfill", "condition"}

func (c *call) runs() error {
	page, err := c.runsPage()
	if err != nil {
		return err
	}
	return c.page("Runs", runsView(c, page))
}

func (c *call) runsPage() (runsPage, error) {
	page := runsPage{filter: c.runQuery()}
	filter, err := page.filter.store()
	if err != nil {
		return page, err
	}
	if page.counts, err = c.state.CountRuns(c.ctx); err != nil {
		return page, err
	}
	token := c.query("after")
	rows, next, err := c.state.ListRuns(c.ctx, filter, store.Page{Size: page.filter.Size, Token: token})
	if err != nil {
		return page, err
	}
	page.rows = rows
	if next != "" {
		page.pages.Next = c.pathWith("after", next)
	}
	if token != "" {
		page.pages.Prev = c.pathWith("after", "")
	}
	page.pages.Words = format.Plural(len(rows), "run") + " on this page"
	return page, nil
}

func (c *call) runQuery() runQuery {
	size, err := strconv.Atoi(c.query("size"))
	if err != nil || !slices.Contains(pageSizes, size) {
		size = 50
	}
	return runQuery{
		Status: c.query("status"), Asset: strings.TrimSpace(c.query("asset")), Partition: strings.TrimSpace(c.query("partition")),
		Tag: strings.TrimSpace(c.query("tag")), By: c.query("by"), ID: strings.ToLower(strings.TrimSpace(c.query("id"))), Size: size,
	}
}

// store translates the filter; an unknown state is an error.
func (q runQuery) store() (store.RunFilter, error) {
	f := store.RunFilter{Asset: q.Asset, Partition: q.Partition, LauncherKind: q.By, IDPrefix: q.ID}
	f.TagKey, f.TagValue, _ = strings.Cut(q.Tag, "=")
	i := slices.IndexFunc(pills, func(p pill) bool { return p.Key == q.Status })
	if i < 0 {
		return f, badRequest("There is no state of runs called " + strconv.Quote(q.Status) + ".")
	}
	f.Status = pills[i].States
	return f, nil
}

// restricts reports whether anything besides the state restricts the list.
func (q runQuery) restricts() bool {
	return q.Asset+q.Partition+q.Tag+q.By+q.ID != ""
}

// count is the number of runs of a pill.
func (p runsPage) count(of pill) int64 {
	var n int64
	for state, k := range p.counts {
		if of.States == nil || slices.Contains(of.States, state) {
			n += k
		}
	}
	return n
}

// sentence says what the list shows.
func (p runsPage) sentence() headline {
	active := p.counts[store.Started] + p.counts[store.NotStarted]
	queued := p.counts[store.Queued]
	var total int64
	for _, n := range p.counts {
		total += n
	}
	switch {
	case total == 0:
		return headline{status{"queued", "none", ""}, "Nothing has run yet."}
	case active == 0 && queued == 0:
		return headline{status{"materialized", "idle", ""}, "Nothing is running; " + format.Plural(total, "run") + " on record."}
	case active == 0:
		return headline{status{"queued", "queued", ""}, format.Plural(queued, "run") + " waiting, none in progress."}
	case queued == 0:
		return headline{running, format.Plural(active, "run") + " in progress, none waiting."}
	}
	return headline{running, format.Plural(active, "run") + " in progress, " + format.Count(queued) + " waiting."}
}

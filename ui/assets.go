package ui

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/store"
	"rivers.io/ui/format"
	"rivers.io/ui/health"
)

// assetsPage lists assets.
type assetsPage struct {
	cat     *catalog
	act     activity
	tally   tally
	filter  assetQuery
	rows    []assetRow
	matched int
	pages   pages
	columns []string
}

// assetRow is one line of the list.
type assetRow struct {
	def      asset.Definition
	status   status
	verdict  health.Verdict
	busy     *store.Run
	ups      []string
	downs    []string
	metadata string
}

// assetQuery is the filter as the address holds it.
type assetQuery struct {
	Text, Status, Group, Kind, Tag, Sort, Column string
	Page                                         int
}

// assetsPerPage bounds the rows of one page of assets.
const assetsPerPage = 100

// assetStates are the states that the list can be restricted to.
var assetStates = []pill{
	{Key: "", Title: "All"},
	{Key: "trouble", Title: "Want attention", Glyph: ""},
	{Key: "materialized", Title: "Up to date", Glyph: "materialized"},
	{Key: "running", Title: "Running", Glyph: "running"},
	{Key: "queued", Title: "Queued", Glyph: "queued"},
	{Key: "stale", Title: "Stale", Glyph: "stale"},
	{Key: "failed", Title: "Failed", Glyph: "failed"},
	{Key: "missing", Title: "Missing", Glyph: "missing"},
}

func (c *call) assets() error {
	page := assetsPage{filter: c.assetQuery()}
	if !slices.ContainsFunc(assetStates, func(p pill) bool { return p.Key == page.filter.Status }) {
		return badRequest("There is no state of assets called " + strconv.Quote(page.filter.Status) + ".")
	}
	var err error
	if page.cat, err = c.catalog(); err != nil {
		return err
	}
	if page.act, err = c.activity(page.cat); err != nil {
		return err
	}
	page.tally = page.act.tally(page.cat)
	page.columns = metadataColumns(page.act)
	page.fill(c)
	return c.page("Assets", assetsView(c, page))
}

func (c *call) assetQuery() assetQuery {
	n, err := strconv.Atoi(c.query("page"))
	if err != nil || n < 1 {
		n = 1
	}
	return assetQuery{
		Text: strings.TrimSpace(c.query("q")), Status: c.query("status"), Group: c.query("group"),
		Kind: c.query("kind"), Tag: c.query("tag"), Sort: c.query("sort"), Column: c.query("column"), Page: n,
	}
}

// fill chooses, orders and pages the rows.
func (p *assetsPage) fill(c *call) {
	var rows []assetRow
	for _, d := range p.cat.defs {
		row := assetRow{def: d, verdict: p.act.verdicts[d.Name], busy: p.act.busy[d.Name]}
		row.status = assetStatus(row.verdict, row.busy)
		if p.filter.matches(row) {
			rows = append(rows, row)
		}
	}
	p.filter.order(rows)
	p.matched = len(rows)
	from := min((p.filter.Page-1)*assetsPerPage, len(rows))
	to := min(from+assetsPerPage, len(rows))
	p.rows = rows[from:to]
	for i := range p.rows {
		r := &p.rows[i]
		r.ups, r.downs = p.cat.ups(r.def.Name), p.cat.down[r.def.Name]
		if r.verdict.Last != nil && p.filter.Column != "" {
			r.metadata = metadataText(r.verdict.Last.Event.Metadata[p.filter.Column])
		}
	}
	p.pages.Words = rangeWords(uint64(min(from+1, to)), uint64(to), uint64(p.matched))
	if from > 0 {
		p.pages.Prev = c.pathWith("page", strconv.Itoa(p.filter.Page-1))
	}
	if to < p.matched {
		p.pages.Next = c.pathWith("page", strconv.Itoa(p.filter.Page+1))
	}
}

func (q assetQuery) restricts() bool { return q.Text+q.Group+q.Kind+q.Tag != "" }

func (q assetQuery) matches(r assetRow) bool {
	d := r.def
	return (q.Text == "" || contains(d.Name, q.Text) || contains(d.Description, q.Text)) &&
		(q.Status == "" || q.Status == r.status.Key || (q.Status == "trouble" && (r.status.Key == "failed" || r.status.Key == "stale"))) &&
		(q.Group == "" || d.Group == q.Group) &&
		(q.Kind == "" || slices.Contains(d.Kinds, q.Kind)) &&
		(q.Tag == "" || slices.Contains(d.Tags, q.Tag))
}

// contains compares without regard to case.
func contains(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// order sorts by name, or as the address says.
func (q assetQuery) order(rows []assetRow) {
	slices.SortStableFunc(rows, func(a, b assetRow) int {
		switch q.Sort {
		case "recent":
			return cmp.Or(recency(b).Compare(recency(a)), cmp.Compare(a.def.Name, b.def.Name))
		case "group":
			return cmp.Or(cmp.Compare(a.def.Group, b.def.Group), cmp.Compare(a.def.Name, b.def.Name))
		case "status":
			return cmp.Or(cmp.Compare(severity(a.status.Key), severity(b.status.Key)), cmp.Compare(a.def.Name, b.def.Name))
		}
		return cmp.Compare(a.def.Name, b.def.Name)
	})
}

// recency is when an asset was materialized last.
func recency(r assetRow) time.Time {
	if r.verdict.Last == nil {
		return time.Time{}
	}
	return r.verdict.Last.Time
}

// severity orders states by how much they want attention.
func severity(key string) int {
	return slices.Index([]string{"failed", "stale", "missing", "running", "queued", "materialized"}, key)
}

// metadataColumns lists the metadata keys of the newest materializations, at
// most 50, in order.
func metadataColumns(act activity) []string {
	seen := map[string]bool{}
	for _, v := range act.verdicts {
		if v.Last == nil {
			continue
		}
		for key := range v.Last.Event.Metadata {
			seen[key] = true
		}
	}
	var out []string
	for key := range seen {
		out = append(out, key)
	}
	slices.Sort(out)
	return out[:min(len(out), 50)]
}

// sentence says what the list shows.
func (p assetsPage) sentence() headline {
	t := p.tally
	all := format.Plural(t.Total, "asset")
	switch {
	case t.Total == 0:
		return headline{status{"missing", "empty", ""}, "This location has no assets yet."}
	case t.Failed+t.Stale > 0:
		return headline{status{worst(t), worst(t), ""}, format.Count(t.Failed+t.Stale) + " of " + all + " want attention."}
	case t.Missing > 0:
		return headline{status{"missing", "missing", ""}, format.Count(t.Missing) + " of " + all + " " + were(t.Missing) + " never materialized."}
	}
	return headline{status{"materialized", "up to date", ""}, all + ", all up to date."}
}

func worst(t tally) string {
	if t.Failed > 0 {
		return "failed"
	}
	return "stale"
}

// count is the number of assets of a pill.
func (p assetsPage) count(of pill) int {
	t := p.tally
	return map[string]int{
		"": t.Total, "trouble": t.Failed + t.Stale, "materialized": t.UpToDate, "running": t.Running,
		"queued": t.Queued, "stale": t.Stale, "failed": t.Failed, "missing": t.Missing,
	}[of.Key]
}

// names cuts a list of neighbours to what the mini lineage shows.
func names(all []string) ([]string, int) {
	const most = 3
	if len(all) <= most {
		return all, 0
	}
	return all[:most], len(all) - most
}

// metadataText shows a metadata value in one line.
func metadataText(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	return readMetadata("", raw).oneLine()
}

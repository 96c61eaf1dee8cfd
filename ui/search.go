package ui

import (
	"cmp"
	"slices"
	"strings"

	"rivers.io/runtime/store"
	"rivers.io/ui/format"
)

// searchPage holds what a search found, in groups.
type searchPage struct {
	query  string
	groups []resultGroup
}

// resultGroup is one kind of results.
type resultGroup struct {
	Title   string
	Results []result
}

// result is one line of the answer.
type result struct {
	Glyph, Title, Path, Note string
	Icon                     bool
}

// maxResults bounds each group.
const maxResults = 8

func (c *call) search() error {
	cat, err := c.catalog()
	if err != nil {
		return err
	}
	page := searchPage{query: strings.TrimSpace(c.query("q"))}
	page.add("Pages", c.searchPages(page.query))
	page.add("Assets", c.searchAssets(cat, page.query))
	runs, err := c.searchRuns(page.query)
	if err != nil {
		return err
	}
	page.add("Runs", runs)
	return c.page("Search", searchView(c, page))
}

func (p *searchPage) add(title string, results []result) {
	if len(results) > 0 {
		p.groups = append(p.groups, resultGroup{title, results[:min(len(results), maxResults)]})
	}
}

// searchPages finds sections and commands.
func (c *call) searchPages(q string) []result {
	var out []result
	for _, s := range (frame{call: c}).sections() {
		if q == "" || contains(s.Title, q) {
			out = append(out, result{Glyph: s.Icon, Icon: true, Title: s.Title, Path: c.path(s.Path), Note: s.Key})
		}
	}
	if c.blocked() == "" && (q == "" || contains("materialize", q)) {
		out = append(out, result{Glyph: "runs", Icon: true, Title: "Materialize…", Path: c.path("/materialize"), Note: "m"})
	}
	return out
}

// searchAssets finds assets by name, then by description, group, kind and tag;
// the closest names first.
func (c *call) searchAssets(cat *catalog, q string) []result {
	type hit struct {
		rank int
		at   int
	}
	var hits []hit
	for i, d := range cat.defs {
		rank := -1
		switch name := strings.ToLower(d.Name); {
		case q == "":
			rank = 4
		case strings.EqualFold(d.Name, q):
			rank = 0
		case strings.HasPrefix(name, strings.ToLower(q)):
			rank = 1
		case contains(d.Name, q):
			rank = 2
		case contains(d.Description, q) || contains(d.Group, q) || slices.ContainsFunc(append(slices.Clone(d.Tags), d.Kinds...), func(t string) bool { return contains(t, q) }):
			rank = 3
		}
		if rank >= 0 {
			hits = append(hits, hit{rank, i})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(cat.defs[a.at].Name, cat.defs[b.at].Name))
	})
	var out []result
	for _, h := range hits[:min(len(hits), maxResults)] {
		d := cat.defs[h.at]
		out = append(out, result{Glyph: "assets", Icon: true, Title: d.Name, Path: c.assetPath(d.Name), Note: cmp.Or(format.Line(d.Description, 60), d.Group)})
	}
	return out
}

// searchRuns finds runs by the beginning of their id, or the newest ones.
func (c *call) searchRuns(q string) ([]result, error) {
	if q != "" && !isHex(q) {
		return nil, nil
	}
	runs, _, err := c.state.ListRuns(c.ctx, store.RunFilter{IDPrefix: strings.ToLower(q)}, store.Page{Size: maxResults})
	if err != nil {
		return nil, err
	}
	if q == "" {
		runs = runs[:min(len(runs), 3)]
	}
	if len(runs) == 0 { // pages show the end of an id
		recent, _, err := c.state.ListRuns(c.ctx, store.RunFilter{}, store.Page{Size: maxActive})
		if err != nil {
			return nil, err
		}
		runs = slices.DeleteFunc(recent, func(r store.Run) bool { return !strings.HasSuffix(r.ID, strings.ToLower(q)) })
	}
	var out []result
	for _, r := range runs[:min(len(runs), maxResults)] {
		s := runStatus(r, c.now)
		out = append(out, result{Glyph: s.Key, Title: format.Short(r.ID) + "  " + target(r), Path: c.runPath(r.ID), Note: s.Word + ", " + format.Ago(r.CreatedAt, c.now)})
	}
	return out, nil
}

func isHex(s string) bool {
	return strings.Trim(strings.ToLower(s), "0123456789abcdef-") == "" && len(s) <= 36
}

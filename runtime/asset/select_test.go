package asset

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shop is a pipeline with the features that selections speak of:
//
//	raw_orders ─▶ stg_orders ─▶ fct_sales ─▶ report
//	raw_users  ─▶ stg_users  ─▶ fct_users ─▶ report
func shop(t testing.TB) *Graph {
	t.Helper()
	defs := chain("raw_orders", "raw_users", "stg_orders: raw_orders", "stg_users: raw_users",
		"fct_sales: stg_orders stg_users", "fct_users: stg_users", "report: fct_sales fct_users")
	for i, group := range []string{"ingest", "ingest", "staging", "staging", "marts", "marts", ""} {
		defs[i].Group = group
	}
	defs[4].Tags, defs[5].Tags = []string{"slow", "daily job"}, []string{"slow"}
	defs[6].Kinds = []string{"chart"}
	defs[0].Owners = []string{"ann@example.com"}
	defs[1].Metadata = map[string]string{"owner": "bob"}
	return mustResolve(t, defs)
}

func TestSelect(t *testing.T) {
	t.Parallel()
	g := shop(t)
	const everything = "raw_orders raw_users stg_orders stg_users fct_sales fct_users report"
	cases := []struct{ why, text, want string }{
		{"empty selects all", "", everything},
		{"blank selects all", " \n ", everything},
		{"a name", "report", "report"},
		{"a name with its method", "name:report", "report"},
		{"upstreams", "+fct_users", "raw_users stg_users fct_users"},
		{"downstreams", "stg_orders+", "stg_orders fct_sales report"},
		{"one edge up", "1+report", "fct_sales fct_users report"},
		{"two edges up", "2+report", "stg_orders stg_users fct_sales fct_users report"},
		{"one edge down", "raw_users+1", "raw_users stg_users"},
		{"both ways", "+fct_sales+", "raw_orders raw_users stg_orders stg_users fct_sales report"},
		{"both ways by depth", "1+fct_sales+1", "stg_orders stg_users fct_sales report"},
		{"depth zero is the asset", "0+report+0", "report"},
		{"union", "report raw_orders", "raw_orders report"},
		{"union in plan order, each once", "fct_users report fct_users", "fct_users report"},
		{"intersection", "+fct_sales,+fct_users", "raw_users stg_users"},
		{"intersection of three", "stg_*,+report,+fct_users", "stg_users"},
		{"a glob", "fct_*", "fct_sales fct_users"},
		{"a glob in the middle", "*_orders", "raw_orders stg_orders"},
		{"a glob of single letters", "?tg_users", "stg_users"},
		{"a glob with upstreams", "1+fct_*", "stg_orders stg_users fct_sales fct_users"},
		{"a group", "group:ingest", "raw_orders raw_users"},
		{"a group's downstreams", "group:ingest+1", "raw_orders raw_users stg_orders stg_users"},
		{"a group's upstreams", "+group:staging", "raw_orders raw_users stg_orders stg_users"},
		{"a glob of groups", "group:*t*", "raw_orders raw_users stg_orders stg_users fct_sales fct_users"},
		{"a kind", "kind:chart", "report"},
		{"a tag", "tag:slow", "fct_sales fct_users"},
		{"a tag with white space", "tag:daily?job", "fct_sales"},
		{"an owner", "owner:ann@example.com", "raw_orders"},
		{"an owner of metadata", "owner:bob", "raw_users"},
		{"a group and a tag", "group:marts,tag:slow", "fct_sales fct_users"},
		{"all but", "not:report", "raw_orders raw_users stg_orders stg_users fct_sales fct_users"},
		{"all but a few", "not:group:ingest not:tag:slow", "stg_orders stg_users report"},
		{"exclusion wins wherever it stands", "not:tag:slow +report", "raw_orders raw_users stg_orders stg_users report"},
		{"exclusion with upstreams", "+report not:+fct_sales", "fct_users report"},
		{"a complement in an intersection", "fct_*,not:fct_users report", "fct_sales report"},
		{"a complement first", "not:fct_users,fct_*", "fct_sales"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			assets, err := g.Select(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Fields(c.want), g.Names(assets)); diff != "" {
				t.Errorf("Select(%q) differs (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

func TestSelectErrors(t *testing.T) {
	t.Parallel()
	g := shop(t)
	cases := []struct{ why, text, want string }{
		{"an unknown name", "reprot", `selection "reprot": no asset is named "reprot" (did you mean report?)`},
		{"an unknown name in a term", "+reprot", `selection "+reprot": no asset is named "reprot" (did you mean report?)`},
		{"an unknown group", "group:mart", `selection "group:mart": no asset has the group "mart" (did you mean marts?)`},
		{"an unknown tag", "report tag:fast", `selection "tag:fast": no asset has the tag "fast"`},
		{"an unknown exclusion", "not:x", `selection "not:x": no asset is named "x"`},
		{"a glob without a match", "dim_*", `selection "dim_*": no name matches "dim_*"`},
		{"an unknown method", "path:x", `selection "path:x": unknown method "path"; known are name, group, kind, tag, owner and not`},
		{"nothing named", "+", `selection "+": nothing is named`},
		{"nothing after the method", "group:", `selection "group:": nothing is named`},
		{"an empty part", "report,", `selection "": nothing is named`},
		{"a depth too far", "9999999+report", `selection "9999999+report": a depth of 9999999 is beyond the limit of 100000`},
		{"a depth too far down", "report+99999999999999999999", "is beyond the limit"},
		{"an empty intersection", "report,raw_users", `selection "report,raw_users": it selects no asset`},
		{"all excluded", "report not:report", `it selects no asset`},
		{"too long", strings.Repeat("x", MaxSelectionLen+1), "it has 1048577 bytes; the limit is 1048576"},
		{"a long part", strings.Repeat("*", 2*MaxLabelLen+1), "401 bytes are more than any name has"},
		{"too many terms", strings.Repeat("+report ", MaxTerms+1), "more than 200 terms"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			assets, err := g.Select(c.text)
			var bad *SelectionError
			if !errors.As(err, &bad) || !strings.Contains(err.Error(), c.want) || assets != nil {
				t.Errorf("Select = %v, %v; want an error that says %q", assets, err, c.want)
			}
		})
	}
}

func TestSelectExcept(t *testing.T) {
	t.Parallel()
	g := shop(t)
	assets, err := g.SelectExcept("+report", "tag:slow group:ingest")
	if err != nil || !slices.Equal(g.Names(assets), []string{"stg_orders", "stg_users", "report"}) {
		t.Errorf("got %v, %v", g.Names(assets), err)
	}
	if _, err = g.SelectExcept("report", "reprot"); err == nil || !strings.Contains(err.Error(), "reprot") {
		t.Errorf("an unknown exclusion: %v", err)
	}
	if _, err = g.SelectExcept("report", "+report"); err == nil || !strings.Contains(err.Error(), "selects no asset") {
		t.Errorf("everything excluded: %v", err)
	}
	if assets, err = g.SelectArgs([]string{"report", " ", "raw_users fct_users"}); err != nil || !slices.Equal(g.Names(assets), []string{"raw_users", "fct_users", "report"}) {
		t.Errorf("arguments: %v, %v", g.Names(assets), err)
	}
	if assets, err = g.SelectArgs(nil); err != nil || len(assets) != g.Len() {
		t.Errorf("no arguments: %v, %v", g.Names(assets), err)
	}
}

// A pipeline with more names than MaxTerms can be selected name by name.
func TestSelectManyNames(t *testing.T) {
	t.Parallel()
	defs := make([]Definition, 3*MaxTerms)
	names := make([]string, len(defs))
	for i := range defs {
		names[i] = fmt.Sprintf("a%d", i)
		defs[i].Name = names[i]
	}
	assets, err := mustResolve(t, defs).SelectArgs(names)
	if err != nil || len(assets) != len(names) {
		t.Errorf("%d assets, %v", len(assets), err)
	}
}

// naiveSelect evaluates one part by closure over the edges.
func naiveSelect(g *Graph, name string, up, down int) map[int]bool {
	start, _ := g.Index(name)
	out := map[int]bool{start: true}
	walk := func(depth int, next func(int) []Edge) {
		level := map[int]bool{start: true}
		for range depth {
			grown := map[int]bool{}
			for i := range level {
				for _, e := range next(i) {
					grown[e.Asset], out[e.Asset] = true, true
				}
			}
			level = grown
		}
	}
	walk(up, g.Upstreams)
	walk(down, g.Downstreams)
	return out
}

func TestSelectionAlgebra(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, err := Resolve(drawGraph(t))
		if err != nil {
			t.Fatal(err)
		}
		draw := func(label string) (string, map[int]bool) {
			name := fmt.Sprintf("a%d", rapid.IntRange(0, g.Len()-1).Draw(t, label))
			up, down := rapid.IntRange(0, 20).Draw(t, "up"), rapid.IntRange(0, 20).Draw(t, "down")
			text := func(depth int) string {
				if depth > 15 { // deeper than any drawn graph
					return "+"
				}
				return fmt.Sprintf("%d+", depth)
			}
			before, after := text(up), strings.TrimSuffix(text(down), "+")
			return before + name + "+" + after, naiveSelect(g, name, up, down)
		}
		a, inA := draw("a")
		b, inB := draw("b")
		expect := func(text string, member func(i int) bool) {
			var want []int
			for _, i := range g.Order() {
				if member(i) {
					want = append(want, i)
				}
			}
			got, err := g.Select(text)
			if (err == nil) != (len(want) > 0) || !slices.Equal(got, want) {
				t.Fatalf("Select(%q) = %v, %v; want %v", text, got, err, want)
			}
		}
		expect(a, func(i int) bool { return inA[i] })
		expect(a+" "+b, func(i int) bool { return inA[i] || inB[i] })
		expect(a+","+b, func(i int) bool { return inA[i] && inB[i] })
		expect(a+" not:"+b, func(i int) bool { return inA[i] && !inB[i] })
		expect(a+",not:"+b, func(i int) bool { return inA[i] && !inB[i] })
		expect("not:"+a, func(i int) bool { return !inA[i] })
		expect("not:"+a+",not:"+b, func(i int) bool { return !inA[i] && !inB[i] })
	})
}

func TestGlob(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?]{0,6}`).Draw(t, "pattern")
		text := rapid.StringMatching(`[ab]{0,8}`).Draw(t, "text")
		if got, want := matches(pattern, text), naiveMatch(pattern, text); got != want {
			t.Fatalf("matches(%q, %q) = %v, want %v", pattern, text, got, want)
		}
	})
}

func naiveMatch(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return naiveMatch(pattern[1:], text) || (text != "" && naiveMatch(pattern, text[1:]))
	case text == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == text[0]) && naiveMatch(pattern[1:], text[1:])
}

func FuzzSelect(f *testing.F) {
	for _, seed := range []string{
		"", "report", "+report", "2+report+3", "group:marts,tag:slow", "not:report", "fct_* not:+fct_users",
		"tag:daily?job", "+", ",", "not:", "9999999999+x", "name:name:x", "owner:*+", "\x00", "0+report+0",
	} {
		f.Add(seed)
	}
	g := shop(f)
	f.Fuzz(func(t *testing.T, text string) {
		assets, err := g.Select(text)
		if err != nil {
			var bad *SelectionError
			if !errors.As(err, &bad) || bad.Problem == "" || assets != nil {
				t.Fatalf("Select(%q) = %v, %v", text, assets, err)
			}
			return
		}
		if len(assets) == 0 || !slices.IsSortedFunc(assets, func(a, b int) int { return g.Rank(a) - g.Rank(b) }) {
			t.Fatalf("Select(%q) = %v", text, assets)
		}
		// The names it gives select the same again.
		again, err := g.SelectArgs(g.Names(assets))
		if err != nil || !slices.Equal(again, assets) {
			t.Fatalf("%q gives %v, whose names give %v, %v", text, assets, again, err)
		}
	})
}

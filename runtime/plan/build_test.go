package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
)

var (
	quarter = &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-03-31"}
	march   = &partition.Definition{Kind: partition.Daily, Start: "2001-03-01", End: "2001-03-31"}
	open    = &partition.Definition{Kind: partition.Daily, Start: "2001-01-01"}
	now     = time.Date(2001, 2, 10, 12, 0, 0, 0, time.UTC)

	all       = partition.Mapping{Kind: partition.All}
	yesterday = partition.Mapping{Kind: partition.Offset, Offset: -1}
)

func input(name string, m partition.Mapping) asset.Input {
	return asset.Input{Asset: name, Kind: asset.Data, Mapping: m}
}

func resolved(t testing.TB, defs ...asset.Definition) *asset.Graph {
	t.Helper()
	g, err := asset.Resolve(defs)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// aviation is a pipeline with every kind of edge:
//
//	flights ─same day─▶ delays ─all─▶ report ─▶ mail
//	   └────day before────┘  └─all─▶ table
//	airports ─every day─▶ delays
func aviation(t testing.TB) *asset.Graph {
	t.Helper()
	return resolved(t,
		asset.Definition{Name: "flights", Partitions: quarter},
		asset.Definition{Name: "report", Inputs: []asset.Input{input("delays", all), input("delays", all)}},
		asset.Definition{Name: "airports"},
		asset.Definition{Name: "delays", Partitions: quarter, Inputs: []asset.Input{
			input("flights", partition.Mapping{}), input("flights", yesterday), input("airports", partition.Mapping{}),
		}},
		asset.Definition{Name: "table", Inputs: []asset.Input{input("delays", all)}},
		asset.Definition{Name: "mail", Inputs: []asset.Input{{Asset: "report", Kind: asset.Lineage}}},
	)
}

func chosen(t testing.TB, g *asset.Graph, selection string) []int {
	t.Helper()
	assets, err := g.Select(selection)
	if err != nil {
		t.Fatal(err)
	}
	return assets
}

// lines writes a plan as "step after steps & gates".
func lines(p *Plan) []string {
	out := make([]string, len(p.Steps))
	for i, s := range p.Steps {
		out[i] = s.ID.String()
		for _, before := range s.After {
			out[i] += " < " + p.Steps[before].ID.String()
		}
		for _, gate := range s.Gates {
			out[i] += fmt.Sprintf(" < gate %v", p.Gates[gate].After)
		}
	}
	return out
}

func TestBuild(t *testing.T) {
	t.Parallel()
	cases := []struct {
		why, selection, partitions string
		want                       []string
	}{
		{"one key", "delays", "2001-01-05", []string{"delays[2001-01-05]"}},
		{"an edge to the same key", "flights delays", "2001-01-05", []string{"flights[2001-01-05]", "delays[2001-01-05] < flights[2001-01-05]"}},
		{"edges to the day before, where it is planned", "flights delays", "2001-01-05..2001-01-06", []string{
			"flights[2001-01-05]", "flights[2001-01-06]",
			"delays[2001-01-05] < flights[2001-01-05]",
			"delays[2001-01-06] < flights[2001-01-05] < flights[2001-01-06]",
		}},
		{"the first key has no day before", "flights delays", "2001-01-01", []string{"flights[2001-01-01]", "delays[2001-01-01] < flights[2001-01-01]"}},
		{"an unpartitioned asset is computed once", "airports delays", "2001-01-05,2001-01-07", []string{"airports", "delays[2001-01-05] < airports", "delays[2001-01-07] < airports"}},
		{"a gate, shared, and once for two inputs", "delays report table", "2001-01-05,2001-01-07", []string{
			"delays[2001-01-05]", "delays[2001-01-07]", "report < gate [0 1]", "table < gate [0 1]",
		}},
		{"the whole, ties by declaration", "", "2001-03-31", []string{
			"flights[2001-03-31]", "airports",
			"delays[2001-03-31] < flights[2001-03-31] < airports",
			"report < gate [2]", "table < gate [2]", "mail < report",
		}},
		{"nothing is partitioned", "airports report mail", "", []string{"airports", "report", "mail < report"}},
		{"a partition that nothing takes is ignored", "airports", "whatever,,", []string{"airports"}},
	}
	g := aviation(t)
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			p, err := Build(Request{Graph: g, Assets: chosen(t, g, c.selection), Partitions: c.partitions, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, lines(p)); diff != "" {
				t.Errorf("plan differs (-want +got):\n%s", diff)
			}
			for i, s := range p.Steps {
				if at, ok := p.Lookup(s.ID); !ok || at != i || g.At(s.Asset).Name != s.ID.Name {
					t.Errorf("Lookup(%s) = %d, %v; want %d", s.ID, at, ok, i)
				}
			}
			if _, ok := p.Lookup(event.Step{Name: "nothing"}); ok {
				t.Error("an unknown step is found")
			}
		})
	}
}

func TestGatesAreShared(t *testing.T) {
	t.Parallel()
	g := aviation(t)
	p, err := Build(Request{Graph: g, Assets: chosen(t, g, "delays report table"), Partitions: "all", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Gates) != 1 || len(p.Gates[0].After) != 90 {
		t.Errorf("%d gates", len(p.Gates))
	}
}

func TestBuildErrors(t *testing.T) {
	t.Parallel()
	g := resolved(t,
		asset.Definition{Name: "flights", Partitions: quarter},
		asset.Definition{Name: "late", Partitions: march},
		asset.Definition{Name: "regions", Partitions: &partition.Definition{Kind: partition.Static, Keys: []string{"eu", "us"}}},
		asset.Definition{Name: "hours", Partitions: &partition.Definition{Kind: partition.Hourly, Start: "1900-01-01T00:00", End: "2001-12-31T23:00"}},
		asset.Definition{Name: "soon", Partitions: &partition.Definition{Kind: partition.Daily, Start: "2030-01-01"}},
		asset.Definition{Name: "one", Partitions: &partition.Definition{Kind: partition.Static, Keys: []string{"only"}}},
	)
	cases := []struct {
		why, selection, partitions string
		say                        []string
	}{
		{"D-115 no partition", "flights", "", []string{"asset flights is partitioned", "2001-01-01 or the range 2001-01-01..2001-03-31"}},
		{"D-115 no partition, one key", "one", " ", []string{"asset one is partitioned", "such as only"}},
		{"D-115 no partition yet", "soon", "", []string{"asset soon is partitioned and has no partitions yet"}},
		{"D-115 all of nothing", "soon", "all", []string{"asset soon is partitioned and has no partitions yet"}},
		{"D-115 a key that no asset has", "flights", "2001-04-01", []string{"asset flights", `"2001-04-01"`, "2001-03-31"}},
		{"D-115 a key that one asset lacks", "flights late", "2001-02-27..2001-03-01", []string{"asset late", `"2001-02-27"`, "before the first key", "2001-03-01"}},
		{"D-115 another kind", "flights regions", "2001-03-01", []string{"asset regions", `"2001-03-01"`, "eu, us"}},
		{"reversed", "flights", "2001-03-01..2001-02-01", []string{"asset flights", "reversed"}},
		{"too many steps", "hours", "all", []string{"the run would have 894120 steps; the limit is 10000"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			_, err := Build(Request{Graph: g, Assets: chosen(t, g, c.selection), Partitions: c.partitions, Now: now})
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range c.say {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if _, _, canonical := Canonical(g, chosen(t, g, c.selection), c.partitions, now); canonical == nil || canonical.Error() != err.Error() {
				t.Errorf("Canonical says %v, Build %v", canonical, err)
			}
		})
	}
	if _, err := Build(Request{Graph: g, Now: now}); err == nil || err.Error() != "no asset is selected" {
		t.Errorf("nothing selected: %v", err)
	}
	if _, err := Build(Request{Graph: g, Assets: []int{99}, Now: now}); err == nil || !strings.Contains(err.Error(), "asset index 99 is out of range") {
		t.Errorf("an index out of range: %v", err)
	}
	var large *TooLargeError
	if _, err := Build(Request{Graph: g, Assets: chosen(t, g, "hours"), Partitions: "all"}); !errors.As(err, &large) || large.Steps != 894120 {
		t.Errorf("error %v is no *TooLargeError", err)
	}
}

func TestTooManyUnpartitionedAssets(t *testing.T) {
	t.Parallel()
	defs := make([]asset.Definition, MaxSteps+1)
	for i := range defs {
		defs[i].Name = fmt.Sprintf("a%d", i)
	}
	g := resolved(t, defs...)
	if _, err := Build(Request{Graph: g, Assets: g.Order()}); err == nil || !strings.Contains(err.Error(), "10001 steps; the limit is 10000") {
		t.Errorf("error %v", err)
	}
	if p, err := Build(Request{Graph: g, Assets: g.Order()[:MaxSteps]}); err != nil || len(p.Steps) != MaxSteps {
		t.Errorf("at the limit: %v", err)
	}
}

// Offsets that leave the upstream's range are found when the step runs (D-174),
// not when it is planned.
func TestD174OffsetOutsideOfRangeIsPlanned(t *testing.T) {
	t.Parallel()
	g := aviation(t)
	p, err := Build(Request{Graph: g, Assets: chosen(t, g, "flights delays"), Partitions: "2001-01-01..2001-01-02", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if want := "delays[2001-01-01] < flights[2001-01-01]"; lines(p)[2] != want {
		t.Errorf("got %q, want %q", lines(p)[2], want)
	}
}

func TestOnly(t *testing.T) {
	t.Parallel()
	g := aviation(t)
	req := Request{Graph: g, Assets: chosen(t, g, "flights delays report"), Partitions: "2001-01-05..2001-01-07", Now: now}
	req.Only = []event.Step{{Name: "report"}, {Name: "delays", Key: "2001-01-06"}, {Name: "flights", Key: "2001-01-05"}}
	p, err := Build(req)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"flights[2001-01-05]", "delays[2001-01-06] < flights[2001-01-05]", "report < gate [1]"}, lines(p)); diff != "" {
		t.Errorf("plan differs (-want +got):\n%s", diff)
	}
	if _, ok := p.Lookup(event.Step{Name: "delays", Key: "2001-01-05"}); ok {
		t.Error("a step that was left out is found")
	}
	req.Only = []event.Step{{Name: "report"}}
	if p, err = Build(req); err != nil || len(p.Gates) != 0 || len(p.Steps) != 1 {
		t.Errorf("without its upstreams: %+v, %v", p, err)
	}
	req.Only = []event.Step{{Name: "delays", Key: "2001-02-06"}}
	if _, err = Build(req); err == nil || !strings.Contains(err.Error(), "step delays[2001-02-06] is not part of the run") {
		t.Errorf("an unknown step: %v", err)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	build := func(change func(*asset.Definition), partitions string, only ...event.Step) string {
		defs := []asset.Definition{
			{Name: "up", Partitions: open},
			{Name: "a", Partitions: open, Inputs: []asset.Input{input("up", partition.Mapping{})}},
			{Name: "other"},
		}
		change(&defs[1])
		g := resolved(t, defs...)
		p, err := Build(Request{Graph: g, Assets: []int{1, 0, 1}, Partitions: partitions, Only: only, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return p.Hash
	}
	none := func(*asset.Definition) {}
	want := build(none, "2001-01-01..2001-01-03")
	for why, got := range map[string]string{
		"the same keys in other words": build(none, "2001-01-03,2001-01-01..2001-01-02"),
		"a description":                build(func(d *asset.Definition) { d.Description = "new" }, "2001-01-01..2001-01-03"),
		"an end":                       build(func(d *asset.Definition) { d.Partitions = quarter }, "2001-01-01..2001-01-03"),
	} {
		if got != want {
			t.Errorf("%s changes the hash", why)
		}
	}
	for why, got := range map[string]string{
		"another key":    build(none, "2001-01-01..2001-01-04"),
		"a code version": build(func(d *asset.Definition) { d.CodeVersion = "2" }, "2001-01-01..2001-01-03"),
		"fewer steps":    build(none, "2001-01-01..2001-01-03", event.Step{Name: "a", Key: "2001-01-01"}),
	} {
		if got == want {
			t.Errorf("%s does not change the hash", why)
		}
	}
}

// drawPlan draws a graph with every mapping and a selection of it.
func drawPlan(t *rapid.T) (*asset.Graph, Request) {
	n := rapid.IntRange(1, 8).Draw(t, "assets")
	defs := make([]asset.Definition, n)
	for i := range defs {
		defs[i].Name = fmt.Sprintf("a%d", i)
		if rapid.Bool().Draw(t, "partitioned") {
			defs[i].Partitions = open
		}
		for range rapid.IntRange(0, 3).Draw(t, "inputs") {
			if i == 0 {
				continue
			}
			in := input(defs[rapid.IntRange(0, i-1).Draw(t, "upstream")].Name, partition.Mapping{})
			up := slices.IndexFunc(defs, func(d asset.Definition) bool { return d.Name == in.Asset })
			switch {
			case defs[up].Partitions != nil && defs[i].Partitions == nil:
				in.Mapping = all
			case defs[up].Partitions != nil:
				in.Mapping = rapid.SampledFrom([]partition.Mapping{{}, all, yesterday, {Kind: partition.Offset, Offset: 2}}).Draw(t, "mapping")
			}
			defs[i].Inputs = append(defs[i].Inputs, in)
		}
	}
	g, err := asset.Resolve(rapid.Permutation(defs).Draw(t, "declared"))
	if err != nil {
		t.Fatal(err)
	}
	var assets []int
	for i := range n {
		if rapid.Bool().Draw(t, "selected") {
			assets = append(assets, i)
		}
	}
	if assets == nil {
		assets = []int{0}
	}
	keys := rapid.SampledFrom([]string{"2001-01-01", "2001-01-01..2001-01-03", "2001-01-01,2001-01-03..2001-01-05,2001-02-10", "2001-02-08..2001-02-10"}).Draw(t, "keys")
	return g, Request{Graph: g, Assets: assets, Partitions: keys, Now: now}
}

// naiveEdges is what each step waits for, by asking every mapping about every
// pair of steps.
func naiveEdges(g *asset.Graph, p *Plan) map[[2]event.Step]bool {
	edges := make(map[[2]event.Step]bool)
	for _, step := range p.Steps {
		for _, e := range g.Upstreams(step.Asset) {
			m := g.Mapping(step.Asset, e.Input)
			for _, other := range p.Steps {
				if other.Asset != e.Asset {
					continue
				}
				match := m.Kind == partition.All || g.Space(e.Asset) == nil
				if !match {
					key, err := m.Upstream(g.Space(step.Asset), g.Space(e.Asset), step.ID.Key, now)
					match = err == nil && key == other.ID.Key
				}
				if match {
					edges[[2]event.Step{other.ID, step.ID}] = true
				}
			}
		}
	}
	return edges
}

func TestPlanEqualsNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g, req := drawPlan(t)
		p, err := Build(req)
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[[2]event.Step]bool)
		for i, step := range p.Steps {
			before := slices.Clone(step.After)
			for _, gate := range step.Gates {
				before = append(before, p.Gates[gate].After...)
			}
			for _, b := range before {
				if int(b) >= i {
					t.Fatalf("%s waits for the later %s", step.ID, p.Steps[b].ID)
				}
				got[[2]event.Step{p.Steps[b].ID, step.ID}] = true
			}
			if !slices.IsSorted(step.After) || len(slices.Compact(slices.Clone(step.After))) != len(step.After) {
				t.Fatalf("%s waits for %v", step.ID, step.After)
			}
		}
		if diff := cmp.Diff(naiveEdges(g, p), got); diff != "" {
			t.Fatalf("edges differ (-want +got):\n%s", diff)
		}
		order := func(a, b Step) int {
			if a.Asset != b.Asset {
				return g.Rank(a.Asset) - g.Rank(b.Asset)
			}
			return strings.Compare(string(a.ID.Key), string(b.ID.Key)) // days sort as text
		}
		if !slices.IsSortedFunc(p.Steps, order) {
			t.Fatalf("steps are out of order: %v", lines(p))
		}
	})
}

package asset

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rivers.io/runtime/partition"
)

// on makes data inputs from upstreams of the same partitions.
func on(names ...string) []Input {
	inputs := make([]Input, len(names))
	for i, name := range names {
		inputs[i] = Input{Asset: name, Kind: Data}
	}
	return inputs
}

// chain declares assets by "name: upstream upstream" lines.
func chain(lines ...string) []Definition {
	defs := make([]Definition, len(lines))
	for i, line := range lines {
		name, upstreams, _ := strings.Cut(line, ":")
		defs[i] = Definition{Name: name, Inputs: on(strings.Fields(upstreams)...), Site: Site{File: "main.go", Line: i + 1}}
	}
	return defs
}

func mustResolve(t testing.TB, defs []Definition) *Graph {
	t.Helper()
	g, err := Resolve(defs)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var january = &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-01-31"}

func TestResolveLinksAssets(t *testing.T) {
	t.Parallel()
	defs := chain("flights", "delays: flights", "report: delays airports", "airports")
	defs[0].Partitions, defs[1].Partitions = january, &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-01-31"}
	defs[2].Inputs[0].Mapping = partition.Mapping{Kind: partition.All}
	g := mustResolve(t, defs)
	if g.Len() != 4 || g.At(1).Name != "delays" {
		t.Fatalf("graph of %d assets", g.Len())
	}
	if i, ok := g.Index("report"); !ok || i != 2 {
		t.Errorf("Index = %d, %v", i, ok)
	}
	if _, ok := g.Index("x"); ok {
		t.Error("an unknown name has an index")
	}
	if diff := cmp.Diff([]Edge{{Asset: 1, Input: 0}, {Asset: 3, Input: 1}}, g.Upstreams(2)); diff != "" {
		t.Errorf("upstreams differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Edge{{Asset: 2, Input: 1}}, g.Downstreams(3)); diff != "" {
		t.Errorf("downstreams differ (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{0, 1, 3, 2}, g.Order()); diff != "" {
		t.Errorf("order differs (-want +got):\n%s", diff)
	}
	if g.Rank(2) != 3 {
		t.Errorf("Rank = %d", g.Rank(2))
	}
	if g.Space(2) != nil || g.Space(0) == nil || g.Space(0) != g.Space(1) {
		t.Error("equal definitions do not share a space")
	}
	if m := g.Mapping(1, 0); m.Kind != partition.Identity {
		t.Errorf("default mapping %v", m)
	}
	if diff := cmp.Diff([]string{"report", "flights"}, g.Names([]int{2, 0})); diff != "" {
		t.Error(diff)
	}
	// The caller's slice is not the graph's.
	defs[0].Name = "changed"
	if g.At(0).Name != "flights" {
		t.Error("the graph follows the caller's slice")
	}
}

func TestResolveEmpty(t *testing.T) {
	t.Parallel()
	g := mustResolve(t, nil)
	if assets, err := g.Select(""); err != nil || len(assets) != 0 {
		t.Errorf("Select = %v, %v", assets, err)
	}
}

// Every problem has its row: the declarations, and what must be said.
func TestResolveProblems(t *testing.T) {
	t.Parallel()
	one := func(change func(*Definition)) []Definition {
		defs := chain("up", "a: up")
		change(&defs[1])
		return defs
	}
	long := strings.Repeat("x", 1<<17)
	cases := []struct {
		why  string
		defs []Definition
		want []string
	}{
		{"D-1 duplicate", chain("a", "b", "a"), []string{"a: the name is taken by another asset declared at main.go:1 (main.go:3)"}},
		{"D-3 no name", chain(""), []string{"asset without a name: the name is empty (main.go:1)"}},
		{"D-3 a slash", chain("a/b"), []string{`a/b: the name "a/b" does not match [A-Za-z_][A-Za-z0-9_.-]* (main.go:1)`}},
		{"D-3 a digit first", chain("1a"), []string{`does not match`}},
		{"D-3 two underscores", chain("a__b"), []string{`holds "__", which is reserved`}},
		{"D-3 too long", chain(strings.Repeat("a", 201)), []string{"the name has 201 bytes; the limit is 200"}},
		{"D-3 a group", one(func(d *Definition) { d.Group = "a b" }), []string{`group: the name "a b" does not match`}},
		{"D-4 reserved", one(func(d *Definition) {
			d.Metadata = map[string]string{"rivers/schema": "x", "delta/mode": "y", "ok": "z"}
		}), []string{`metadata key "delta/mode" is reserved: keys that begin with "delta/"`, `metadata key "rivers/schema" is reserved`}},
		{"D-4 executor", one(func(d *Definition) { d.Metadata = map[string]string{ExecutorKey: "cloud"} }), []string{`metadata rivers/executor "cloud" is unknown; known are inprocess and subprocess`}},
		{"D-4 no executor", one(func(d *Definition) { d.Metadata = map[string]string{ExecutorKey: ""} }), []string{`metadata rivers/executor is empty`}},
		{"D-4 two executors", one(func(d *Definition) {
			d.Executor, d.Metadata = "inprocess", map[string]string{ExecutorKey: "subprocess"}
		}), []string{`executor "inprocess" and metadata rivers/executor "subprocess" contradict each other`}},
		{"D-145 executor", one(func(d *Definition) { d.Executor = "cloud" }), []string{`a: executor "cloud" is unknown`}},
		{"D-56 unknown upstream", one(func(d *Definition) { d.Inputs[0].Asset = "upp" }), []string{`a: unknown upstream "upp" (did you mean up?) (main.go:2)`}},
		{"D-56 cycle", chain("a: c", "b: a", "c: b", "d: a"), []string{"a: cycle: a → b → c → a (main.go:1)"}},
		{"D-56 two cycles", chain("a: a", "x: y", "y: x"), []string{"a: cycle: a → a (main.go:1)", "x: cycle: x → y → x (main.go:2)"}},
		{"D-56 conflict", one(func(d *Definition) {
			d.Inputs = append(d.Inputs, Input{Asset: "up", Kind: Data, Optional: true})
		}), []string{`a: input "up" is declared twice with conflicting options`}},
		{"D-56 conflict among many", one(func(d *Definition) {
			for range 20 {
				d.Inputs = append(d.Inputs, d.Inputs[0])
			}
			d.Inputs[15].Optional = true
		}), []string{`a: input "up" is declared twice with conflicting options`}},
		{"D-52 unknown kind of input", one(func(d *Definition) { d.Inputs[0].Kind = "weak" }), []string{`input "up" has the unknown kind "weak"; known are data and lineage`}},
		{"D-71 bad partitions", one(func(d *Definition) {
			d.Partitions = &partition.Definition{Kind: partition.Daily, Start: "x", End: "y"}
		}), []string{`a: partitions: the start "x"`, `a: partitions: the end "y"`}},
		{"D-96 edge", one(func(d *Definition) { d.Inputs[0].Mapping = partition.Mapping{Kind: partition.Offset, Offset: 1} }), []string{`a: input "up": an offset mapping needs time partitions on both sides`}},
		{"D-101 complete", one(func(d *Definition) { d.Inputs[0].Complete = true }), []string{`a: input "up": complete needs the mapping all`}},
		{"D-129 retry", one(func(d *Definition) {
			d.Retry = &RetryPolicy{MaxRetries: -1, Backoff: Backoff{Jitter: 3}}
		}), []string{"a: retry: -1 retries", "a: retry: backoff: jitter 3"}},
		{"GPUs", one(func(d *Definition) { d.Compute = &Compute{GPU: -2} }), []string{"a: compute: -2 GPUs"}},
		{"labels", one(func(d *Definition) {
			d.Kinds, d.Tags, d.Owners, d.Resources = []string{""}, []string{" x"}, []string{"a\nb"}, []string{long}
		}), []string{"kind is empty", `tag " x" begins or ends`, `owner "a\nb" holds`, "resource has 131072 bytes; the limit is 200"}},
		{"many labels", one(func(d *Definition) { d.Tags = make([]string, 101) }), []string{"101 tags; the limit is 100"}},
		{"description", one(func(d *Definition) { d.Description = long }), []string{"the description has 131072 bytes; the limit is 65536"}},
		{"metadata", one(func(d *Definition) { d.Metadata = map[string]string{"": "x", "k": long} }), []string{"a metadata key is empty", `metadata "k" has 131072 bytes`}},
		{"code version and handler", one(func(d *Definition) { d.CodeVersion, d.Handler = " v1", "x\x00" }), []string{"the code version", "the handler"}},
		{"config", one(func(d *Definition) {
			d.Config = []ConfigField{{Name: "x", Default: []byte("{")}, {Name: "x"}, {}}
		}), []string{`config field "x" has a default that is not JSON`, `config field "x" is declared twice`, "the name of a config field is empty"}},
		{"many config fields", one(func(d *Definition) { d.Config = make([]ConfigField, 101) }), []string{"101 config fields; the limit is 100"}},
		{"many inputs", one(func(d *Definition) { d.Inputs = make([]Input, 1001) }), []string{"1001 inputs; the limit is 1000"}},
		{"many assets", make([]Definition, MaxAssets+1), []string{"the pipeline declares 100001 assets; the limit is 100000"}},
		{"all at once, in declaration order", chain("a: nothing", "b__", "a: a"), []string{
			`a: unknown upstream "nothing" (main.go:1)`, `b__: the name "b__" holds`, "a: the name is taken by another asset declared at main.go:1 (main.go:3)",
		}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			g, err := Resolve(c.defs)
			if g != nil {
				t.Error("a graph beside the error")
			}
			var problems Problems
			if !errors.As(err, &problems) {
				t.Fatalf("error %v is no Problems", err)
			}
			if len(problems) != len(c.want) {
				t.Fatalf("%d problems, want %d:\n%v", len(problems), len(c.want), err)
			}
			for i, line := range strings.Split(err.Error(), "\n") {
				if !strings.Contains(line, c.want[i]) {
					t.Errorf("line %d is %q, want it to say %q", i+1, line, c.want[i])
				}
			}
		})
	}
}

func TestManyMetadataEntries(t *testing.T) {
	t.Parallel()
	metadata := make(map[string]string)
	for i := range MaxMetadata + 1 {
		metadata[fmt.Sprint(i)] = "x"
	}
	if _, err := Resolve([]Definition{{Name: "a", Metadata: metadata}}); err == nil || !strings.Contains(err.Error(), "201 metadata entries; the limit is 200") {
		t.Errorf("error %v", err)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	t.Parallel()
	defs := make([]Definition, 3*maxProblems)
	for i := range defs {
		defs[i] = Definition{Name: fmt.Sprintf("a%d", i), Inputs: on("nowhere")}
	}
	_, err := Resolve(defs)
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != maxProblems+1 {
		t.Fatalf("%d problems", len(problems))
	}
	if last := problems[maxProblems].String(); last != "and more: 2000 further problems are not listed" {
		t.Errorf("the last problem is %q", last)
	}
}

func TestLongCycleIsShortened(t *testing.T) {
	t.Parallel()
	defs := make([]Definition, 5000)
	for i := range defs {
		defs[i] = Definition{Name: fmt.Sprintf("a%d", i), Inputs: on(fmt.Sprintf("a%d", (i+len(defs)-1)%len(defs)))}
	}
	_, err := Resolve(defs)
	if err == nil || !strings.Contains(err.Error(), "cycle: a0 → a1 → ") || !strings.HasSuffix(err.Error(), "→ … → a0") || len(err.Error()) > 300 {
		t.Errorf("error %v", err)
	}
}

func TestAllowedDeclarations(t *testing.T) {
	t.Parallel()
	defs := chain("up", "a")
	defs[1].Inputs = on("up", "up")
	defs[0].Partitions, defs[1].Partitions = january, january
	defs[1].Inputs[1].Mapping = partition.Mapping{Kind: partition.Offset, Offset: -1}
	defs[1].Inputs = append(defs[1].Inputs, Input{Asset: "up", Kind: Lineage}, Input{Asset: "up", Kind: Data, Mapping: partition.Mapping{Kind: partition.All}, Complete: true}, defs[1].Inputs[0])
	defs[1].Metadata = map[string]string{ExecutorKey: ExecutorSubprocess, "owner": "ops"}
	defs[0].Executor = ExecutorInProcess
	g := mustResolve(t, defs)
	if g.Executor(1) != ExecutorSubprocess || g.Executor(0) != ExecutorInProcess {
		t.Errorf("executors %q, %q", g.Executor(0), g.Executor(1))
	}
	if len(g.Upstreams(1)) != 5 {
		t.Errorf("upstreams %v", g.Upstreams(1))
	}
	// Optional inputs may look beyond the upstream's range.
	defs = chain("up", "a: up")
	defs[0].Partitions = &partition.Definition{Kind: partition.Daily, Start: "2001-01-15", End: "2001-01-31"}
	defs[1].Partitions = january
	if _, err := Resolve(defs); err == nil {
		t.Error("identity beyond the upstream's range is legal")
	}
	defs[1].Inputs[0].Optional = true
	mustResolve(t, defs)
}

func TestSiteString(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Site{"": {Line: 3}, "a.go": {File: "a.go"}, "a.go:3": {File: "a.go", Line: 3}} {
		if got := s.String(); got != want {
			t.Errorf("String = %q, want %q", got, want)
		}
	}
	if got := (Problem{Asset: "a", Message: "m"}).String(); got != "a: m" {
		t.Errorf("String = %q", got)
	}
}

// drawGraph draws declarations without cycles in any declaration order.
func drawGraph(t *rapid.T) []Definition {
	n := rapid.IntRange(1, 14).Draw(t, "assets")
	defs := make([]Definition, n)
	for i := range defs {
		defs[i].Name = fmt.Sprintf("a%d", i)
		defs[i].Group = rapid.SampledFrom([]string{"", "g1", "g2"}).Draw(t, "group")
		defs[i].Tags = rapid.SampledFrom([][]string{nil, {"t1"}, {"t1", "t2"}}).Draw(t, "tags")
		for range rapid.IntRange(0, 3).Draw(t, "inputs") {
			if i > 0 {
				defs[i].Inputs = append(defs[i].Inputs, on(fmt.Sprintf("a%d", rapid.IntRange(0, i-1).Draw(t, "upstream")))...)
			}
		}
	}
	return rapid.Permutation(defs).Draw(t, "declared")
}

// naiveOrder picks the first declared asset whose upstreams are all taken.
func naiveOrder(defs []Definition) []int {
	taken := map[string]bool{}
	var order []int
	for len(order) < len(defs) {
		for i := range defs {
			free := !taken[defs[i].Name]
			for _, in := range defs[i].Inputs {
				free = free && taken[in.Asset]
			}
			if free {
				taken[defs[i].Name] = true
				order = append(order, i)
				break
			}
		}
	}
	return order
}

func TestOrderEqualsNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		defs := drawGraph(t)
		g, err := Resolve(defs)
		if err != nil {
			t.Fatal(err)
		}
		if want := naiveOrder(defs); !slices.Equal(g.Order(), want) {
			t.Fatalf("order %v, want %v", g.Order(), want)
		}
		edges := 0
		for i := range defs {
			for _, e := range g.Upstreams(i) {
				if g.Rank(e.Asset) >= g.Rank(i) {
					t.Fatalf("%s comes after its consumer %s", g.At(e.Asset).Name, g.At(i).Name)
				}
				if !slices.Contains(g.Downstreams(e.Asset), Edge{Asset: i, Input: e.Input}) {
					t.Fatalf("edge %v of %d is missing downstream", e, i)
				}
			}
			edges += len(g.Downstreams(i)) - len(g.Upstreams(i))
		}
		if edges != 0 {
			t.Fatalf("%d more edges downstream than upstream", edges)
		}
	})
}

// A cycle is reported exactly when no order exists, and its path is one.
func TestCyclesAreFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "assets")
		defs := make([]Definition, n)
		consumes := map[[2]string]bool{}
		for i := range defs {
			defs[i].Name = fmt.Sprintf("a%d", i)
			for range rapid.IntRange(0, 2).Draw(t, "inputs") {
				up := fmt.Sprintf("a%d", rapid.IntRange(0, n-1).Draw(t, "upstream"))
				defs[i].Inputs = append(defs[i].Inputs, on(up)...)
				consumes[[2]string{up, defs[i].Name}] = true
			}
		}
		_, err := Resolve(defs)
		reach := map[[2]string]bool{}
		for e := range consumes {
			reach[e] = true
		}
		for k := range defs {
			for i := range defs {
				for j := range defs {
					if reach[[2]string{defs[i].Name, defs[k].Name}] && reach[[2]string{defs[k].Name, defs[j].Name}] {
						reach[[2]string{defs[i].Name, defs[j].Name}] = true
					}
				}
			}
		}
		knots := map[string]bool{}
		for i := range defs {
			if !reach[[2]string{defs[i].Name, defs[i].Name}] {
				continue
			}
			mutual := func(j int) bool {
				return reach[[2]string{defs[i].Name, defs[j].Name}] && reach[[2]string{defs[j].Name, defs[i].Name}]
			}
			first := true
			for j := range i {
				first = first && !mutual(j)
			}
			if first {
				knots[defs[i].Name] = true
			}
		}
		var problems Problems
		errors.As(err, &problems)
		if len(problems) != len(knots) {
			t.Fatalf("%d problems, want one at each of %v: %v", len(problems), knots, err)
		}
		for _, p := range problems {
			path := strings.Split(strings.TrimPrefix(p.Message, "cycle: "), " → ")
			if !knots[p.Asset] || path[0] != p.Asset || path[len(path)-1] != p.Asset || len(path) < 2 {
				t.Fatalf("problem %v at none of %v", p, knots)
			}
			for i := range len(path) - 1 {
				if !consumes[[2]string{path[i], path[i+1]}] {
					t.Fatalf("%s does not feed %s in %v", path[i], path[i+1], path)
				}
			}
		}
	})
}

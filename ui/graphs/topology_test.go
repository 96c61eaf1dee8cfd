package graphs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rivers.io/runtime/asset"
	"rivers.io/ui/graphs"
	"rivers.io/ui/graphs/synthetic"
)

func define(name, group string, inputs ...string) asset.Definition {
	d := asset.Definition{Name: name, Group: group}
	for _, in := range inputs {
		kind := asset.Data
		if after, ok := strings.CutPrefix(in, "~"); ok {
			in, kind = after, asset.Lineage
		}
		d.Inputs = append(d.Inputs, asset.Input{Asset: in, Kind: kind})
	}
	return d
}

// river is raw → clean → joined → report with a side arm.
func river() *graphs.Topology {
	return graphs.FromDefinitions([]asset.Definition{
		define("raw", "in"), define("clean", "in", "raw"), define("codes", ""),
		define("joined", "mid", "clean", "codes"), define("report", "out", "joined", "~codes"), define("archive", "out", "joined", "unknown"),
	})
}

func names(t *graphs.Topology) []string {
	var out []string
	for _, n := range t.Nodes {
		out = append(out, n.Name)
	}
	return out
}

func edges(t *graphs.Topology) []string {
	var out []string
	for _, e := range t.Edges {
		arrow := "→"
		if e.Lineage {
			arrow = "⇢"
		}
		out = append(out, t.Nodes[e.From].Name+arrow+t.Nodes[e.To].Name)
	}
	slices.Sort(out)
	return out
}

func TestDefinitionsBecomeEdges(t *testing.T) {
	want := []string{"clean→joined", "codes→joined", "codes⇢report", "joined→archive", "joined→report", "raw→clean"}
	if diff := cmp.Diff(want, edges(river())); diff != "" {
		t.Error(diff)
	}
}

func TestNeighbourhood(t *testing.T) {
	for _, c := range []struct {
		reason, name string
		up, down     int
		want         []string
	}{
		{"one level both ways", "joined", 1, 1, []string{"clean", "codes", "joined", "report", "archive"}},
		{"nothing but itself", "joined", 0, 0, []string{"joined"}},
		{"all upstream", "joined", -1, 0, []string{"raw", "clean", "codes", "joined"}},
		{"siblings are neither above nor below", "report", 1, 1, []string{"codes", "joined", "report"}},
	} {
		part, focus, err := river().Neighbourhood(c.name, c.up, c.down)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, names(part)); diff != "" {
			t.Errorf("%s: %s", c.reason, diff)
		}
		if part.Nodes[focus].Name != c.name {
			t.Errorf("%s: the focus is %s", c.reason, part.Nodes[focus].Name)
		}
	}
	_, _, err := river().Neighbourhood("nobody", 1, 1)
	if !graphs.IsNotFound(err) || err.Error() != `no asset is called "nobody"` {
		t.Errorf("unknown asset: %v", err)
	}
}

func TestCollapse(t *testing.T) {
	part, err := river().Collapse([]string{"in", "out"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"in", "codes", "joined", "out"}, names(part)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"codes→joined", "codes⇢out", "in→joined", "joined→out"}, edges(part)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int32{4, 5}, part.Nodes[3].Declared); diff != "" {
		t.Error(diff)
	}
	if _, err := river().Collapse([]string{"in", "nowhere"}); !graphs.IsNotFound(err) {
		t.Errorf("unknown group: %v", err)
	}
}

func TestHashTellsTopologiesApart(t *testing.T) {
	base := river()
	if base.Hash() != river().Hash() {
		t.Error("equal topologies have different hashes")
	}
	seen := map[string]string{base.Hash(): "base"}
	for name, change := range map[string]func(*graphs.Topology){
		"name":       func(t *graphs.Topology) { t.Nodes[0].Name = "rawer" },
		"group":      func(t *graphs.Topology) { t.Nodes[0].Group = "out" },
		"kinds":      func(t *graphs.Topology) { t.Nodes[0].Kinds = []string{"go"} },
		"split":      func(t *graphs.Topology) { t.Nodes[0].Kinds = []string{"g", "o"} },
		"partitions": func(t *graphs.Topology) { t.Nodes[0].Partitions = "daily" },
		"edge":       func(t *graphs.Topology) { t.Edges = t.Edges[1:] },
		"lineage":    func(t *graphs.Topology) { t.Edges[0].Lineage = true },
		"order":      func(t *graphs.Topology) { t.Nodes[0], t.Nodes[1] = t.Nodes[1], t.Nodes[0] },
	} {
		other := river()
		change(other)
		if same, ok := seen[other.Hash()]; ok {
			t.Errorf("%s has the hash of %s", name, same)
		}
		seen[other.Hash()] = name
	}
}

// sums undoes a delta column.
func sums(deltas []int32) []int32 {
	out := slices.Clone(deltas)
	for i := 1; i < len(out); i++ {
		out[i] += out[i-1]
	}
	return out
}

func TestWireCarriesTheTopology(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topology := graphs.FromDefinitions(synthetic.Definitions(rapid.IntRange(1, 300).Draw(t, "assets")))
		d, err := graphs.Draw(topology, -1)
		if err != nil {
			t.Fatal(err)
		}
		var w graphs.Wire
		if err := json.Unmarshal(d.JSON, &w); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(names(topology), w.Names); diff != "" {
			t.Fatal(diff)
		}
		for i, n := range topology.Nodes {
			if w.Groups[w.Group[i]] != n.Group || w.Partitions[w.Partition[i]] != n.Partitions || !slices.Equal(w.KindSets[w.Kinds[i]], n.Kinds) {
				t.Fatalf("node %d is %s %s %v", i, w.Groups[w.Group[i]], w.Partitions[w.Partition[i]], w.KindSets[w.Kinds[i]])
			}
		}
		from, to := sums(w.From), sums(w.To)
		lineage := make(map[int32]bool)
		for _, e := range sums(w.Lineage) {
			lineage[e] = true
		}
		var got []string
		for i := range from {
			arrow := "→"
			if lineage[int32(i)] {
				arrow = "⇢"
			}
			got = append(got, w.Names[from[i]]+arrow+w.Names[to[i]])
		}
		slices.Sort(got)
		if diff := cmp.Diff(edges(topology), got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestCacheDrawsOnce(t *testing.T) {
	cache := graphs.NewCache()
	var all sync.Map
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			d, err := cache.Draw(t.Context(), river(), -1)
			if err != nil {
				t.Error(err)
			}
			all.Store(d, true)
		})
	}
	wait.Wait()
	count := 0
	all.Range(func(any, any) bool { count++; return true })
	if count != 1 {
		t.Errorf("%d drawings of one topology", count)
	}
	for i := range 300 {
		if _, err := cache.Draw(t.Context(), graphs.FromDefinitions([]asset.Definition{define(fmt.Sprint("a", i), "")}), -1); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCacheLetsGoOfImpatientCallers(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	// A finished drawing may win the race against a canceled context; both are
	// right, an error of another kind is not.
	if _, err := graphs.NewCache().Draw(ctx, river(), -1); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func handler() http.Handler {
	return graphs.Handler(graphs.NewCache(), func(*http.Request) (*graphs.Topology, error) { return river(), nil },
		func(w http.ResponseWriter, _ *http.Request, err error) {
			status := http.StatusBadRequest
			if graphs.IsNotFound(err) {
				status = http.StatusNotFound
			}
			http.Error(w, err.Error(), status)
		})
}

func get(h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandler(t *testing.T) {
	for _, c := range []struct {
		reason, target string
		status         int
		body           string
	}{
		{"the whole", "/", 200, `"names":["raw","clean","codes","joined","report","archive"]`},
		{"a neighbourhood", "/?focus=joined&up=all&down=0", 200, `"names":["raw","clean","codes","joined"]`},
		{"a collapsed group", "/?collapse=in", 200, `"names":["in","codes","joined","report","archive"]`},
		{"an unknown focus", "/?focus=x", 404, `no asset is called "x"`},
		{"an unknown group", "/?collapse=x", 404, `no group is called "x"`},
		{"a bad depth", "/?focus=joined&up=-1", 400, `up: "-1" is neither a number from 0 to 1000 nor "all"`},
		{"another bad depth", "/?focus=joined&down=deep", 400, `down: "deep" is neither`},
	} {
		w := get(handler(), c.target)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: %d %s, want %d with %s", c.reason, w.Code, w.Body, c.status, c.body)
		}
	}
}

func TestHandlerComparesAndCompresses(t *testing.T) {
	h := handler()
	first := get(h, "/")
	tag := first.Header().Get("ETag")
	if w := get(h, "/", "If-None-Match", tag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("an equal tag is answered with %d and %d bytes", w.Code, w.Body.Len())
	}
	if w := get(h, "/", "If-None-Match", `"other"`); w.Code != http.StatusOK {
		t.Errorf("another tag is answered with %d", w.Code)
	}
	if w := get(h, "/", "Accept-Encoding", "br, gzip;q=0.8"); w.Header().Get("Content-Encoding") != "gzip" {
		t.Error("gzip is not taken")
	}
	if w := get(h, "/", "Accept-Encoding", "gzip;q=0"); w.Header().Get("Content-Encoding") != "" {
		t.Error("gzip is sent to who refuses it")
	}
}

func TestStatuses(t *testing.T) {
	h := graphs.StatusHandler(func(*http.Request) (graphs.StatusWire, error) {
		return graphs.NewStatusWire("source", []graphs.Status{graphs.Materialized, graphs.Failed, graphs.Missing}), nil
	}, nil)
	if w := get(h, "/"); w.Body.String() != `{"source":"source","letters":"mf-"}` {
		t.Error(w.Body)
	}
}

// BenchmarkDraw reports what a graph page sends.
func BenchmarkDraw(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000, 50_000} {
		topology := graphs.FromDefinitions(synthetic.Definitions(n))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				d, err := graphs.Draw(topology, -1)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(d.JSON)), "bytes")
				b.ReportMetric(float64(len(d.Gzip)), "gzip-bytes")
			}
		})
	}
}

// BenchmarkServe answers from the cache, as every request but the first.
func BenchmarkServe(b *testing.B) {
	topology := graphs.FromDefinitions(synthetic.Definitions(10_000))
	h := graphs.Handler(graphs.NewCache(), func(*http.Request) (*graphs.Topology, error) { return topology, nil }, nil)
	get(h, "/")
	for b.Loop() {
		get(h, "/", "Accept-Encoding", "gzip")
	}
}

package ui_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/store"
	"rivers.io/ui/graphs"
	"rivers.io/ui/uitest"
)

// answer decodes what an address answers.
func answer[T any](t *testing.T, h http.Handler, path string) T {
	t.Helper()
	w := get(t, h, path)
	var out T
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: status %d, %v: %.300s", path, w.Code, err, w.Body)
	}
	return out
}

// TestRunGraph draws the assets of a run alone, coloured by their steps (S-65).
func TestRunGraph(t *testing.T) {
	s := newSite(t, uitest.Options{})
	run := runIn(t, s, store.Failed)
	path := home + "/runs/" + run.ID
	drawing := answer[struct{ Source string }](t, s.Server, path+"/graph.json")
	states := answer[graphs.StatusWire](t, s.Server, path+"/graph/status.json")
	if drawing.Source != states.Source || len(states.Letters) != len(run.Created.Assets) || states.Letters[0] != 'f' {
		t.Errorf("%q has states %+v of %v", drawing.Source, states, run.Created.Assets)
	}
	page := get(t, s.Server, path+"?tab=graph&asset=flights").Body.String()
	for _, want := range []string{"rivers-graph", `href="` + home + `/assets/flights"`, "step=flights&amp;tab=logs", "2001-02-21", "1 step"} {
		if !strings.Contains(page, want) {
			t.Errorf("the drawer lacks %q", want)
		}
	}
	working := runIn(t, s, store.Started)
	wire := answer[graphs.StatusWire](t, s.Server, home+"/runs/"+working.ID+"/graph/status.json")
	if !strings.Contains(wire.Letters, "r") || len(wire.Notes) == 0 {
		t.Errorf("a run at work: %+v", wire)
	}
	list := get(t, s.Server, home+"/runs/"+working.ID+"?tab=graph").Body.String()
	for _, name := range working.Created.Assets {
		if !strings.Contains(list, "tab=graph&amp;asset="+name) && !strings.Contains(list, "asset="+name+"&amp;tab=graph") {
			t.Errorf("the list without script does not lead to %s", name)
		}
	}
	if w := get(t, s.Server, home+"/runs/"+working.ID+"?tab=graph&asset=publish-nothing"); w.Code != http.StatusNotFound {
		t.Errorf("an asset that is not in the run: status %d", w.Code)
	}
}

// TestNodeFacts says beside the lineage what is known of a node.
func TestNodeFacts(t *testing.T) {
	s := newSite(t, uitest.Options{})
	for _, c := range []struct {
		reason, asset string
		want          []string
	}{
		{"why it is stale, with links", "monthly_report", []string{"Stale because", home + "/assets/delays", " changed ", "route_network", "Materialized"}},
		{"counts of partitions", "delays", []string{" of 91 materialized", "tab=partitions"}},
		{"nothing yet", "weather", []string{"never", "missing"}},
	} {
		w := get(t, s.Server, home+"/graph/facts?asset="+c.asset)
		for _, want := range c.want {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: status %d without %q", c.reason, w.Code, want)
			}
		}
	}
	if w := get(t, s.Server, home+"/graph/facts?asset=nope"); w.Code != http.StatusNotFound {
		t.Errorf("an unknown asset: status %d", w.Code)
	}
	var partitioned []int
	for i, note := range answer[graphs.StatusWire](t, s.Server, home+"/graph/status.json").Notes {
		if strings.Contains(note, "/") {
			partitioned = append(partitioned, i)
		}
	}
	slices.Sort(partitioned)
	if d := cmp.Diff([]int{1, 2, 3, 4, 6}, partitioned); d != "" {
		t.Errorf("the nodes with counts: %s", d)
	}
}

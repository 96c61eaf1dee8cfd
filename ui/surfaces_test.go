package ui_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/ui"
	"rivers.io/ui/uitest"
)

// linksIn returns the addresses of a page's links below a prefix.
func linksIn(page, prefix string) []string {
	out := []string{}
	for _, m := range regexp.MustCompile(`href="(`+regexp.QuoteMeta(prefix)+`[^"]*)"`).FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

// TestSwitcherKeepsTheSection leads to the same section of another location, not
// to an item that it may not have (S-52).
func TestSwitcherKeepsTheSection(t *testing.T) {
	s := newSite(t, uitest.Options{})
	const other = "/locations/local/weather"
	for from, to := range map[string]string{
		home:                                 other,
		home + "/assets?q=delay":             other + "/assets",
		home + "/assets/delays?tab=lineage":  other + "/assets",
		home + "/runs?status=failure":        other + "/runs",
		home + "/graph":                      other + "/graph",
		home + "/deployment":                 other + "/deployment",
		home + "/search?q=delays":            other,
		home + "/materialize?asset=airports": other + "/assets",
	} {
		found := linksIn(get(t, s.Server, from).Body.String(), other)
		if d := cmp.Diff([]string{to}, found); d != "" {
			t.Errorf("from %s: %s", from, d)
		}
	}
}

// TestAssetsAreFiltered narrows the list by what an asset says about itself
// (S-58).
func TestAssetsAreFiltered(t *testing.T) {
	s := newSite(t, uitest.Options{})
	row := regexp.MustCompile(`<tr id="asset-([^"]+)"`)
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"?group=core", []string{"delay_trend", "delays", "route_network"}},
		{"?kind=csv", []string{"airports", "weather"}},
		{"?tag=source", []string{"flights", "weather"}},
		{"?group=ingest&kind=csv&tag=reference", []string{"airports"}},
		{"?status=missing", []string{"weather"}},
		{"?q=punctuality", []string{"carrier_scores", "monthly_report"}},
		{"?q=nothing-is-called-so", []string{}},
	} {
		got := []string{}
		for _, m := range row.FindAllStringSubmatch(get(t, s.Server, home+"/assets"+c.query).Body.String(), -1) {
			got = append(got, m[1])
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.query, d)
		}
	}
}

// TestStaleKeys says of a partitioned asset how many keys are stale, and of each
// why, in the words of the API (D-70).
func TestStaleKeys(t *testing.T) {
	s := newSite(t, uitest.Options{})
	page := get(t, s.Server, home+"/assets/carrier_scores?tab=partitions").Body.String()
	for _, want := range []string{`id="stale-keys"`, "4 of 4 materialized keys stale", `title="delays changed"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page := get(t, s.Server, home+"/assets/flights?tab=partitions").Body.String(); strings.Contains(page, `title="delays changed"`) || !strings.Contains(page, "0 of ") {
		t.Error("a source has stale keys")
	}
}

// TestHistoryOfAnAsset shows every kind of event or materializations alone, by
// pages (S-60).
func TestHistoryOfAnAsset(t *testing.T) {
	s := newSite(t, uitest.Options{})
	const path = home + "/assets/flights?tab=events"
	all := get(t, s.Server, path).Body.String()
	if !strings.Contains(all, "<dt>Error</dt>") || !strings.Contains(all, "<dt>Data version</dt>") || len(linksIn(all, home+"/runs/")) == 0 {
		t.Error("the history lacks a failure, a version or a link to a run")
	}
	made := get(t, s.Server, path+"&only=materializations").Body.String()
	if strings.Contains(made, "<dt>Error</dt>") || !strings.Contains(made, "<dt>Data version</dt>") {
		t.Error("materializations alone hold a failure, or nothing")
	}
	next := regexp.MustCompile(`href="([^"]*after=[^"]*)"`).FindStringSubmatch(made)
	if next == nil {
		t.Fatal("there is no second page")
	}
	if w := get(t, s.Server, strings.ReplaceAll(next[1], "&amp;", "&")); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<dt>Data version</dt>") {
		t.Errorf("the second page: status %d", w.Code)
	}
	if w := get(t, s.Server, path+"&only=zzz"); w.Code != http.StatusBadRequest {
		t.Errorf("an unknown kind of events: status %d", w.Code)
	}
}

// TestLiveCounters answers the figures of the stream (S-94).
func TestLiveCounters(t *testing.T) {
	s := newSite(t, uitest.Options{})
	w := get(t, s.Server, "/debug/live")
	var got map[string]int
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"connections": 0, "locations": 0, "hints": 0, "events": 0, "reconnects": 0}
	if d := cmp.Diff(want, got); d != "" || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%s: %s", w.Header().Get("Content-Type"), d)
	}
}

// TestReadingGoesOnWhileDown opens every page that needs only the store (S-52).
func TestReadingGoesOnWhileDown(t *testing.T) {
	s := newSite(t, uitest.Options{})
	all := pages(t, s)
	s.Locations.Set(ui.Location{Namespace: "local", Name: "aviation", ID: uitest.Identity, Phase: ui.PhaseFailed, Message: "The pipeline exited with status 1."})
	for path := range all {
		if w := get(t, s.Server, path); w.Code != http.StatusOK {
			t.Errorf("%s: status %d: %.200s", path, w.Code, w.Body)
		}
	}
}

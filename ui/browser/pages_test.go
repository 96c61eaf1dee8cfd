package browser

import (
	_ "embed"
	"encoding/json"
	"strings"
	"testing"

	"rivers.io/internal/chromium"
	"rivers.io/runtime/store"
	"rivers.io/ui"
	"rivers.io/ui/uitest"
)

//go:embed testdata/axe/axe.min.js
var axe string

const home = "/locations/local/aviation"

// runOf returns the newest run in a state.
func (s *site) runOf(t *testing.T, status store.Status) string {
	t.Helper()
	runs, _, err := s.Writer.Location(uitest.Identity).ListRuns(t.Context(), store.RunFilter{Status: []store.Status{status}}, store.Page{Size: 1})
	if err != nil || len(runs) == 0 {
		t.Fatalf("no run is %s: %v", status, err)
	}
	return runs[0].ID
}

// TestEveryPage opens each page in both themes: no script error, no breach of the
// policy, nothing that axe objects to; and keeps a picture.
func TestEveryPage(t *testing.T) {
	s := newSite(t, uitest.Options{})
	failed, working := s.runOf(t, store.Failed), s.runOf(t, store.Started)
	for _, c := range []struct{ name, path, ready string }{
		{"overview", home, ""},
		{"assets", home + "/assets?column=rows", ""},
		{"assets-none", home + "/assets?q=nothing-is-called-so", ""},
		{"asset", home + "/assets/delays", ""},
		{"asset-report", home + "/assets/monthly_report", ""},
		{"asset-events", home + "/assets/delays?tab=events", ""},
		{"asset-partitions", home + "/assets/delays?tab=partitions", ""},
		{"asset-lineage", home + "/assets/delays?tab=lineage", ""},
		{"asset-preview", home + "/assets/delays?tab=preview", ""},
		{"asset-missing", home + "/assets/weather", ""},
		{"graph", home + "/graph", ""},
		{"runs", home + "/runs", ""},
		{"run-failed", home + "/runs/" + failed, ""},
		{"run-working", home + "/runs/" + working, ""},
		{"run-events", home + "/runs/" + failed + "?tab=events", ""},
		{"run-logs", home + "/runs/" + failed + "?tab=logs", `document.querySelector(".log-view .log-line") !== null`},
		{"deployment", home + "/deployment", ""},
		{"materialize", home + "/materialize?selection=delays&partitions=2001-02-10..2001-02-24", `document.querySelector(".picker-row") !== null && document.querySelector("#launch-summary").innerText.length > 5`},
		{"search", home + "/search?q=del", ""},
		{"down", "/locations/local/weather", ""},
		{"not-found", "/locations/local/nowhere", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := s.open(t, c.path)
			if c.ready != "" {
				p.Until(c.ready)
			}
			for _, scheme := range chromium.Themes {
				p.Scheme(scheme)
				p.Shoot(c.name + "-" + scheme)
				p.accessible()
			}
			if c.name == "not-found" {
				p.Forgive("404")
			}
		})
	}
}

// accessible fails the test for everything that axe objects to.
func (p *page) accessible() {
	p.t.Helper()
	_ = eval[bool](p, axe+"; true")
	// The size of a line's number is that of the line, as WCAG 2.5.8 allows for
	// targets within text.
	raw := eval[string](p, `axe.run({exclude: [".log-line .ln"]}, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 160) + " … " + n.failureSummary.slice(0, 240))}))))`)
	var violations []struct {
		ID, Help string
		Nodes    []string
	}
	if err := json.Unmarshal([]byte(raw), &violations); err != nil {
		p.t.Fatal(err)
	}
	for _, v := range violations {
		p.t.Errorf("axe: %s: %s\n\t%s", v.ID, v.Help, strings.Join(v.Nodes[:min(len(v.Nodes), 4)], "\n\t"))
	}
}

func TestBuildError(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home)
	p.Until(`document.querySelector("rivers-live").dataset.state === "live"`)
	l := s.Locations.List()[0]
	l.BuildError = "# aviation\nassets.go:48:2: undefined: readDay\nassets.go:92:17: cannot use flights (type []Flight) as []Delay"
	s.Locations.Set(l)
	p.Until(`document.querySelector(".banner.bad pre")?.innerText.includes("undefined: readDay")`)
	for _, scheme := range chromium.Themes {
		p.Scheme(scheme)
		p.Shoot("build-error-" + scheme)
		p.accessible()
	}
	l.BuildError = ""
	s.Locations.Set(l)
	p.Until(`document.querySelector(".banner") === null`)
}

func TestEmptyLocation(t *testing.T) {
	s := newSite(t, uitest.Options{Empty: true})
	for _, c := range []struct{ name, path string }{{"empty-overview", home}, {"empty-assets", home + "/assets"}, {"empty-runs", home + "/runs"}} {
		p := s.open(t, c.path)
		p.Shoot(c.name)
		p.accessible()
	}
	s.Locations.Set(ui.Location{Namespace: "local", Name: "aviation", ID: uitest.Identity, Phase: ui.PhaseBuilding, Message: "go build is running."})
	p := s.open(t, "/")
	p.Until(`document.querySelector("h1").innerText === "Waiting for a code location"`)
	p.Shoot("waiting")
	p.accessible()
	s.Locations.Set(ui.Location{Namespace: "local", Name: "aviation", ID: uitest.Identity, Phase: ui.PhaseReady, Endpoint: "127.0.0.1:3001"})
	p.Until(`location.pathname === "` + home + `"`)
}

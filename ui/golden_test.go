package ui_test

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/store"
	"rivers.io/ui/uitest"
)

// update rewrites the goldens: go test ./ui -run Golden -update.
var update = flag.Bool("update", false, "rewrite the golden files")

// What differs from one history to the next is made equal before comparing.
var (
	uuids   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	shorts  = regexp.MustCompile(`>[0-9a-f]{8}<|Select run [0-9a-f]{8}|run [0-9a-f]{8}\?|exec-[0-9a-f]{8}|Delete run [0-9a-f]{8}|Cancel run [0-9a-f]{8}`)
	tokens  = regexp.MustCompile(`(name="token" value=")[^"]+`)
	between = regexp.MustCompile(`>\s*<`)
)

func normal(html string) string {
	html = uuids.ReplaceAllString(html, "UUID")
	html = shorts.ReplaceAllStringFunc(html, func(s string) string { return regexp.MustCompile(`[0-9a-f]{8}`).ReplaceAllString(s, "SHORT") })
	html = tokens.ReplaceAllString(html, "${1}TOKEN")
	return between.ReplaceAllString(html, ">\n<") + "\n"
}

// TestGolden compares each component, as the fragment of its page.
func TestGolden(t *testing.T) {
	s := newSite(t, uitest.Options{})
	failed, working := runIn(t, s, store.Failed).ID, runIn(t, s, store.Started).ID
	for _, c := range []struct{ name, path, fragment string }{
		{"rail", home, "rail"},
		{"overview", home, "overview"},
		{"assets-head", home + "/assets", "assets-head"},
		{"assets-list", home + "/assets?column=rows&sort=status", "assets-list"},
		{"asset-head", home + "/assets/monthly_report", "asset-head"},
		{"asset-overview", home + "/assets/monthly_report", "asset-overview"},
		{"asset-partitioned", home + "/assets/delays", "asset-overview"},
		{"asset-history", home + "/assets/route_network?tab=events", "asset-history"},
		{"asset-partitions", home + "/assets/carrier_scores?tab=partitions", "partitions-list"},
		{"asset-near", home + "/assets/delays?tab=lineage", "asset-near"},
		{"runs-head", home + "/runs", "runs-head"},
		{"runs-list", home + "/runs", "runs-list"},
		{"run-head-failed", home + "/runs/" + failed, "run-head"},
		{"run-steps-failed", home + "/runs/" + failed, "run-steps"},
		{"run-head-working", home + "/runs/" + working, "run-head"},
		{"run-events", home + "/runs/" + failed + "?tab=events", "run-events"},
		{"deployment", home + "/deployment", "deployment"},
		{"materialize", home + "/materialize?selection=monthly_report", "sheet"},
		{"search", home + "/search?q=delay", "results"},
		{"banner-down", "/locations/local/weather", "banners"},
	} {
		r := request(t.Context(), http.MethodGet, c.path, "")
		r.Header.Set("Rivers-Fragments", c.fragment)
		got := normal(do(t, s.Server, r).Body.String())
		file := filepath.Join("testdata", "golden", c.name+".html")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
			t.Errorf("%s differs (refresh with -update if it is meant to):\n%s", c.name, d)
		}
	}
}

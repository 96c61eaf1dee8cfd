package ui_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"rivers.io/runtime/store"
	"rivers.io/ui"
	"rivers.io/ui/uitest"
)

// present is the end of the history that the tests look at.
var present = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const home = "/locations/local/aviation"

// newSite opens a filled site that stands still at present.
func newSite(t *testing.T, o uitest.Options) *uitest.Site {
	t.Helper()
	o.Dir, o.Now, o.Logger = t.TempDir(), present, slog.New(slog.DiscardHandler)
	s, err := uitest.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// request makes a request as a browser on this machine sends it.
func request(ctx context.Context, method, path, body string) *http.Request {
	r := httptest.NewRequestWithContext(ctx, method, "http://127.0.0.1:3000"+path, strings.NewReader(body))
	r.Header.Set("Accept", "text/html")
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func do(t *testing.T, h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func get(t *testing.T, h http.Handler, path string) *httptest.ResponseRecorder {
	t.Helper()
	return do(t, h, request(t.Context(), http.MethodGet, path, ""))
}

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

// post sends a form with the token of a page.
func post(t *testing.T, h http.Handler, path string, fields url.Values) *httptest.ResponseRecorder {
	t.Helper()
	found := tokenField.FindStringSubmatch(get(t, h, home+"/runs").Body.String())
	if found == nil {
		t.Fatal("the page carries no form token")
	}
	fields.Set("token", found[1])
	return do(t, h, request(t.Context(), http.MethodPost, path, fields.Encode()))
}

// runIn returns the newest run in a state.
func runIn(t *testing.T, s *uitest.Site, status store.Status) store.Run {
	t.Helper()
	runs, _, err := s.Writer.Location(uitest.Identity).ListRuns(t.Context(), store.RunFilter{Status: []store.Status{status}}, store.Page{Size: 1})
	if err != nil || len(runs) == 0 {
		t.Fatalf("no run is %s: %v", status, err)
	}
	return runs[0]
}

// pages are the addresses of every page, with the words that each must open with.
func pages(t *testing.T, s *uitest.Site) map[string]string {
	failed, working := runIn(t, s, store.Failed).ID, runIn(t, s, store.Started).ID
	return map[string]string{
		home:                               "3 of 9 assets are stale: delays changed",
		home + "/assets":                   "3 of 9 assets want attention.",
		home + "/assets?q=delay":           "3 of 9 assets want attention.",
		home + "/assets/delays":            "delays is being materialized.",
		home + "/assets/airports":          "airports is up to date, materialized",
		home + "/assets/publish":           "publish is stale: monthly_report is stale itself.",
		home + "/assets/weather":           "weather was never materialized.",
		home + "/assets/delays?tab=events": "delays is being",
		home + "/assets/delays?tab=partitions&only=missing":         "delays is being",
		home + "/assets/delays?tab=lineage":                         "delays is being",
		home + "/assets/delays?tab=preview&partition=2001-01-03":    "delays is being",
		home + "/assets/monthly_report":                             "monthly_report is stale: delays changed; route_network is stale itself.",
		home + "/runs":                                              "1 run in progress, 1 waiting.",
		home + "/runs?status=failure":                               "1 run in progress",
		home + "/runs/" + failed:                                    "Failed after 15\u202fs: flights[2001-02-21] failed, 2 steps were skipped.",
		home + "/runs/" + failed + "?tab=events":                    "Failed after",
		home + "/runs/" + failed + "?tab=logs&level=WARN&q=clipped": "Failed after",
		home + "/runs/" + working:                                   "Running: 6 of 18 steps done, 2 at work.",
		home + "/graph":                                             "9 assets, 10 edges, 3 want attention.",
		home + "/deployment":                                        "Build 7c1f0e3b9a5d serves 9 assets.",
		home + "/materialize?asset=flights&asset=delays":            "Materialize",
		home + "/search?q=delays":                                   "Search",
	}
}

func TestEveryPageOpensWithItsSentence(t *testing.T) {
	s := newSite(t, uitest.Options{})
	heading := regexp.MustCompile(`(?s)<h1[^>]*>(.*?)</h1>`)
	for path, want := range pages(t, s) {
		w := get(t, s.Server, path)
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d: %.300s", path, w.Code, w.Body)
			continue
		}
		found := heading.FindAllStringSubmatch(w.Body.String(), -1)
		if len(found) != 1 {
			t.Errorf("%s has %d first headings", path, len(found))
			continue
		}
		text := regexp.MustCompile(`<span class="vh">[^<]*</span>|<[^>]+>`).ReplaceAllString(found[0][1], "")
		if !strings.HasPrefix(strings.TrimSpace(text), want) {
			t.Errorf("%s opens with %q, want %q", path, text, want)
		}
	}
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := ui.New(ui.Config{})
	if err == nil {
		t.Fatal("an empty configuration is accepted")
	}
	for _, field := range []string{"Store", "Locations", "Logger"} {
		if !strings.Contains(err.Error(), "Config."+field) {
			t.Errorf("the error does not name %s: %v", field, err)
		}
	}
}

func TestErrors(t *testing.T) {
	s := newSite(t, uitest.Options{})
	for _, c := range []struct {
		reason, path string
		status       int
		want         string
	}{
		{"a foreign address", "/nowhere", http.StatusNotFound, "No such page"},
		{"an unknown location offers the known ones", "/locations/x/y", http.StatusNotFound, "/locations/local/aviation"},
		{"an unknown section", home + "/jobs", http.StatusNotFound, "No such page"},
		{"an unknown asset", home + "/assets/nope", http.StatusNotFound, "declares no asset called nope"},
		{"an unknown run", home + "/runs/0190f000-0000-7000-8000-000000000000", http.StatusNotFound, "There is no run"},
		{"an unknown tab", home + "/assets/delays?tab=zzz", http.StatusBadRequest, "no tab called"},
		{"an unknown state", home + "/runs?status=zzz", http.StatusBadRequest, "no state of runs"},
		{"an unknown level", home + "/runs/" + runIn(t, s, store.Failed).ID + "?tab=logs&level=LOUD", http.StatusBadRequest, "no log level"},
		{"a page token of nobody", home + "/runs?after=zzz", http.StatusBadRequest, "cannot be read"},
		{"keys of an asset without partitions", home + "/assets/airports/keys", http.StatusNotFound, "No partitions"},
		{"a key that is none", home + "/assets/delays/keys?index=2001-13-01", http.StatusUnprocessableEntity, "2001-13-01"},
	} {
		w := get(t, s.Server, c.path)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s: %s: status %d, want %d with %q: %.200s", c.reason, c.path, w.Code, c.status, c.want, w.Body)
		}
	}
}

func TestStartPage(t *testing.T) {
	s := newSite(t, uitest.Options{})
	if w := get(t, s.Server, "/"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != home {
		t.Errorf("with a ready location: status %d to %q", w.Code, w.Header().Get("Location"))
	}
	s.Locations.Set(ui.Location{Namespace: "local", Name: "aviation", ID: uitest.Identity, Phase: ui.PhaseBuilding})
	if w := get(t, s.Server, "/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Waiting for a code location") {
		t.Errorf("without one: status %d: %.200s", w.Code, w.Body)
	}
}

func TestHealth(t *testing.T) {
	s := newSite(t, uitest.Options{})
	for _, path := range []string{"/healthz", "/readyz"} {
		if w := get(t, s.Server, path); w.Code != http.StatusOK {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	s.Server.Drain()
	if w := get(t, s.Server, "/readyz"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("/readyz while draining: %d", w.Code)
	}
	if w := get(t, s.Server, "/healthz"); w.Code != http.StatusOK {
		t.Errorf("/healthz while draining: %d", w.Code)
	}
}

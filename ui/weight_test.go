package ui_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rivers.io/ui"
	"rivers.io/ui/static"
	"rivers.io/ui/uitest"
)

// client reads streams; its deadline is for a test that would hang.
var client = &http.Client{Timeout: time.Minute}

// TestPageWeight adds up what a browser loads for the heaviest page: less than
// 200 kB compressed in all.
func TestPageWeight(t *testing.T) {
	s := newSite(t, uitest.Options{})
	files := static.New()
	scripts := 0
	for _, name := range files.Names() {
		t.Logf("%-20s %6d bytes", name, files.Weight(name))
		scripts += files.Weight(name)
	}
	r := request(t.Context(), http.MethodGet, home+"/assets", "")
	r.Header.Set("Accept-Encoding", "gzip")
	page := do(t, s.Server, r).Body.Len()
	if total := scripts + page; total > 200_000 {
		t.Errorf("a page with every island weighs %d bytes", total)
	}
}

// TestStaticFiles are kept for good under the hash of what they hold.
func TestStaticFiles(t *testing.T) {
	s := newSite(t, uitest.Options{})
	files := static.New()
	for _, name := range files.Names() {
		for _, encoding := range []string{"", "gzip", "br"} {
			r := request(t.Context(), http.MethodGet, files.URL(name), "")
			r.Header.Set("Accept-Encoding", encoding)
			w := do(t, s.Server, r)
			if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != encoding || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s as %q: status %d, headers %v", name, encoding, w.Code, w.Header())
			}
		}
	}
	if w := get(t, s.Server, "/static/app-000000000000.js"); w.Code != http.StatusNotFound {
		t.Errorf("an old address: status %d", w.Code)
	}
}

// TestHTMLIsNotStored: pages change; caches must not keep them (S-118).
func TestHTMLIsNotStored(t *testing.T) {
	s := newSite(t, uitest.Options{})
	for path := range pages(t, s) {
		if got := get(t, s.Server, path).Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
}

// TestEventStreamDoor answers what cannot be streamed at once (S-88).
func TestEventStreamDoor(t *testing.T) {
	s := newSite(t, uitest.Options{})
	for _, c := range []struct {
		reason, path string
		want         int
	}{
		{"no known channel", "/api/events?channels=pools,zzz&location=local/aviation", http.StatusBadRequest},
		{"no channel", "/api/events", http.StatusBadRequest},
		{"no location where there are two", "/api/events?channels=runs", http.StatusNotFound},
		{"an unknown location", "/api/events?channels=runs&location=local/nope", http.StatusNotFound},
	} {
		if w := get(t, s.Server, c.path); w.Code != c.want {
			t.Errorf("%s: status %d, want %d", c.reason, w.Code, c.want)
		}
	}
	server := httptest.NewServer(s.Server)
	defer server.Close()
	answer, err := client.Get(server.URL + "/api/events?channels=runs,unknown&location=local/aviation")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("status %d, %v", answer.StatusCode, answer.Header)
	}
	s.Server.Drain() // ends the stream, so that the server can close
}

// TestStreamFollowsTheIdentity ends a stream when its location registers under
// an identity, so that the client watches that one.
func TestStreamFollowsTheIdentity(t *testing.T) {
	s := newSite(t, uitest.Options{})
	server := httptest.NewServer(s.Server)
	defer server.Close()
	answer, err := client.Get(server.URL + "/api/events?channels=runs&location=local/weather")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	s.Locations.Set(ui.Location{Namespace: "local", Name: "weather", ID: "0190f000-0000-7000-8000-0000000000ff", Phase: ui.PhaseReady})
	if _, err := io.ReadAll(answer.Body); err != nil { // ends by itself
		t.Error(err)
	}
}

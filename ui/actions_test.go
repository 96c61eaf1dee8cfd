package ui_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"rivers.io/runtime/store"
	"rivers.io/ui"
	"rivers.io/ui/uitest"
)

func TestLaunch(t *testing.T) {
	s := newSite(t, uitest.Options{})
	const id = "0190f000-0000-4000-8000-000000000001"
	form := func(pairs ...string) url.Values {
		v := url.Values{"do": {"launch"}, "request_id": {id}}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v
	}
	t.Run("a preview says what would start and starts nothing", func(t *testing.T) {
		w := post(t, s.Server, home+"/materialize", form("do", "preview", "selection", "+delays", "partitions", "2001-03-01..2001-03-03"))
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "3 assets × 3 partitions → 1 run of 7 steps.") {
			t.Errorf("status %d: %.4000s", w.Code, w.Body)
		}
	})
	for _, c := range []struct {
		reason string
		form   url.Values
		want   string
	}{
		{"an unknown asset keeps the form", form("selection", "nope", "partitions", "x"), "nope"},
		{"partitions that are no keys", form("selection", "delays", "partitions", "2001-99-99"), "2001-99-99"},
		{"partitions that are missing", form("selection", "delays"), "choose partitions"},
		{"config that is no JSON", form("selection", "airports", "config", "{"), "no JSON object"},
		{"a tag without a key", form("selection", "airports", "tags", "=x"), "has no key"},
	} {
		w := post(t, s.Server, home+"/materialize", c.form)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), c.want) || !strings.Contains(w.Body.String(), c.form.Get("selection")) {
			t.Errorf("%s: status %d without %q", c.reason, w.Code, c.want)
		}
	}
	t.Run("sending a form twice starts one run", func(t *testing.T) {
		first := post(t, s.Server, home+"/materialize", form("selection", "airports", "tags", "team=x"))
		second := post(t, s.Server, home+"/materialize", form("selection", "airports", "tags", "team=x"))
		a, b := first.Header().Get("Location"), second.Header().Get("Location")
		if first.Code != http.StatusSeeOther || a != b || !strings.HasPrefix(a, home+"/runs/") {
			t.Errorf("status %d to %q, then to %q", first.Code, a, b)
		}
		if w := get(t, s.Server, a); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "team=x") {
			t.Errorf("the new run's page: status %d", w.Code)
		}
	})
}

func TestFormsAreGuarded(t *testing.T) {
	s := newSite(t, uitest.Options{})
	path := home + "/runs/" + runIn(t, s, store.Failed).ID
	for _, c := range []struct {
		reason string
		make   func() *http.Request
		want   int
	}{
		{"no token", func() *http.Request { return request(t.Context(), "POST", path, "do=delete") }, http.StatusForbidden},
		{"a foreign token", func() *http.Request { return request(t.Context(), "POST", path, "do=delete&token=AAAA") }, http.StatusForbidden},
		{"a foreign origin", func() *http.Request {
			r := request(t.Context(), "POST", path, "do=delete")
			r.Header.Set("Origin", "https://evil.example")
			return r
		}, http.StatusForbidden},
		{"text that a page can send without asking", func() *http.Request {
			r := request(t.Context(), "POST", path, "do=delete")
			r.Header.Set("Content-Type", "text/plain")
			return r
		}, http.StatusUnsupportedMediaType},
		{"a body without end", func() *http.Request { return request(t.Context(), "POST", path, "token="+strings.Repeat("x", 2<<20)) }, http.StatusBadRequest},
	} {
		if w := do(t, s.Server, c.make()); w.Code != c.want {
			t.Errorf("%s: status %d, want %d", c.reason, w.Code, c.want)
		}
	}
	if w := get(t, s.Server, path); w.Code != http.StatusOK {
		t.Errorf("the run is gone: %d", w.Code)
	}
}

// TestBulkDelete deletes five runs, two of them active (S-153).
func TestBulkDelete(t *testing.T) {
	s := newSite(t, uitest.Options{})
	runs, _, err := s.Writer.Location(uitest.Identity).ListRuns(t.Context(), store.RunFilter{}, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"do": {"delete"}}
	for _, r := range runs[:5] { // the newest two are at work and queued
		form.Add("run", r.ID)
	}
	w := post(t, s.Server, home+"/runs", form)
	body := w.Body.String()
	if !strings.Contains(body, "3 runs deleted.") || !strings.Contains(body, "2 runs could not be deleted and are still selected") {
		t.Errorf("status %d: the answer does not say what happened", w.Code)
	}
	if n := strings.Count(body, "it is still active; cancel it first</span>"); n != 2 {
		t.Errorf("%d rows say why they were refused, want 2", n)
	}
	if n := strings.Count(body, `checked aria-label="Select run`); n != 2 {
		t.Errorf("%d runs stay selected, want 2", n)
	}
}

func TestActionsOnARun(t *testing.T) {
	s := newSite(t, uitest.Options{})
	working, failed := runIn(t, s, store.Started).ID, runIn(t, s, store.Failed).ID
	for _, c := range []struct{ reason, run, do, to string }{
		{"cancel stays on the page", working, "cancel", home + "/runs/" + working},
		{"rerun leads to the new run", failed, "rerun", home + "/runs/"},
		{"delete leads to the list", failed, "delete", home + "/runs"},
	} {
		w := post(t, s.Server, home+"/runs/"+c.run, url.Values{"do": {c.do}})
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), c.to) {
			t.Errorf("%s: status %d to %q", c.reason, w.Code, w.Header().Get("Location"))
		}
	}
	if w := get(t, s.Server, home+"/runs/"+working); !strings.Contains(w.Body.String(), "Canceling") {
		t.Error("the page does not say that the run is being canceled")
	}
}

// TestDownLocation shows that reading goes on and actions say why they do not
// (S-154).
func TestDownLocation(t *testing.T) {
	s := newSite(t, uitest.Options{})
	s.Locations.Set(ui.Location{Namespace: "local", Name: "aviation", ID: uitest.Identity, Phase: ui.PhaseFailed, Message: "The pipeline exited with status 1."})
	w := get(t, s.Server, home+"/assets")
	for _, want := range []string{"The location is not serving.", "exited with status 1", `aria-disabled="true"`, "monthly_report"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	if w := post(t, s.Server, home+"/materialize", url.Values{"do": {"launch"}, "selection": {"airports"}}); w.Code != http.StatusConflict {
		t.Errorf("launch while down: status %d", w.Code)
	}
}

func TestDownloads(t *testing.T) {
	s := newSite(t, uitest.Options{})
	path := home + "/runs/" + runIn(t, s, store.Failed).ID
	events := get(t, s.Server, path+"/events.csv")
	if lines := strings.Count(strings.TrimSpace(events.Body.String()), "\n"); lines != 31 {
		t.Errorf("the table has %d events, want 31", lines)
	}
	if d := events.Header().Get("Content-Disposition"); !strings.Contains(d, ".csv") {
		t.Errorf("disposition %q", d)
	}
	logs := get(t, s.Server, path+"/logs.txt?level=ERROR")
	if n := strings.Count(logs.Body.String(), "is no number\n"); n != 3 {
		t.Errorf("%d errors in the log, want one for each attempt: %s", n, logs.Body)
	}
}

func TestFragmentsAreThePage(t *testing.T) {
	s := newSite(t, uitest.Options{})
	whole := get(t, s.Server, home+"/assets").Body.String()
	r := request(t.Context(), http.MethodGet, home+"/assets", "")
	r.Header.Set("Rivers-Fragments", "assets-list assets-head")
	w := httptest.NewRecorder()
	s.Server.ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), "<html") {
		t.Error("the whole page was sent")
	}
	for _, id := range []string{"assets-list", "assets-head"} {
		at := strings.Index(w.Body.String(), `<div id="`+id+`"`)
		if at < 0 {
			t.Fatalf("the part %s is missing", id)
		}
		if piece := w.Body.String()[at : at+800]; !strings.Contains(whole, piece) {
			t.Errorf("the part %s differs from the page", id)
		}
	}
}

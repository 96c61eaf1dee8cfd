package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/uuid"

	"rivers.io/internal/chromium"
)

// doors starts runs by commands and over REST while a list of runs is open.
func (s *story) doors(t *testing.T) {
	p := s.open(t, home+"/runs")
	_ = chromium.Eval[bool](p, `window.same = true`)
	s.ask(t, "materialize", "aviation", "+monthly_report", "--partition", "2001-02-01..2001-02-03", "--wait")
	runs := s.runs(t)
	if len(runs) != 2 {
		t.Fatalf("%d runs, want the month's and that of three days: %+v", len(runs), runs)
	}
	p.Until(row(runs[0].ID, "succeeded"))

	request := map[string]string{"selection": "routes", "request_id": uuid.NewString()}
	first, again := s.materialize(t, request), s.materialize(t, request)
	if first != again {
		t.Errorf("one request started the runs %s and %s", first, again)
	}
	p.Until(row(first, "succeeded") + ` && window.same`)
	p.ShootThemes("10-runs")
	runs = s.runs(t)
	if len(runs) != 3 || !slices.ContainsFunc(runs, func(r run) bool { return r.ID == first && r.Status == "RUN_STATUS_SUCCEEDED" }) {
		t.Errorf("three runs succeeded, %s among them; riversctl lists %+v", first, runs)
	}
}

// row is true when the list of runs shows one with a word.
func row(id, word string) string {
	return fmt.Sprintf(`document.getElementById("run-%s")?.innerText.includes(%q)`, id, word)
}

// run is one of the runs that riversctl lists.
type run struct{ ID, Status string }

// runs lists them, newest first.
func (s *story) runs(t *testing.T) []run {
	t.Helper()
	var list struct{ Runs []run }
	raw := s.ask(t, "runs", "list", "-o", "json")
	if err := json.Unmarshal([]byte(raw), &list); err != nil {
		t.Fatalf("%v in:\n%s", err, raw)
	}
	return list.Runs
}

// materialize starts a run over REST and returns its id.
func (s *story) materialize(t *testing.T, request map[string]string) string {
	t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	url := s.site(t) + "/v1/namespaces/local/codeLocations/aviation/runs:materialize"
	post, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	post.Header.Set("Content-Type", "application/json")
	answer, err := (&http.Client{Timeout: time.Minute}).Do(post)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }() // it was read whole
	raw, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s %v\n%s", url, answer.Status, err, raw)
	}
	var started struct{ Run run }
	if err := json.Unmarshal(raw, &started); err != nil || started.Run.ID == "" {
		t.Fatalf("POST %s answered %s", url, raw)
	}
	return started.Run.ID
}

// scrollTo brings what a selector finds into view.
func scrollTo(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.ScrollIntoView(chromedp.CSS(selector))
}

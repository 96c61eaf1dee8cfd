package browser

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"rivers.io/runtime/store"
	"rivers.io/ui/uitest"
)

// TestStory is what a person does first: opens the page, materializes a range,
// watches steps turn, opens the logs, sees rows.
func TestStory(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/assets/delays")
	p.Until(`document.querySelector("rivers-live").dataset.state === "live"`)

	p.Press("m")
	p.Until(`document.querySelector("dialog.sheet .picker-row bdi") !== null`)
	p.Fill("#partitions", "2001-03-01..2001-03-04")
	p.Until(`document.querySelector("#launch-summary").innerText.includes("1 asset × 4 partitions → 1 run of 4 steps.")`)
	p.Until(`document.querySelector(".picker-bar [aria-pressed]").innerText === "Selected (4)"`)
	p.Shoot("story-1-dialog")
	p.accessible()

	p.Click("dialog.sheet button[value=launch]")
	p.Until(`/\/runs\/[0-9a-f-]{36}$/.test(location.pathname) && document.querySelector("rivers-live")?.dataset.state === "live"`)
	p.Until(`/Running:|Succeeded in/.test(document.querySelector("h1").innerText)`)
	p.Shoot("story-2-running")
	node := eval[string](p, `(window.kept = document.querySelector("#run-head h1"), location.pathname)`)
	p.Until(`document.querySelector("h1").innerText.includes("Succeeded in")`)
	if !eval[bool](p, `window.kept === document.querySelector("#run-head h1")`) {
		t.Error("the heading was replaced instead of changed in place: the page was reloaded")
	}
	p.Until(`document.querySelectorAll("#run-steps tbody .st-materialized").length === 4`)
	p.Shoot("story-3-done")

	p.Go(node + "?tab=logs")
	p.Until(`document.querySelectorAll(".log-view .log-line").length > 20`)
	p.Shoot("story-4-logs")
	p.Go(home + "/assets/delays?tab=preview&partition=2001-03-02")
	p.Until(`document.querySelectorAll(".data tbody tr").length > 10`)
	p.Shoot("story-5-rows")
}

func TestKeyboardAndSearch(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home)
	p.Press("g", "a")
	p.Until(`location.pathname.endsWith("/assets") && document.documentElement.classList.contains("js")`)
	p.Press("j", "j")
	p.Until(`document.querySelector("tr.cursor")?.id === "asset-carrier_scores"`)
	p.Press("x")
	p.Until(`document.querySelector("[data-chosen]").innerText === "1 selected"`)
	p.Press("?")
	p.Until(`document.querySelector("dialog.help") !== null`)
	p.Shoot("help")
	p.accessible()
	p.Press(kb.Escape)
	p.Until(`document.querySelector("dialog") === null`)

	p.Click("[data-act=search]")
	p.Until(`document.querySelectorAll(".palette [role=option]").length > 3`)
	p.Press("m", "o", "n", "t", "h")
	p.Until(`document.querySelector(".palette [aria-selected=true]")?.innerText.startsWith("monthly_report")`)
	p.Shoot("search-palette")
	p.accessible()
	p.Press(kb.Enter)
	p.Until(`location.pathname.endsWith("/assets/monthly_report")`)
}

// TestLateAnswersAreDropped answers searches out of order (S-143).
func TestLateAnswersAreDropped(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home)
	_ = eval[bool](p, `(() => { const real = fetch, held = []; window.held = held; window.fetch = (u, o) => String(u).includes("q=a&") || String(u).endsWith("q=a") ? new Promise(r => held.push(() => r(real(u, o)))) : real(u, o); return true })()`)
	p.Click("[data-act=search]")
	p.Press("a")
	p.Until(`window.held.length === 1`)
	p.Press("i", "r")
	p.Until(`document.querySelector(".palette [aria-selected=true]")?.innerText.startsWith("airports")`)
	text := eval[string](p, `document.querySelector(".palette .results").innerText`)
	got := eval[string](p, `(window.held[0](), new Promise(r => setTimeout(() => r(document.querySelector(".palette .results").innerText), 150)))`)
	if got != text {
		t.Errorf("an older answer replaced the newer one:\n%s\nwas\n%s", got, text)
	}
}

// TestTwoTabs shows a run's end in both tabs, with few refetches (S-144).
func TestTwoTabs(t *testing.T) {
	s := newSite(t, uitest.Options{})
	a, b := s.open(t, home+"/runs"), s.open(t, home+"/runs")
	for _, p := range []*page{a, b} {
		p.Until(`document.querySelector("rivers-live").dataset.state === "live"`)
		_ = eval[bool](p, `(() => { const real = fetch; window.fetches = 0; window.fetch = (u, o) => { window.fetches++; return real(u, o) }; return true })()`)
	}
	id := s.runOf(t, store.Queued)
	if _, err := s.Writer.Location(uitest.Identity).RequestCancel(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*page{a, b} {
		p.Until(fmt.Sprintf(`document.getElementById("run-%s").innerText.includes("canceled")`, id))
		if n := eval[int](p, `window.fetches`); n > 2 {
			t.Errorf("%d refetches for one change", n)
		}
	}
}

// TestNewRowsAreAnnounced keeps rows still under the pointer.
func TestNewRowsAreAnnounced(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/runs")
	p.Until(`document.querySelector("rivers-live").dataset.state === "live"`)
	first := eval[string](p, `document.querySelector("tbody tr").id`)
	p.Click("tbody tr .pick input")
	if _, err := s.Engine.Launch(t.Context(), s.Locations.List()[0], uiLaunch()); err != nil {
		t.Fatal(err)
	}
	p.Until(`document.querySelector(".announce button")?.innerText.includes("new run")`)
	if got := eval[string](p, `document.querySelector("tbody tr").id`); got != first {
		t.Error("a row moved while one was chosen")
	}
	p.Shoot("announce")
	p.Click(".announce button")
	p.Until(`document.querySelector("tbody tr").id !== "` + first + `" && document.querySelectorAll("tbody input:checked").length === 1`)
}

// TestRestart takes the server away and back (S-145).
func TestRestart(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home)
	p.Until(`document.querySelector("rivers-live").dataset.state === "live"`)
	_ = eval[bool](p, `window.same = true`)
	address := s.http.Listener.Addr().String()
	s.Server.Drain()
	s.http.Close()
	p.Until(`document.querySelector("rivers-live").dataset.state === "reconnecting"`)
	next := reopen(t, s, address)
	defer func() {
		s.Server.Drain() // else its streams hold the listener open
		next.Close()
	}()
	p.Until(`document.querySelector("rivers-live").dataset.state === "live" && window.same === true`)
	p.Forgive("ERR_CONNECTION_REFUSED")
	p.Forgive("ERR_INCOMPLETE_CHUNKED_ENCODING")
	p.Forgive("ERR_EMPTY_RESPONSE")
}

// TestPickerHoldsFewRows walks a long list: the page never holds more than 40
// rows, and the ends are reached (S-79, S-142).
func TestPickerHoldsFewRows(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/materialize?selection=weather")
	p.Until(`document.querySelector(".picker-row bdi")?.innerText === "2001-01-01T00:00"`)
	p.Focus(".picker-view")
	p.Press(kb.End)
	p.Until(`document.querySelector(".picker-row.cursor bdi")?.innerText === "2001-04-01T00:00"`)
	if n := eval[int](p, `document.querySelectorAll(".picker-row").length`); n > 40 {
		t.Errorf("%d rows are in the page", n)
	}
	jump := `(f => { f.value = "2001-02-11T07:00"; f.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true})); return true })(document.querySelector("[aria-label='Jump to key']"))`
	_ = eval[bool](p, jump)
	p.Until(`document.querySelector(".picker-row.cursor bdi")?.innerText === "2001-02-11T07:00"`)
	p.Press(" ")
	p.Press(kb.ArrowDown, kb.ArrowDown)
	_ = eval[bool](p, `(v => { v.dispatchEvent(new KeyboardEvent("keydown", {key: " ", shiftKey: true, bubbles: true})); return true })(document.querySelector(".picker-view"))`)
	p.Until(`document.querySelector("#partitions").value === "2001-02-11T07:00..2001-02-11T09:00"`)
	p.Press(kb.ArrowUp, " ")
	p.Until(`document.querySelector("#partitions").value === "2001-02-11T07:00,2001-02-11T09:00"`)
	p.Until(`document.querySelector("#launch-summary").innerText.includes("2 partitions")`)
	search := `(f => { f.value = "T05"; f.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true})); return true })(document.querySelector("[aria-label='Search keys']"))`
	_ = eval[bool](p, search)
	p.Until(`document.querySelector(".picker-bar .num").innerText === "90 matches"`)
	p.Shoot("picker")
}

// TestHostilePage runs the script over names that are markup.
func TestHostilePage(t *testing.T) {
	s := newSite(t, uitest.Options{Hostile: true})
	for _, path := range []string{home + "/assets", home + "/graph", home + "/assets/%3Cscript%3Ealert%281%29%3C%2Fscript%3E"} {
		p := s.open(t, path)
		p.Until(`document.querySelector("rivers-live").dataset.state === "live"`)
		if strings.Contains(eval[string](p, `document.querySelector("main").innerHTML`), "<script>alert") {
			t.Errorf("%s: a name became markup", path)
		}
		p.Shoot("hostile-" + strings.Trim(strings.NewReplacer("/", "-", "%", "").Replace(path[len(home):]), "-")[:5])
	}
}

// reopen serves the site again at the same address.
func reopen(t *testing.T, s *site, address string) *httptest.Server {
	t.Helper()
	again, err := s.Reopen()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(again)
	server.Listener.Close()
	if server.Listener, err = listen(address); err != nil {
		t.Fatal(err)
	}
	server.Start()
	return server
}

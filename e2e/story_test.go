package e2e_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/internal/chromium"
)

const (
	home = "/locations/local/aviation"
	// atWork is true once the script of a page is at work.
	atWork = `document.documentElement.classList.contains("js") && document.readyState === "complete"`
	// live is true while the page is told of changes.
	live = `document.querySelector("rivers-live")?.dataset.state === "live"`
)

// TestStory is the first hour of a new user, in order: each chapter stands on what
// the ones before it did.
func TestStory(t *testing.T) {
	w := newWorkshop(t)
	w.addGates(t)
	s := &story{workshop: w, dev: w.develop(t)}
	for _, chapter := range []struct {
		name string
		tell func(*story, *testing.T)
	}{
		{"the graph shows every asset", (*story).graph},
		{"a month is materialized and turns before one's eyes", (*story).month},
		{"logs, rows and the report are there", (*story).results},
		{"the month has the figures computed without rivers", (*story).figures},
		{"commands and REST do the same, and open pages show it", (*story).doors},
		{"a killed pipeline is started again and ends its run", (*story).kill},
		{"a build error is shown, and the build before it serves", (*story).mistake},
	} {
		if !t.Run(chapter.name, func(t *testing.T) { chapter.tell(s, t) }) {
			return // the rest would fail for the same reason
		}
	}
}

// story is what the chapters share.
type story struct {
	*workshop
	dev *dev
	run string // the address of the month's run
}

// open opens a page in a tab and waits until it is live.
func (s *story) open(t *testing.T, path string) *chromium.Page {
	t.Helper()
	p := chromium.Open(t, s.site(t), atWork)
	p.Patience = patience / 2
	p.Go(path)
	p.Until(live)
	return p
}

func (s *story) graph(t *testing.T) {
	p := s.open(t, home+"/graph")
	for _, asset := range []string{"airports", "delay_trend", "delays", "flights", "monthly_report", "routes"} {
		p.Until(fmt.Sprintf(`document.querySelector("rivers-graph").model.find(%q) >= 0`, asset))
	}
	p.Until(`document.querySelector("h1").innerText.includes("6 assets, 6 edges, 6 never materialized.")`)
	p.ShootThemes("1-graph")
}

func (s *story) month(t *testing.T) {
	last := s.hold(t, "2001-01-31")
	p := s.open(t, home+"/graph")
	p.Press("m")
	p.Until(`document.querySelector("dialog.sheet #partitions") !== null`)
	p.Fill("#selection", "+monthly_report")
	p.Fill("#partitions", "2001-01-01..2001-01-31")
	p.Until(`document.querySelector("#launch-summary").innerText.includes("4 assets, 2 of them × 31 partitions: 64 steps in 1 run")`)
	p.ShootThemes("2-dialog")
	p.Click("dialog.sheet button[value=launch]")

	// The last day waits: all others end under the eyes of whoever looks.
	p.Until(`/\/runs\/[0-9a-f-]{36}$/.test(location.pathname) && ` + live)
	s.run = chromium.Eval[string](p, `(window.same = true, location.pathname)`)
	p.Until(steps(`delays[2001-01-30] succeeded`, `flights[2001-01-31] running`))
	p.Until(`document.querySelector("h1").innerText.includes("Running: 61 of 64 steps done, 1 at work.")`)
	p.ShootThemes("3-running")

	last.open()
	p.Until(steps(`flights[2001-01-31] succeeded`, `monthly_report succeeded`))
	p.Until(`document.querySelector("h1").innerText.includes("Succeeded in") && window.same`)
	p.Until(`document.querySelector("#run-steps").innerText.includes("64")`)
	p.ShootThemes("4-succeeded")
}

// steps is true when the chart of a run holds each of the lines.
func steps(lines ...string) string {
	list, _ := json.Marshal(lines) //nolint:errchkjson // strings are never refused
	return fmt.Sprintf(`(rows => %s.every(line => rows.includes(line)))(document.querySelector("rivers-gantt").summary.split("\n"))`, list)
}

func (s *story) results(t *testing.T) {
	p := s.open(t, s.run)
	logs := chromium.Eval[string](p, `[...document.querySelectorAll("#run-steps tbody tr")].find(r => r.innerText.includes("flights")).querySelector("a.plain[href*=logs]").getAttribute("href")`)
	p.Go(logs)
	p.Until(`[...document.querySelectorAll(".log-view .log-line")].some(line => line.innerText.includes("read flights"))`)
	p.ShootThemes("5-logs")

	p.Go(home + "/assets/delays?tab=preview&partition=2001-01-17")
	p.Until(`document.querySelectorAll(".data tbody tr").length > 10`)
	p.ShootThemes("6-rows")

	p.Go(home + "/assets/monthly_report")
	p.Until(`[...document.querySelectorAll(".meta-block .data td")].some(cell => cell.innerText === "2001-01")`)
	p.Until(`(image => image?.complete && image.naturalWidth > 0)(document.querySelector("img.meta-image"))`)
	p.Run(scrollTo("img.meta-image"))
	p.ShootThemes("7-report")

	p.Go(home + "/graph")
	p.Until(`document.querySelector("rivers-graph").model?.find("routes") >= 0`)
	p.ShootThemes("8-graph-after")
	p.Go(home)
	p.ShootThemes("9-overview")
}

// month is a line of the report.
type month struct {
	Month                           string
	Days, Departures, Late, Minutes int
}

func (s *story) figures(t *testing.T) {
	var want struct{ Months []month }
	readJSON(t, filepath.Join(checkout, "examples", "aviation", "testdata", "figures.json"), &want)
	var got month
	if err := json.Unmarshal([]byte(s.ask(t, "cat", "monthly_report", "-o", "json")), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Months[0], got); diff != "" {
		t.Errorf("January (-figures +rivers):\n%s", diff)
	}
}

// kill ends the pipeline in the middle of a run. The next one waits at its start, so
// that the time between can be looked at.
func (s *story) kill(t *testing.T) {
	day, start := s.hold(t, "2001-03-02"), s.hold(t, "start")
	id := strings.TrimSpace(s.ask(t, "materialize", "aviation", "delays", "flights", "--partition", "2001-03-01..2001-03-03", "-o", "name"))
	p := s.open(t, home+"/runs/"+id)
	_ = chromium.Eval[bool](p, `window.same = true`)
	p.Until(steps(`flights[2001-03-02] running`, `delays[2001-03-01] succeeded`, `delays[2001-03-03] succeeded`))
	before := s.pipeline(t)
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	p.Until(`document.querySelector("#banners").innerText.includes("The pipeline ended by itself and is started again: the pipeline's process ended: signal: killed.")`)
	p.Until(`document.querySelector("#run-head").innerText.includes("The location is down")`) // instead of Cancel
	p.ShootThemes("11-killed")
	start.open()
	p.Until(`document.querySelector(".banner") === null && document.querySelector("#run-head [value=cancel]") !== null`)
	p.Until(steps(`flights[2001-03-02] running`))
	if after := s.pipeline(t); after == before {
		t.Errorf("%d was killed and serves", before)
	}
	day.open()
	p.Until(`document.querySelector("h1").innerText.includes("Succeeded in") && window.same`)
	p.Until(steps(`flights[2001-03-02] succeeded`, `delays[2001-03-02] succeeded`))
	p.ShootThemes("12-taken-over")
	if rows := strings.Count(s.ask(t, "cat", "flights", "-p", "2001-03-02", "-o", "json"), "\n"); rows == 0 {
		t.Error("the day has no flights")
	}
}

func (s *story) mistake(t *testing.T) {
	p := s.open(t, home+"/assets")
	_ = chromium.Eval[bool](p, `window.same = true`)
	s.edit(t, "delays.go", "s.Departures++", "s.Departure++")
	p.Until(`document.querySelector(".banner.bad pre")?.innerText.includes("s.Departure undefined")`)
	p.ShootThemes("13-build-error")
	s.ask(t, "materialize", "aviation", "airports", "--wait") // by the build before

	s.edit(t, "delays.go", "s.Departure++", "s.Departures++")
	s.edit(t, "delays.go", "Departures and their delays per day and airport.", "Delays of departures, mended.")
	p.Until(`document.querySelector(".banner") === null && window.same`)
	s.dev.until(t, "the build is mended")
	p.Go(home + "/assets/delays")
	p.Until(live + ` && document.querySelector("main").innerText.includes("Delays of departures, mended.")`)
	p.ShootThemes("14-mended")
}

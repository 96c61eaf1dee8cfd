package browser

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"rivers.io/runtime/store"
	"rivers.io/ui/uitest"
)

// TestGroupAsksForNoFacts selects a collapsed group: the server, which knows facts
// of assets alone, is not asked. A request that fails would fail the test.
func TestGroupAsksForNoFacts(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/graph")
	const graph = `document.querySelector("rivers-graph")`
	p.Until(graph + `?.model?.count > 0`)
	_ = eval[bool](p, `([...`+graph+`.shadowRoot.querySelectorAll(".bar button")].find(b => b.textContent === "Collapse groups").click(), true)`)
	p.Until(graph + `.model.names.some((_, v) => ` + graph + `.model.collapsed(v) > 0)`)
	at := eval[[]float64](p, `(g => { const m = g.model, v = m.names.findIndex((_, v) => m.collapsed(v) > 0), box = g.view.getBoundingClientRect();
		const [x, y] = g.stage.camera.toWindow(m.x[v] + m.w[v] / 2, m.middle(v)); return [x + box.left, y + box.top]; })(`+graph+`)`)
	p.Run(chromedp.MouseClickXY(at[0], at[1]))
	p.Until(graph + `.shadowRoot.querySelector("aside")?.innerText.includes("Expand group")`)
	p.Settle()
	if asked := eval[int](p, `performance.getEntriesByType("resource").filter(e => e.name.includes("/graph/facts")).length`); asked != 0 {
		t.Errorf("%d requests for facts of a group", asked)
	}
	p.ShootThemes("graph-group")
}

// TestSummaryWithoutAnAnswer does not leave the sentence about another launch.
func TestSummaryWithoutAnAnswer(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/materialize?selection=delays&partitions=2001-02-10")
	const summary = `document.querySelector("#launch-summary")`
	p.Until(summary + `.innerText.includes("step")`)
	_ = eval[bool](p, `(window.answering = window.fetch, window.fetch = () => Promise.reject(new TypeError("no network")), true)`)
	p.Fill(`input[name=selection]`, "airports")
	p.Until(summary + `.innerText.startsWith("What would start could not be computed") && ` + summary + `.classList.contains("bad")`)
	p.ShootThemes("materialize-no-answer")
	_ = eval[bool](p, `(window.fetch = window.answering, true)`)
	p.Fill(`input[name=selection]`, "+airports")
	p.Until(summary + `.innerText.includes("step") && !` + summary + `.classList.contains("bad")`)
}

// TestLogIsAsHighAsItsLines holds few lines in a small box and many in one that
// scrolls, and keeps the last words of the top bar at its end.
func TestLogIsAsHighAsItsLines(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/runs/"+s.runOf(t, store.Failed)+"?tab=logs")
	p.Until(`document.querySelectorAll(".log-view .log-line").length > 0`)
	const few = `(() => { const v = document.querySelector(".log-view"), n = document.querySelector("rivers-logs").lines.length;
		return v.clientHeight - Math.min(20 * n, innerHeight - 330); })()`
	if over := eval[float64](p, few); over < -3 || over > 3 {
		t.Errorf("the box differs from its lines by %g pixels", over)
	}
	const one = `(() => { const l = document.querySelector("rivers-logs"); l.lines.length = 1; l.window.resize(1); return document.querySelector(".log-view").clientHeight; })()`
	if high := eval[float64](p, one); high < 20 || high > 24 {
		t.Errorf("the box of one line is %g pixels high", high)
	}
	p.ShootThemes("run-log-line")
	if gap := eval[float64](p, `document.querySelector(".topbar").getBoundingClientRect().right - document.querySelector(".live .word").getBoundingClientRect().right`); gap > 25 {
		t.Errorf("%s right of the indicator", fmt.Sprint(gap))
	}
}

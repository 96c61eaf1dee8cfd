package browser

import (
	"testing"

	"rivers.io/internal/chromium"
	"rivers.io/runtime/store"
	"rivers.io/ui/uitest"
)

// drawn is true once a graph has its drawing.
const drawn = `(document.querySelector("rivers-graph")?.shadowRoot.querySelector(".view").getAttribute("aria-label") ?? "").includes("dependencies")`

// selectFirst selects the first node of the graph by the keyboard.
const selectFirst = `(v => { v.focus(); for (const key of ["ArrowRight", " "]) v.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true})); return true })(document.querySelector("rivers-graph").shadowRoot.querySelector(".view"))`

// TestRunGraphOpensADrawer selects an asset of a run and reads its steps; the
// address then leads to the same.
func TestRunGraphOpensADrawer(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/runs/"+s.runOf(t, store.Failed)+"?tab=graph")
	p.Until(drawn)
	for _, scheme := range chromium.Themes {
		p.Scheme(scheme)
		p.Shoot("run-graph-" + scheme)
		p.accessible()
	}
	_ = eval[bool](p, selectFirst)
	p.Until(`new URL(location.href).searchParams.has("asset") && document.querySelector("#run-asset h2").innerText === new URL(location.href).searchParams.get("asset")`)
	p.Shoot("run-graph-drawer")
	p.accessible()
	p.Go(eval[string](p, `location.pathname + location.search`))
	p.Until(`document.querySelector("#run-asset table a[href*='tab=logs']") !== null`)
}

// TestGraphSaysFacts shows beside the lineage what the server knows of a node.
func TestGraphSaysFacts(t *testing.T) {
	s := newSite(t, uitest.Options{})
	p := s.open(t, home+"/graph?sel=monthly_report")
	p.Until(`document.querySelector("rivers-graph [slot=facts]")?.innerText.includes("Stale because") === true`)
	p.Until(`document.querySelector("rivers-graph [slot=facts] a[href$='/assets/delays']")?.checkVisibility() === true`)
	p.Shoot("graph-facts")
	p.accessible()
}

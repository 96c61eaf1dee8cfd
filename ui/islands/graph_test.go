package islands_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/ui/graphs"
	"rivers.io/ui/graphs/synthetic"
)

// lineage is a site with a graph of some assets.
type lineage struct {
	mu       sync.Mutex
	topology *graphs.Topology
	statuses []graphs.Status
	notes    map[int]string
}

func (l *lineage) handlers() map[string]http.Handler {
	fail := func(w http.ResponseWriter, _ *http.Request, err error) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, err)
	}
	return map[string]http.Handler{
		"GET /graph.json": graphs.Handler(graphs.NewCache(), func(*http.Request) (*graphs.Topology, error) {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.topology, nil
		}, fail),
		"GET /status.json": graphs.StatusHandler(func(*http.Request) (graphs.StatusWire, error) {
			l.mu.Lock()
			defer l.mu.Unlock()
			wire := graphs.NewStatusWire(l.topology.Source, l.statuses)
			wire.Notes = l.notes
			return wire, nil
		}, fail),
	}
}

// set changes the status of an asset.
func (l *lineage) set(i int, s graphs.Status) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.statuses[i] = s
}

// replace declares other assets.
func (l *lineage) replace(other *lineage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.topology, l.statuses, l.notes = other.topology, other.statuses, other.notes
}

func newLineage(definitions []asset.Definition) *lineage {
	l := &lineage{topology: graphs.FromDefinitions(definitions), notes: map[int]string{}}
	cycle := []graphs.Status{
		graphs.Materialized, graphs.Materialized, graphs.Materialized, graphs.Materialized, graphs.Materialized,
		graphs.Stale, graphs.Materialized, graphs.Missing, graphs.Materialized, graphs.Materialized, graphs.Failed, graphs.Materialized, graphs.Running,
	}
	for i := range definitions {
		l.statuses = append(l.statuses, cycle[i*7%len(cycle)])
	}
	return l
}

func aviation() *lineage {
	in := func(names ...string) (inputs []asset.Input) {
		for _, n := range names {
			inputs = append(inputs, asset.Input{Asset: n, Kind: asset.Data})
		}
		return inputs
	}
	daily := &partition.Definition{Kind: partition.Daily, Start: "2001-01-01"}
	l := newLineage([]asset.Definition{
		{Name: "flights_raw", Group: "ingest", Kinds: []string{"http", "csv"}, Partitions: daily},
		{Name: "airports", Group: "ingest", Kinds: []string{"csv"}},
		{Name: "carriers", Group: "ingest", Kinds: []string{"csv"}},
		{Name: "flights", Group: "flights", Kinds: []string{"go", "parquet"}, Partitions: daily, Inputs: in("flights_raw", "airports")},
		{Name: "daily_delays", Group: "flights", Kinds: []string{"go", "parquet"}, Partitions: daily, Inputs: in("flights")},
		{Name: "route_network", Group: "network", Kinds: []string{"go", "json"}, Inputs: in("flights", "airports")},
		{Name: "hub_ranking", Group: "network", Kinds: []string{"go", "table"}, Inputs: append(in("route_network"), asset.Input{Asset: "carriers", Kind: asset.Lineage})},
		{Name: "monthly_report", Group: "reports", Kinds: []string{"markdown", "chart"}, Inputs: in("daily_delays", "hub_ranking", "carriers")},
	})
	l.statuses = []graphs.Status{graphs.Materialized, graphs.Materialized, graphs.Stale, graphs.Materialized, graphs.Running, graphs.Failed, graphs.Missing, graphs.Queued}
	l.notes = map[int]string{0: "31/31", 3: "31/31", 4: "12/31"}
	return l
}

const graphBody = `<rivers-graph src="/graph.json" status-src="/status.json" href="/assets/{name}"></rivers-graph>`

func loaded(t *testing.T, l *lineage) *page {
	p := open(t, graphBody, l.handlers())
	p.Until(`document.querySelector("rivers-graph").frameTimes.length > 0 && document.querySelector("rivers-graph").model?.letters.some(l => l !== "-")`)
	return p
}

func TestGraphPictures(t *testing.T) {
	for _, c := range []struct {
		name string
		site *lineage
	}{
		{"graph-8", aviation()}, {"graph-200", newLineage(synthetic.Definitions(200))},
		{"graph-1000", newLineage(synthetic.Definitions(1000))}, {"graph-10000", newLineage(synthetic.Definitions(10_000))},
	} {
		t.Run(c.name, func(t *testing.T) { loaded(t, c.site).ShootThemes(c.name) })
	}
}

// graph is the script's name for the element, and root for its inside.
const graph = `document.querySelector("rivers-graph")`

func (p *page) focusGraph() {
	p.t.Helper()
	_ = eval[bool](p, `(globalThis.graph = `+graph+`, globalThis.root = graph.shadowRoot, root.querySelector(".view").focus(), true)`)
}

// spoken is what a screen reader was told last.
func (p *page) spoken() string {
	p.t.Helper()
	return eval[string](p, `root.querySelector("[role=status]").textContent`)
}

// nodeAt is where a node stands in the window.
func (p *page) nodeAt(name string) (x, y float64) {
	p.t.Helper()
	at := eval[[]float64](p, fmt.Sprintf(`(() => { const v = graph.model.find(%q), box = graph.view.getBoundingClientRect(), c = graph.stage.camera;
		const [x, y] = c.toWindow(graph.model.x[v] + graph.model.w[v] / 2, graph.model.middle(v)); return [x + box.left, y + box.top]; })()`, name))
	return at[0], at[1]
}

func (p *page) clickNode(name string, options ...chromedp.MouseOption) {
	p.t.Helper()
	x, y := p.nodeAt(name)
	p.Run(chromedp.MouseClickXY(x, y, options...))
}

func TestGraphIsWalkedByKeys(t *testing.T) {
	p := loaded(t, aviation())
	p.Scheme("light")
	p.focusGraph()
	p.events("rivers-select rivers-open rivers-materialize")
	p.Press(kb.ArrowRight)
	if got := p.spoken(); !strings.HasPrefix(got, "flights_raw, materialized, group ingest, 0 upstream, 1 downstream") {
		t.Errorf("the first key speaks of %q", got)
	}
	p.Press(kb.ArrowDown, kb.ArrowRight)
	if got := p.spoken(); !strings.HasPrefix(got, "flights, ") && !strings.HasPrefix(got, "route_network, ") {
		t.Errorf("down and right lead to %q", got)
	}
	p.Press(kb.ArrowLeft, kb.Home)
	p.Press(" ")
	name := eval[string](p, `graph.model.name([...graph.selected][0])`)
	p.Press("m", kb.Enter)
	want := fmt.Sprintf("rivers-select {\"names\":[%q]}\nrivers-materialize {\"selection\":%q}\nrivers-open {\"name\":%q}", name, name, name)
	if got := p.told(); got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	p.Until(`location.search.includes("sel=` + name + `")`)
	p.Press(kb.Escape)
	p.Until(`!location.search.includes("sel=")`)
}

func TestGraphIsSearched(t *testing.T) {
	p := loaded(t, newLineage(synthetic.Definitions(1000)))
	p.Scheme("light")
	p.focusGraph()
	p.Press("/")
	if !eval[bool](p, `root.activeElement === root.querySelector("input")`) {
		t.Error("the slash does not lead to the search")
	}
	// The driver sends the character after the key, wherever the focus is then.
	_ = eval[bool](p, `(root.activeElement.value = "", true)`)
	p.Press("r", "e", "p", "o", "r", "t", " ", "f", "r", "a", "u", "d")
	p.Until(`root.querySelector(".hits").textContent !== ""`)
	p.Press(kb.Enter, kb.Enter)
	p.Until(`/^[123] of [0-9]+$/.test(root.querySelector(".hits").textContent)`)
	if got := p.spoken(); !strings.Contains(got, "fraud_011.report") {
		t.Errorf("found %q", got)
	}
	p.Until(`new URL(location).searchParams.get("find") === "report fraud" && location.search.includes("at=")`)
	if !eval[bool](p, `graph.stage.camera.view.scale >= 0.8`) {
		t.Error("what was found is too small to be read")
	}
}

func TestGraphSelectsAndLightsPaths(t *testing.T) {
	p := loaded(t, aviation())
	p.Scheme("light")
	p.focusGraph()
	p.clickNode("airports")
	p.Press("0") // shows all beside the panel
	p.clickNode("monthly_report", func(e *input.DispatchMouseEventParams) { e.Modifiers = int64(chromedp.ModifierShift) })
	p.Until(`graph.selected.size === 2`)
	_ = eval[bool](p, `([...root.querySelectorAll("aside button")].find(b => b.textContent === "Path between").click(), true)`)
	if got := eval[string](p, `[...graph.light.nodes].map(v => graph.model.name(v)).sort().join()`); got != "airports,daily_delays,flights,hub_ranking,monthly_report,route_network" {
		t.Errorf("the path leads through %s", got)
	}
	p.Until(`location.search.includes("hl=path")`)
	p.ShootThemes("graph-path")
}

func TestGraphMenuMaterializes(t *testing.T) {
	p := loaded(t, aviation())
	p.Scheme("light")
	p.focusGraph()
	p.events("rivers-materialize")
	p.clickNode("flights", chromedp.ButtonRight)
	p.Until(`!root.querySelector(".menu").hidden && root.activeElement.textContent === "Materialize"`)
	p.Press(kb.ArrowDown, kb.Enter)
	if got := p.told(); got != `rivers-materialize {"selection":"+flights"}` {
		t.Error(got)
	}
}

func TestGraphCollapsesGroups(t *testing.T) {
	p := loaded(t, aviation())
	p.Scheme("light")
	p.focusGraph()
	_ = eval[bool](p, `([...root.querySelectorAll(".bar button")].find(b => b.textContent === "Collapse groups").click(), true)`)
	p.Until(`graph.model.count === 4`)
	// Each group shows what asks for most attention.
	p.Until(`graph.model.names.map((n, v) => n + graph.model.letters[v]).join() === "ingests,flightsr,networkf,reportsq"`)
	p.ShootThemes("graph-collapsed")
	// A group is no asset: who asks for the facts of assets is told of none.
	p.events("rivers-select")
	p.clickNode("ingest")
	p.Until(`told.join() === 'rivers-select {"names":[],"groups":["ingest"]}'`)
	p.clickNode("ingest")
	p.focusGraph()
	p.Press(kb.Home, kb.Enter)
	p.Until(`graph.model.count === 6`)
	p.Until(`new URL(location).searchParams.getAll("collapse").join() === "flights,network,reports"`)
	p.Run(chromedp.Reload())
	p.Until(graph + ` && ` + graph + `.model?.count === 6`)
}

func TestGraphRepaintsWhatChanged(t *testing.T) {
	l := newLineage(synthetic.Definitions(200))
	p := loaded(t, l)
	p.focusGraph()
	_ = eval[bool](p, `(globalThis.patched = [], globalThis.redrawn = 0,
		(f => graph.stage.patch = nodes => { patched.push(nodes.map(v => graph.model.name(v)).join()); f.call(graph.stage, nodes); })(graph.stage.patch),
		(f => graph.stage.redraw = () => { redrawn++; f.call(graph.stage); })(graph.stage.redraw), true)`)
	l.set(7, graphs.Missing)
	l.set(90, graphs.Running)
	_ = eval[bool](p, `graph.refresh().then(() => true)`)
	want := l.topology.Nodes[7].Name + "," + l.topology.Nodes[90].Name
	if got := eval[string](p, `patched.join(";") + " " + redrawn`); got != want+" 0" {
		t.Errorf("repainted %s, want %s", got, want)
	}
}

func TestGraphFollowsNewAssets(t *testing.T) {
	l := newLineage(synthetic.Definitions(50))
	p := loaded(t, l)
	p.focusGraph()
	l.replace(newLineage(synthetic.Definitions(60)))
	_ = eval[bool](p, `graph.refresh().then(() => true)`)
	p.Until(`graph.model.count === 60`)
}

func TestGraphShowsNamesAsText(t *testing.T) {
	hostile := []string{`<script>alert(1)</script>`, "\u202egnp.exe", `"><img src=x onerror=alert(1)>`, "مبيعات_يومية", strings.Repeat("long_", 40)}
	var definitions []asset.Definition
	for i, name := range hostile {
		d := asset.Definition{Name: name, Group: hostile[(i+1)%len(hostile)], Kinds: []string{hostile[0]}}
		if i > 0 {
			d.Inputs = []asset.Input{{Asset: hostile[i-1], Kind: asset.Data}}
		}
		definitions = append(definitions, d)
	}
	p := loaded(t, newLineage(definitions))
	p.Scheme("light")
	p.focusGraph()
	p.Press(kb.ArrowRight, " ")
	p.Until(`root.querySelector("aside h2")?.textContent === "<script>alert(1)</" + "script>"`)
	p.ShootThemes("graph-hostile")
	_ = eval[bool](p, `([...root.querySelectorAll(".bar button")].find(b => b.textContent === "List").click(), true)`)
	if got := eval[float64](p, `root.querySelectorAll("td:first-child").length + root.querySelectorAll("script, img").length`); got != 5 {
		t.Errorf("%v rows and elements from names", got)
	}
	if got := eval[string](p, `root.querySelector("td a").getAttribute("href")`); got != "/assets/%3Cscript%3Ealert(1)%3C%2Fscript%3E" {
		t.Errorf("the link leads to %s", got)
	}
}

func TestGraphFallsBackToTheServersList(t *testing.T) {
	p := open(t, `<rivers-graph src="/gone.json"><ul id="rendered"><li>flights</li></ul></rivers-graph>`, nil)
	p.Until(graph + `.shadowRoot.querySelector(".note").textContent.includes("404 page not found")`)
	if !eval[bool](p, `document.querySelector("#rendered").checkVisibility()`) {
		t.Error("what the server rendered is hidden though nothing stands in for it")
	}
	p.Forgive("gone.json")
}

func TestNeighbourhoodPictures(t *testing.T) {
	p := open(t, `<div class="pad"><rivers-graph compact autosize depth="1" src="/graph.json?focus=route_network" status-src="/status.json"></rivers-graph></div>`, aviation().handlers())
	p.Until(graph + `.model?.count === 4`)
	p.ShootThemes("graph-neighbourhood")
	_ = eval[bool](p, `(s => (s.value = "all", s.dispatchEvent(new Event("change")), true))(`+graph+`.shadowRoot.querySelector("[aria-label='Levels upstream']"))`)
	p.Until(graph + `.model.count === 5 && location.search.includes("up=all")`)
}

// BenchmarkGraphFrames pans and zooms through large graphs, 180 frames a time,
// and reports the processor time of the page's main thread for each, drawing
// included because there is no graphics card.
func BenchmarkGraphFrames(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			p := open(b, graphBody, newLineage(synthetic.Definitions(n)).handlers())
			p.Until(graph + `.model?.count === ` + fmt.Sprint(n) + ` && ` + graph + `.frameTimes.length > 2`)
			p.focusGraph()
			if _, err := chromedp.Call(p.Context(), performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks}); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				before := p.taskTime()
				_ = eval[bool](p, `new Promise(done => { const c = graph.stage.camera; let i = 0;
					const tick = () => {
						if (i < 60) c.zoom(1.06, 500, 300, false); else if (i < 120) c.pan(-9, 5); else c.zoom(1 / 1.06, 500, 300, false);
						graph.stage.ask();
						if (++i < 180) requestAnimationFrame(tick); else done(true); };
					requestAnimationFrame(tick); })`)
				b.ReportMetric((p.taskTime()-before)/180*1000, "cpu-ms/frame")
			}
		})
	}
}

// taskTime is the processor time in seconds that the page's main thread used.
func (p *page) taskTime() float64 {
	p.t.Helper()
	got, err := chromedp.Call(p.Context(), performance.GetMetrics, cdp.Empty{})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, m := range got.Metrics {
		if m.Name == "TaskDuration" {
			return m.Value
		}
	}
	p.t.Fatal("the browser does not tell its processor time")
	return 0
}

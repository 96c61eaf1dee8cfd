package ui

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/store"
	"rivers.io/ui/gantt"
	"rivers.io/ui/graphs"
)

// runGraph is the tab of a run that draws its assets, coloured by their steps.
type runGraph struct {
	assets []runAsset
	// open is the asset whose steps are shown; nil when none was chosen.
	open *runAsset
	// steps are those of open that began, shown up to a bound.
	steps  []stepState
	hidden int
}

// runAsset is one asset of a run.
type runAsset struct {
	name   string
	status status
	letter gantt.State
	// states counts its steps by state, in the order people care.
	states []stateCount
	done   int
	total  int
}

// stateCount is how many steps are in a state.
type stateCount struct {
	status status
	n      int
}

// stepStates are the states of steps, the one that decides about an asset first.
var stepStates = []struct {
	letter gantt.State
	status status
}{
	{gantt.Failed, failed},
	{gantt.Running, running},
	{gantt.Retrying, status{"stale", "retrying", "an attempt failed; another follows"}},
	{gantt.Ready, status{"queued", "ready", "waits for a worker"}},
	{gantt.Waiting, status{"queued", "waiting", "waits for steps before it"}},
	{gantt.Canceled, status{"canceled", "canceled", ""}},
	{gantt.Skipped, status{"skipped", "skipped", "a step before it did not succeed"}},
	{gantt.Succeeded, succeeded},
}

// maxDrawer bounds the steps of an asset that the drawer lists.
const maxDrawer = 50

// fillGraph gathers the tab.
func (c *call) fillGraph(p *runPage) error {
	cat, err := c.catalog()
	if err != nil {
		return err
	}
	if p.graph.assets, err = c.runAssets(cat, p.run); err != nil {
		return err
	}
	name := c.query("asset")
	if name == "" {
		return nil
	}
	i := slices.IndexFunc(p.graph.assets, func(a runAsset) bool { return a.name == name })
	if i < 0 {
		return notFound("Not an asset of this run", "The run has no asset called "+strconv.Quote(name)+".")
	}
	p.graph.open = &p.graph.assets[i]
	for _, s := range p.steps {
		if s.ID.Name == name {
			p.graph.steps = append(p.graph.steps, s)
		}
	}
	if n := len(p.graph.steps); n > maxDrawer {
		p.graph.steps, p.graph.hidden = p.graph.steps[:maxDrawer], n-maxDrawer
	}
	return nil
}

// runAssets counts the steps of each asset of a run, in the order of its assets.
func (c *call) runAssets(cat *catalog, run store.Run) ([]runAsset, error) {
	chart, err := c.chart(cat, run)
	if err != nil {
		return nil, err
	}
	counts := map[string]map[gantt.State]int{}
	for _, row := range chart.Rows() {
		if counts[row.Step.Name] == nil {
			counts[row.Step.Name] = map[gantt.State]int{}
		}
		counts[row.Step.Name][row.State]++
	}
	out := make([]runAsset, len(run.Created.Assets))
	for i, name := range run.Created.Assets {
		out[i] = assetOfRun(name, counts[name], run)
	}
	return out, nil
}

// assetOfRun says how an asset is doing in a run: as its worst step. One of which
// no step is known waits, unless the run is over.
func assetOfRun(name string, counts map[gantt.State]int, run store.Run) runAsset {
	a := runAsset{name: name, status: status{"missing", "without a step", "the run recorded no step of it"}, letter: '-', done: counts[gantt.Succeeded]}
	if !run.Status.Final() {
		a.status, a.letter = status{"queued", "waiting", ""}, gantt.Waiting
	}
	for _, s := range stepStates {
		n := counts[s.letter]
		if n == 0 {
			continue
		}
		if len(a.states) == 0 {
			a.status, a.letter = s.status, s.letter
		}
		a.states = append(a.states, stateCount{s.status, n})
		a.total += n
	}
	return a
}

// runTopology draws the assets of a run. One that is no longer declared has no
// edges.
func runTopology(cat *catalog, run store.Run) *graphs.Topology {
	defs := make([]asset.Definition, len(run.Created.Assets))
	for i, name := range run.Created.Assets {
		d, ok := cat.get(name)
		if !ok {
			d = asset.Definition{Name: name}
		}
		defs[i] = d
	}
	return graphs.FromDefinitions(defs)
}

// runGraphJSON answers the drawing of a run's assets.
func (c *call) runGraphJSON() error {
	cat, run, err := c.runAndCatalog()
	if err != nil {
		return err
	}
	var failure error
	graphs.Handler(c.drawings, func(*http.Request) (*graphs.Topology, error) { return runTopology(cat, run), nil },
		func(_ http.ResponseWriter, _ *http.Request, err error) { failure = err }).ServeHTTP(c.w, c.r)
	if graphs.IsNotFound(failure) {
		return notFound("No such asset", failure.Error())
	}
	return failure
}

// runGraphStatus answers the states of a run's assets, and how many of their
// steps are done where there are several.
func (c *call) runGraphStatus() error {
	cat, run, err := c.runAndCatalog()
	if err != nil {
		return err
	}
	assets, err := c.runAssets(cat, run)
	if err != nil {
		return err
	}
	letters, done := make([]graphs.Status, len(assets)), notes{}
	for i, a := range assets {
		letters[i] = graphs.Status(a.letter)
		if a.total > 1 {
			done[i] = strconv.Itoa(a.done) + "/" + strconv.Itoa(a.total)
		}
	}
	wire := graphs.NewStatusWire(runTopology(cat, run).Source, letters)
	wire.Notes = done
	return c.json(wire)
}

func (c *call) runAndCatalog() (*catalog, store.Run, error) {
	run, err := c.findRun(c.r.PathValue("run"))
	if err != nil {
		return nil, run, err
	}
	cat, err := c.catalog()
	return cat, run, err
}

// facts is the address of the asset's steps, with {name} where the drawing puts
// a node's name.
func (p runPage) facts(c *call) string {
	return c.runPath(p.run.ID, "tab", "graph") + "&asset={name}"
}

// stepName is what tells the steps of an asset apart.
func stepName(s stepState) string { return cmp.Or(string(s.ID.Key), "the only step") }

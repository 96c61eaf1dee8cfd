package ui

import (
	"net/http"

	"rivers.io/ui/format"
	"rivers.io/ui/graphs"
)

// graphPage is the whole lineage.
type graphPage struct {
	cat   *catalog
	act   activity
	tally tally
}

func (c *call) graph() error {
	var p graphPage
	var err error
	if p.cat, err = c.catalog(); err != nil {
		return err
	}
	if p.act, err = c.activity(p.cat); err != nil {
		return err
	}
	p.tally = p.act.tally(p.cat)
	return c.page("Lineage", graphView(c, p), "graph.js")
}

// maxListed bounds the list that stands in for the drawing without script.
const maxListed = 500

// sentence says how large the lineage is.
func (p graphPage) sentence() headline {
	edges := 0
	for _, d := range p.cat.defs {
		edges += len(d.Inputs)
	}
	text := format.Plural(p.tally.Total, "asset") + ", " + format.Plural(edges, "edge")
	if n := p.tally.Failed + p.tally.Stale; n > 0 {
		return headline{status{worst(p.tally), worst(p.tally), ""}, text + ", " + format.Count(n) + " want attention."}
	}
	if p.tally.Missing > 0 {
		return headline{status{"missing", "missing", ""}, text + ", " + format.Count(p.tally.Missing) + " never materialized."}
	}
	return headline{status{"materialized", "well", ""}, text + "."}
}

// graphJSON answers the drawing.
func (c *call) graphJSON() error {
	cat, err := c.catalog()
	if err != nil {
		return err
	}
	var failure error
	graphs.Handler(c.drawings, func(*http.Request) (*graphs.Topology, error) { return cat.topology(), nil },
		func(_ http.ResponseWriter, _ *http.Request, err error) { failure = err }).ServeHTTP(c.w, c.r)
	if graphs.IsNotFound(failure) {
		return notFound("No such asset", failure.Error())
	}
	return failure
}

// graphStatus answers the states of all nodes.
func (c *call) graphStatus() error {
	cat, err := c.catalog()
	if err != nil {
		return err
	}
	act, err := c.activity(cat)
	if err != nil {
		return err
	}
	letters := make([]graphs.Status, len(cat.defs))
	for i, d := range cat.defs {
		letters[i] = graphLetter(assetStatus(act.verdicts[d.Name], act.busy[d.Name]).Key)
	}
	wire := graphs.NewStatusWire(cat.topology().Source, letters)
	if wire.Notes, err = c.graphNotes(cat); err != nil {
		return err
	}
	return c.json(wire)
}

func graphLetter(key string) graphs.Status {
	switch key {
	case "materialized":
		return graphs.Materialized
	case "running":
		return graphs.Running
	case "queued":
		return graphs.Queued
	case "stale":
		return graphs.Stale
	case "failed":
		return graphs.Failed
	}
	return graphs.Missing
}

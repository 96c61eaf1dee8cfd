package islands_test

import (
	"fmt"
	"net/http"
	"testing"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/ui/graphs"
	"rivers.io/ui/graphs/synthetic"
)

// lineage is a site with a graph of some assets.
type lineage struct {
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
		"GET /graph.json": graphs.Handler(graphs.NewCache(), func(*http.Request) (*graphs.Topology, error) { return l.topology, nil }, fail),
		"GET /status.json": graphs.StatusHandler(func(*http.Request) (graphs.StatusWire, error) {
			wire := graphs.NewStatusWire(l.topology.Source, l.statuses)
			wire.Notes = l.notes
			return wire, nil
		}, fail),
	}
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
	p.until(`document.querySelector("rivers-graph").frameTimes.length > 0 && document.querySelector("rivers-graph").shadowRoot.querySelector(".note").hidden`)
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
		t.Run(c.name, func(t *testing.T) { loaded(t, c.site).shoot(c.name) })
	}
}

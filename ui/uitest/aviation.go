package uitest

import (
	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
)

// Hostile is an asset name that a page must show as text and nothing else.
const Hostile = "<script>alert(1)</script>"

// RTL is a group name that turns the direction of what follows, where a page
// lets it.
const RTL = "\u202eגיהות"

// Aviation declares a pipeline on flights: daily and hourly partitions, mappings
// of each kind, and one asset that nothing made yet.
func Aviation() []asset.Definition {
	daily := &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-04-01"}
	hourly := &partition.Definition{Kind: partition.Hourly, Start: "2001-01-01T00:00", End: "2001-04-01T00:00"}
	carriers := &partition.Definition{Kind: partition.Static, Keys: []string{"AA", "AS", "CO", "DL", "HP", "NW", "TW", "UA", "US", "WN"}}
	data := func(name string) asset.Input { return asset.Input{Asset: name, Kind: asset.Data} }
	all := func(name string) asset.Input {
		return asset.Input{Asset: name, Kind: asset.Data, Mapping: partition.Mapping{Kind: partition.All}}
	}
	site := func(line int) asset.Site { return asset.Site{File: "aviation/assets.go", Line: line} }
	return []asset.Definition{
		{Name: "airports", Description: "Airports of the United States with their coordinates.", Group: "ingest", Kinds: []string{"csv"}, Tags: []string{"reference"}, Owners: []string{"data-platform"}, CodeVersion: "1", Type: "[]main.Airport", Site: site(31)},
		{Name: "flights", Description: "Flights of one day as the Bureau of Transportation Statistics reports them: delay in minutes, distance in miles, origin and destination.", Group: "ingest", Kinds: []string{"json", "parquet"}, Tags: []string{"daily", "source"}, Owners: []string{"data-platform"}, CodeVersion: "3", Type: "[]main.Flight", Partitions: daily, Retry: &asset.RetryPolicy{MaxRetries: 2}, Site: site(48)},
		{Name: "weather", Description: "Hourly observations at the origin airports.", Group: "ingest", Kinds: []string{"csv"}, Tags: []string{"source"}, Partitions: hourly, Type: "[]main.Observation", Site: site(70)},
		{Name: "delays", Description: "Mean and greatest delay per origin airport and day.", Group: "core", Kinds: []string{"parquet"}, Tags: []string{"daily"}, Owners: []string{"analytics"}, CodeVersion: "2", Type: "[]main.Delay", Partitions: daily, Inputs: []asset.Input{data("flights"), data("airports")}, Retry: &asset.RetryPolicy{MaxRetries: 3}, Site: site(92)},
		{Name: "delay_trend", Description: "Change of the mean delay against the day before.", Group: "core", Kinds: []string{"parquet"}, Tags: []string{"daily"}, Type: "[]main.Trend", Partitions: daily, Inputs: []asset.Input{data("delays"), {Asset: "delays", Kind: asset.Data, Mapping: partition.Mapping{Kind: partition.Offset, Offset: -1}, Optional: true}}, Site: site(118)},
		{Name: "route_network", Description: "Airports as nodes, routes as edges weighted by flights.", Group: "core", Kinds: []string{"parquet"}, Tags: []string{"graph"}, Owners: []string{"analytics"}, CodeVersion: "1", Type: "main.Network", Inputs: []asset.Input{all("flights"), data("airports")}, Site: site(140)},
		{Name: "carrier_scores", Description: "Punctuality of each carrier.", Group: "reports", Kinds: []string{"json"}, Partitions: carriers, Type: "main.Score", Inputs: []asset.Input{all("delays")}, Site: site(171)},
		{Name: "monthly_report", Description: "The report that goes out on the first of each month: punctuality by airport, with a table and a chart.", Group: "reports", Kinds: []string{"json", "report"}, Tags: []string{"monthly"}, Owners: []string{"analytics", "ops"}, CodeVersion: "2", Type: "main.Report", Inputs: []asset.Input{all("delays"), data("route_network")}, Config: []asset.ConfigField{{Name: "threshold_minutes", Type: "int", Default: []byte("15"), Description: "from how many minutes on a flight counts as late"}}, Site: site(203)},
		{Name: "publish", Description: "Hands the report to the document store.", Group: "reports", Kinds: []string{"effect"}, Inputs: []asset.Input{{Asset: "monthly_report", Kind: asset.Lineage}}, Site: site(240)},
	}
}

// WithHostile adds an asset whose name, group, tags and owner are what an
// attacker would choose.
func WithHostile(defs []asset.Definition) []asset.Definition {
	return append(defs, asset.Definition{
		Name: Hostile, Description: `"><img src=x onerror=alert(2)>`, Group: RTL, Kinds: []string{"<b>kind</b>"}, Tags: []string{"' onmouseover='alert(3)"},
		Inputs: []asset.Input{{Asset: "airports", Kind: asset.Lineage}}, Site: asset.Site{File: "a\"b.go", Line: 1},
	})
}

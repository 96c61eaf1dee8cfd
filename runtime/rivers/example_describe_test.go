package rivers_test

import (
	"fmt"

	"rivers.io/runtime/rivers"
)

// What an asset says about itself is shown on its page, found by the search, and
// known to selections. Handlers see the metadata when they store and load.
func ExampleDescription() {
	delays := rivers.NewAsset("delays", func(*rivers.Context) (int, error) { return 7, nil },
		rivers.Description("Delayed departures of one day."),
		rivers.Group("marts"),
		rivers.Kinds("parquet"),
		rivers.Tags("nightly", "public"),
		rivers.Owners("ops@example.com"),
		rivers.Metadata("source", "the bureau of transport"),
		rivers.CodeVersion("2")) // a value computed by another version is stale

	repo := rivers.NewRepository("aviation", rivers.Assets(delays))
	d := repo.Definitions()[0]
	fmt.Println(d.Description, d.Group, d.Kinds, d.Tags, d.Owners, d.Metadata["source"], d.CodeVersion)

	graph, err := repo.Graph()
	if err != nil {
		fmt.Println(err)
		return
	}
	chosen, err := graph.Select("group:marts,tag:nightly")
	fmt.Println(graph.Names(chosen), err)
	// Output:
	// Delayed departures of one day. marts [parquet] [nightly public] [ops@example.com] the bureau of transport 2
	// [delays] <nil>
}

package plan_test

import (
	"fmt"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/plan"
)

// One step for each asset and key; the report waits behind a gate for all of
// the planned days.
func ExampleBuild() {
	days := &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-03-31"}
	g, err := asset.Resolve([]asset.Definition{
		{Name: "flights", Partitions: days},
		{Name: "delays", Partitions: days, Inputs: []asset.Input{{Asset: "flights", Kind: asset.Data}}},
		{Name: "report", Inputs: []asset.Input{{Asset: "delays", Kind: asset.Data, Mapping: partition.Mapping{Kind: partition.All}}}},
	})
	if err != nil {
		panic(err)
	}
	assets, _ := g.Select("+report")
	p, err := plan.Build(plan.Request{Graph: g, Assets: assets, Partitions: "2001-01-01..2001-01-02"})
	if err != nil {
		panic(err)
	}
	for _, step := range p.Steps {
		fmt.Println(step.ID, step.After, step.Gates)
	}
	fmt.Println("gate 0 after", p.Gates[0].After)
	_, err = plan.Build(plan.Request{Graph: g, Assets: assets, Now: time.Time{}})
	fmt.Println(err)
	// Output:
	// flights[2001-01-01] [] []
	// flights[2001-01-02] [] []
	// delays[2001-01-01] [0] []
	// delays[2001-01-02] [1] []
	// report [] [0]
	// gate 0 after [2 3]
	// asset flights is partitioned: name the partitions to materialize, such as 2001-01-01 or the range 2001-01-01..2001-03-31
}

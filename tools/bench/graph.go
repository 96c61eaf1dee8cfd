package main

import (
	"fmt"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/plan"
)

// large is how many assets a large location declares.
const large = 100_000

func graphMeasurements() []measurement {
	return []measurement{{name: "graph/100,000 assets", run: measureGraph}}
}

func measureGraph(string) ([]figure, error) {
	defs := make([]asset.Definition, large)
	for i := range defs {
		defs[i] = asset.Definition{Name: fmt.Sprintf("asset_%06d", i), Group: fmt.Sprintf("group_%03d", i/200)}
		for _, back := range []int{1, 7, 200} {
			if i >= back && i%200 >= 3 {
				defs[i].Inputs = append(defs[i].Inputs, asset.Input{Asset: defs[i-back].Name, Kind: asset.Data})
			}
		}
	}
	var g *asset.Graph
	resolve, err := timed(func() (err error) { g, err = asset.Resolve(defs); return err })
	if err != nil {
		return nil, err
	}
	var steps int
	planned, err := timed(func() error {
		selected, err := g.Select("group:group_00* group:group_01* group:group_02* group:group_03*")
		if err != nil {
			return err
		}
		p, err := plan.Build(plan.Request{Graph: g, Assets: selected, Now: time.Now()})
		if err == nil {
			steps = len(p.Steps)
		}
		return err
	})
	return []figure{
		{Name: "resolve", Value: milliseconds(resolve), Unit: "ms"},
		{Name: fmt.Sprintf("select and plan %d steps", steps), Value: milliseconds(planned), Unit: "ms"},
	}, err
}

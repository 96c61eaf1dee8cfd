package plan

import (
	"fmt"
	"testing"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
)

func BenchmarkBuild10kSteps(b *testing.B) {
	hours := &partition.Definition{Kind: partition.Hourly, Start: "2001-01-01T00:00", End: "2001-05-19T07:00"}
	g := resolved(b,
		asset.Definition{Name: "a", Partitions: hours},
		asset.Definition{Name: "b", Partitions: hours, Inputs: []asset.Input{input("a", partition.Mapping{}), input("a", yesterday)}},
		asset.Definition{Name: "c", Partitions: hours, Inputs: []asset.Input{input("b", partition.Mapping{})}},
		asset.Definition{Name: "d", Inputs: []asset.Input{input("c", all)}},
	)
	b.ReportAllocs()
	for b.Loop() {
		p, err := Build(Request{Graph: g, Assets: g.Order(), Partitions: "2001-01-01T00:00..2001-05-19T04:00", Now: now})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(p.Steps)), "steps")
	}
}

// BenchmarkResolveAndPlan100k resolves 100,000 assets, selects 10,000 of them
// and plans these.
func BenchmarkResolveAndPlan100k(b *testing.B) {
	defs := make([]asset.Definition, asset.MaxAssets)
	for i := range defs {
		defs[i] = asset.Definition{Name: fmt.Sprintf("asset_%06d", i), CodeVersion: "1"}
		if i >= 10 {
			defs[i].Inputs = []asset.Input{input(defs[i-10].Name, partition.Mapping{}), input(defs[i-1].Name, partition.Mapping{})}
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		g := resolved(b, defs...)
		assets, err := g.Select("+asset_009999")
		if err != nil {
			b.Fatal(err)
		}
		p, err := Build(Request{Graph: g, Assets: assets, Now: now})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(p.Steps)), "steps")
	}
}

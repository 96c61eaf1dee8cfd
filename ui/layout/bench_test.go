package layout_test

import (
	"fmt"
	"testing"

	"rivers.io/runtime/asset"
	"rivers.io/ui/graphs/synthetic"
	"rivers.io/ui/layout"
)

func BenchmarkCompute(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000, 50_000} {
		g := fromDefinitions(synthetic.Definitions(n))
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d, err := layout.Compute(g)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(d.Crossings), "crossings")
			}
		})
	}
}

func fromDefinitions(definitions []asset.Definition) layout.Graph {
	var g layout.Graph
	index, groups := make(map[string]int32), make(map[string]int32)
	for i, d := range definitions {
		index[d.Name] = int32(i)
		if _, ok := groups[d.Group]; !ok {
			groups[d.Group] = int32(len(groups))
		}
		g.Nodes = append(g.Nodes, layout.Node{Group: groups[d.Group], Width: 200})
	}
	for i, d := range definitions {
		for _, in := range d.Inputs {
			g.Edges = append(g.Edges, layout.Edge{From: index[in.Asset], To: int32(i)})
		}
	}
	return g
}

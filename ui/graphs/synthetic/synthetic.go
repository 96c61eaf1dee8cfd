// Package synthetic declares the assets of a shape of runtime/synthetic, for
// benchmarks and for looking at drawings. Equal arguments give equal graphs. It must
// never be imported by code that serves pages.
package synthetic

import (
	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/synthetic"
)

// Definitions returns the n assets of a shape.
func Definitions(n int) []asset.Definition {
	shape := synthetic.Shape(n)
	all := make([]asset.Definition, len(shape))
	for i, a := range shape {
		d := asset.Definition{Name: a.Name, Group: a.Group, Kinds: a.Kinds}
		if a.Daily {
			d.Partitions = &partition.Definition{Kind: partition.Daily, Start: synthetic.FirstDay, End: synthetic.LastDay}
		}
		for _, in := range a.Inputs {
			input := asset.Input{Asset: shape[in.From].Name, Kind: asset.Data}
			if in.Lineage {
				input.Kind = asset.Lineage
			}
			if shape[in.From].Daily && !a.Daily {
				input.Mapping = partition.Mapping{Kind: partition.All}
			}
			d.Inputs = append(d.Inputs, input)
		}
		all[i] = d
	}
	return all
}

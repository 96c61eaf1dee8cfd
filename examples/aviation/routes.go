package main

import (
	"cmp"
	"iter"
	"slices"

	"rivers.io/runtime/rivers"
)

// Route is a connection between two airports, in one direction.
type Route struct {
	Origin      string
	Destination string
	Flights     int
	Distance    int // miles
	MeanDelay   float64
}

var routes = rivers.NewAsset1("routes", flights.All(),
	func(ctx *rivers.Context, days iter.Seq2[rivers.Key, []Flight]) ([]Route, error) {
		type pair struct{ from, to string }
		sums := map[pair]*Route{}
		for _, day := range days {
			for _, f := range day {
				p := pair{f.Origin, f.Destination}
				r := sums[p]
				if r == nil {
					r = &Route{Origin: p.from, Destination: p.to, Distance: f.Distance}
					sums[p] = r
				}
				r.Flights++
				r.MeanDelay += float64(f.Delay)
			}
		}
		out := make([]Route, 0, len(sums))
		for _, r := range sums {
			r.MeanDelay /= float64(r.Flights)
			out = append(out, *r)
		}
		slices.SortFunc(out, func(a, b Route) int {
			return cmp.Or(-cmp.Compare(a.Flights, b.Flights), cmp.Compare(a.Origin, b.Origin), cmp.Compare(a.Destination, b.Destination))
		})
		ctx.AddMetadata("routes", len(out))
		return out, ctx.Err()
	},
	rivers.Group("network"),
	rivers.Kinds("parquet"),
	rivers.CodeVersion("1"),
	rivers.Description("The network of routes over all days that are stored, busiest first."),
)

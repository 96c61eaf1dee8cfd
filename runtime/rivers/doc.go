// Package rivers is what a pipeline is written with: assets, their inputs,
// partitions, settings and resources, declared in Go and checked by its
// compiler.
//
//	package main
//
//	import (
//		"rivers.io/runtime/rivers"
//		"rivers.io/runtime/serve"
//	)
//
//	type Reading struct{ Day string; Rain float64 }
//
//	var readings = rivers.NewAsset("readings",
//		func(ctx *rivers.Context) ([]Reading, error) { return download(ctx, ctx.Partition().Key()) },
//		rivers.Partitioned(rivers.Daily("2012-01-01", "2015-12-31")))
//
//	var wettest = rivers.NewAsset1("wettest", readings.All(),
//		func(ctx *rivers.Context, days iter.Seq2[rivers.Key, []Reading]) (Reading, error) {
//			var most Reading
//			for _, day := range days {
//				for _, r := range day {
//					if r.Rain > most.Rain { most = r }
//				}
//			}
//			return most, ctx.Err()
//		})
//
//	func main() { serve.Main(rivers.NewRepository("weather", rivers.Assets(readings, wettest))) }
//
// and run by
//
//	riversctl dev .
//	riversctl materialize weather '+wettest' --partition 2012-01-01..2012-01-31 --wait
//
// # How it works
//
// An asset's function receives a Context and the values of its inputs, and
// returns the asset's value, which a Handler stores. What a parameter receives
// is an Input: the asset itself, or the asset seen through All, Complete,
// Offset, Via or Optional; the input's type is the parameter's, so a wrong edge
// does not compile. Everything else that a function reads is a typed handle that
// the asset names in Uses: a Config, a Resource, further inputs.
//
// A function fails by returning an error; GiveUp, RetryAfter and WithKind tell
// what is to become of the step. A panic fails the attempt and no other.
//
// Host carries out steps for the engine. It knows nothing of runs, stores or
// schedules.
//
// The package must never import a storage driver, a cloud's client, gRPC or
// Kubernetes: every package of a pipeline imports it.
package rivers

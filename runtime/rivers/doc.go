// Package rivers is what a pipeline is written with: assets, their inputs,
// partitions, settings and resources, declared in Go and checked by its
// compiler.
//
//	package main
//
//	import (
//		"iter"
//
//		"rivers.io/runtime/rivers"
//		"rivers.io/runtime/serve"
//	)
//
//	var rain = rivers.NewAsset("rain",
//		func(ctx *rivers.Context) (float64, error) { return measure(ctx.Partition().Key()) },
//		rivers.Partitioned(rivers.Daily("2012-01-01", "2015-12-31")))
//
//	var total = rivers.NewAsset1("total", rain.All(),
//		func(_ *rivers.Context, days iter.Seq2[rivers.Key, float64]) (float64, error) {
//			sum := 0.0
//			for _, mm := range days {
//				sum += mm
//			}
//			return sum, nil
//		})
//
//	func measure(day rivers.Key) (float64, error) { return float64(len(day)), nil }
//
//	func main() { serve.Main(rivers.NewRepository("weather", rivers.Assets(rain, total))) }
//
// and run by
//
//	riversctl dev .
//	riversctl materialize weather '+total' --partition 2012-01-01..2012-01-31 --wait
//
// # How it works
//
// An asset's function receives a Context and the values of its inputs, and
// returns the asset's value, which a Handler stores. What a parameter receives
// is an Input: the asset itself, or the asset seen through All, Complete,
// Offset, Via, WithMetadata or Optional; the input's type is the parameter's, so a wrong edge
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

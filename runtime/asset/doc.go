// Package asset holds what a pipeline declares, as data: assets, their inputs,
// partitions, retries and descriptions; and turns the declarations into a
// validated graph that selections and plans are made from.
//
// All problems of a set of declarations are reported at once, each with the
// asset's name and the source line of its declaration.
//
// The package is pure. It must never run user code, know a Go type of a value,
// or reach a clock, a store or the network.
package asset

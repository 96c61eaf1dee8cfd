// Package plan turns a graph, a selection of its assets and a selection of
// partitions into the steps of a run and the order between them.
//
// A plan is a function of its arguments: built again from the same definitions
// and the same RunCreated event it is the same plan, step for step, which is how
// a run is resumed. Its hash says whether two processes would carry out the same
// work.
//
// The package is pure. It must never read a store (what is already there does
// not change a plan) nor a clock.
package plan

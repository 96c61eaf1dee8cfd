// Package house says which part of rivers may import which, as a table, and
// holds the tests that keep it so: the arrows between components, the purity of
// the core, what user code must not pull in, the package comments, and words
// that may not stand in the tree.
//
// The same table gives the Bazel visibility of every library (the buildozer
// command below), so that a forbidden import fails in both builds. The package
// must stay data and tests: nothing of the product imports it.
package house

// Package storetest is the suite that every driver of package store passes: one
// test for each promise that the interfaces make, including those about
// concurrency, clocks and what a deletion leaves.
//
// A driver's test calls Run with a way to make fresh databases:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, storetest.Harness{New: newDatabase})
//	}
//
// The suite opens each database as often as it needs, as several processes
// would, each time with a clock of its own.
//
// The package must never import a driver, nor promise what the interfaces do
// not.
package storetest

// Package riverstest runs assets in tests: one asset on values that the test
// gives it, or a small graph, without any store, engine or waiting.
//
//	got, result := riverstest.Run(t, delays,
//		riverstest.Input(flights, []Flight{{Carrier: "AA", Minutes: 12}}),
//		riverstest.Key("2001-01-01"))
//
//	outcome := riverstest.Graph(t, repo).Materialize("+report", "2001-01-01..2001-01-03")
//	report, ok := riverstest.Value(outcome, report, "")
//
// A step runs once: retries are decisions of the engine, which is not here; a
// test sees the failure that would be retried.
//
// The package is for tests only and must never be imported by a pipeline.
package riverstest

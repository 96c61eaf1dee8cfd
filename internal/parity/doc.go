// Package parity shows that a pipeline leaves the same history wherever its state is
// kept: the aviation example is materialized on an embedded database and on a
// SurrealDB, and what both then hold is compared event for event, but for ids, tokens,
// times and durations.
//
// It holds tests only, and must never import the drivers: both databases are opened
// as every program opens them.
package parity

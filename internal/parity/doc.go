// Package parity shows that it makes no difference where the state of a pipeline is
// kept. The aviation example is materialized on an embedded database and on a
// SurrealDB, and what both then hold is compared event for event, but for ids, tokens,
// times and durations; and pages that read a SurrealDB are told of its changes.
//
// It holds tests only, and must never import the drivers: both databases are opened
// as every program opens them.
package parity

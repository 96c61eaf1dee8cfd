// Package event defines what rivers records: the events of a run or of an asset,
// their payloads, and the identity of steps and materializations.
//
// Events belong to a stream, which numbers them without gaps in commit order.
// The package says what an event carries and how it is encoded; who may write
// which event, and when it counts, is enforced by the store.
//
// The package is pure. It must never stamp a time, make an id or reach a store:
// those are done inside the append.
package event

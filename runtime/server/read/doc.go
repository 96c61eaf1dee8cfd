// Package read answers the questions of the API that the shared state can
// answer: what a location declares, what is known about assets and partitions,
// runs with their events and logs, and the watches of them.
//
//	code location ─┐                ┌─ store.Location
//	               ├─ Assets, Runs ─┤
//	gateway ───────┘   Partitions   └─ catalogue → asset.Graph
//
// A code location serves it for itself, and the gateway for every location, so
// that reading works while a location is down. It must never write to a store,
// nor touch a value: values belong to the user's side.
package read

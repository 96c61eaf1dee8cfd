// Package surreal keeps the state of locations in SurrealDB, version 3: the
// store that the code locations, the UI and the operator of a cluster share.
//
// # How it writes
//
// Every write is one message that the engine runs as one transaction. What an
// append means is computed here, from the head of the run as it was last seen,
// and the transaction changes the head only if its sequence number is still the
// one that was seen; else nothing happens, the head is read anew and the append
// is computed again. So two writers never pass each other on the engine's
// snapshots, an append needs one round trip, and a refusal is told only of a
// head that was just read. A run's head also holds its live attempts, so that
// the number fences them too.
//
// # How it reads
//
// Events are kept in batches, the events of one append being one record or a
// few, under ids that end in the number of their last event. Lists are kept in
// the order in which they are read: an index begins with the group that a list
// is about and ends with the negated time, since the engine walks an index only
// forwards. No query of the package sorts, or reads a whole table.
//
// Times of record and leases follow the clock of the engine. A record per
// location remembers the latest time seen, within seconds, so that a clock that
// is set back hides nothing from those who read what changed since.
//
// # How it watches
//
//	pulse records ── live query of the location ── feed ─┬─▶ WatchLocation: hints
//	      └──────── index by time, twice a second ───────┼─▶ WatchStream: reads the events
//	                                                     └─▶ WatchLogs: reads the lines
//
// A write tells of itself in the pulse of its stream, one record that the next
// write changes again. A watch is told of pulses by one live query for each
// location, and of gaps: when that begins, or begins anew, and now and then. After
// a gap it reads what it may have missed. Since a live query of the engine may stay
// silent, each feed also looks at what changed a moment ago. A live query is only
// ever a reason to look, never the source of an event.
//
// # How the schema changes
//
// The first who opens an empty database for writing gives it the schema in one
// transaction. Later migrations are Migrate's, statement by statement under a
// lease, and each statement may be repeated. What a build may use is told by
// floors that are stored with each version.
//
// The package must never trust a read for a decision that a concurrent write
// could undo, never keep a number that only one process knows, and never send a
// value inside the text of a query.
package surreal

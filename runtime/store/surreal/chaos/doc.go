// Package chaos shows what the SurrealDB driver promises while everything between
// it and the engine breaks.
//
//	four writers ──── a proxy each ──┐
//	                                 ├──▶ engine on RocksDB, killed and restarted
//	two watchers ──── a proxy each ──┘
//	verdict ─────────────────────────▶ the same, on a fresh connection, once all is calm
//
// Every proxy does to its connections what its seed says: resets, stalls, black
// holes, drips, delays, cuts, refusals and lost answers. The writers do what
// executors, workers and people do to runs, repeat a call for as long as the store
// is unavailable, and note what was acknowledged and what was refused. The verdict
// then holds what is stored, and what the watchers saw, against those notes.
//
// A failure names its seed; RIVERS_CHAOS_SEED repeats the faults and choices of a
// storm, though not the moments at which they meet. RIVERS_CHAOS_STORMS is how many
// storms there are; `make soak N=500` sets it.
//
// The package holds tests alone and must never be imported.
package chaos

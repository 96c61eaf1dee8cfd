// Package staleness answers whether assets, and single keys of partitioned ones,
// are missing, stale or up to date, and names every cause (D-65 to D-70).
//
// An answer is made when it is asked for and is never stored:
//
//	what is asked for ─▶ wanted keys, downstreams first, through the mappings
//	                  ─▶ their newest materializations, in batches
//	                  ─▶ asset.Judge for each key, upstreams first
//
// The rule itself is asset.Judge; this package finds what it needs. Every door
// asks here: the API, the pages and through them the command line.
//
// The work is bounded. A page of keys costs what the keys cost that it maps to
// upstream. The summary of a partitioned asset judges the last keys that have a
// value, says how many of how many it judged, and is as bad as the worst of
// them. Where a key reads all keys of an upstream, that upstream counts with its
// summary, and versions are compared key by key up to Limits.Exact keys and by
// time of record beyond. When MaxFacts is reached the answer says so instead of
// guessing.
//
// The package only reads. It must never write, cache or hold on to an answer.
package staleness

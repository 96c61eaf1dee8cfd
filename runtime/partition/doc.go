// Package partition is the arithmetic of partition keys: key spaces that map
// keys to ordinals and back, compressed sets of ordinals, and mappings from the
// keys of a downstream asset to those of its upstreams.
//
// A key space is never enumerated to answer a question about it. Time windows
// are arithmetic, static keys are an index, and every answer about many keys is
// algebra on sets or a page of keys.
//
// The package is pure, but for the time zone data that comes with Go or the
// system. It must never read a clock (the present is an argument),
// the network, the file system or a store, and must never hand out a list of
// all keys of a space.
package partition

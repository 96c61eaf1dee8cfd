// Package partitions answers the partition map element: the state of every key
// of an asset, one cell a key up to thousands, and counts by day, month, year or
// block of keys above that.
//
//	<rivers-partition-map src="…/partitions.json" asset="flights">
//
//	src  GET → Map. Parameters from and to narrow the answer to the keys with
//	     these ordinals, to not included, which is how a tile is opened.
//
// Serve is given the asset's key space and the sets of its states. Counts come
// from the ranks of the sets at the edges of the tiles: the package must never
// enumerate the keys of a space that it shows as tiles, nor reach a store or a
// clock.
package partitions

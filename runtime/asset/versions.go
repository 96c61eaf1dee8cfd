package asset

import (
	"iter"

	"rivers.io/runtime/partition"
)

// CombineVersions digests the data versions of many keys into the one version
// that an input of many keys records, and returns it with the number of keys.
// The pairs come in definition order. Without any, the version is empty.
func CombineVersions(versions iter.Seq2[partition.Key, string]) (version string, keys uint64) {
	d := newDigest("rivers versions 1")
	for key, v := range versions {
		d.text(string(key))
		d.text(v)
		keys++
	}
	if keys == 0 {
		return "", 0
	}
	return d.hex(), keys
}

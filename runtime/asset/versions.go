package asset

import (
	"iter"

	"rivers.io/runtime/partition"
)

// Versions gathers the data versions of many keys into the one version that an
// input of many keys records. The zero Versions is empty and ready for use.
type Versions struct {
	digest *digest
	keys   uint64
}

// Add takes the version of the next key; keys come in definition order.
func (v *Versions) Add(key partition.Key, version string) {
	if v.digest == nil {
		v.digest = newDigest("rivers versions 1")
	}
	v.digest.text(string(key))
	v.digest.text(version)
	v.keys++
}

// Sum returns the combined version, which is empty without any key, and the
// number of keys. Nothing may be added afterwards.
func (v *Versions) Sum() (version string, keys uint64) {
	if v.keys == 0 {
		return "", 0
	}
	return v.digest.hex(), v.keys
}

// CombineVersions digests the versions of many keys as Versions does.
func CombineVersions(versions iter.Seq2[partition.Key, string]) (version string, keys uint64) {
	var v Versions
	for key, version := range versions {
		v.Add(key, version)
	}
	return v.Sum()
}

package store

import (
	"strings"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
)

// SelectedKeys returns the single keys of a selection, and the empty key when it has
// ranges.
func SelectedKeys(selection string) []string {
	if selection == "" {
		return nil
	}
	var keys []string
	ranges := false
	for part := range strings.SplitSeq(selection, ",") {
		if strings.Contains(part, "..") {
			ranges = true
			continue
		}
		keys = append(keys, part)
	}
	if ranges {
		keys = append(keys, "")
	}
	return keys
}

// KeySpaces returns the distinct key spaces of assets.
func KeySpaces(definitions []asset.Definition) []partition.Space {
	seen := map[string]bool{}
	var list []partition.Space
	for _, def := range definitions {
		if def.Partitions == nil {
			continue
		}
		space, err := partition.New(*def.Partitions)
		if err != nil || seen[space.Fingerprint()] {
			continue // a space that this build cannot make orders nothing
		}
		seen[space.Fingerprint()] = true
		list = append(list, space)
	}
	return list
}

// Selects reports whether a run's selection of partitions holds a key. The order
// of keys inside of a range comes from the spaces; ranges of spaces that are not
// among them compare as text.
func Selects(selection, key string, spaces []partition.Space, now time.Time) bool {
	ordered := false
	for _, space := range spaces {
		at, err := space.Ordinal(partition.Key(key), now)
		if err != nil {
			continue
		}
		set, err := partition.ParseSelection(selection, space, now)
		if err != nil {
			continue
		}
		if ordered = true; set.Contains(at) {
			return true
		}
	}
	if ordered {
		return false
	}
	for term := range strings.SplitSeq(selection, ",") {
		lo, hi, isRange := strings.Cut(term, "..")
		if term == key || isRange && lo <= key && key <= hi {
			return true
		}
	}
	return false
}

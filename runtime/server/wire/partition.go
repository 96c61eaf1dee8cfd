package wire

import (
	"fmt"
	"strings"

	riversv1 "rivers.io/proto/rivers/v1"
)

// SelectionText writes a structured selection of partitions as text that is
// parsed like one a person wrote. Keys of several dimensions or values are an
// error, since no key space has them yet.
func SelectionText(s *riversv1.PartitionSelection) (string, error) {
	var terms []string
	for i, k := range s.GetKeys() {
		single := k.GetSingle()
		if single == nil {
			return "", fmt.Errorf("keys[%d]: the key has several dimensions; partitions of this location have one", i)
		}
		if len(single.Values) != 1 {
			return "", fmt.Errorf("keys[%d]: the key has %d values; list keys one by one", i, len(single.Values))
		}
		terms = append(terms, single.Values[0])
	}
	for i, r := range s.GetRanges() {
		single := r.GetSingle()
		if single == nil {
			return "", fmt.Errorf("ranges[%d]: the range has several dimensions; partitions of this location have one", i)
		}
		terms = append(terms, single.From+".."+single.To)
	}
	return strings.Join(terms, ","), nil
}

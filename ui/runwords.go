package ui

import (
	"slices"

	"rivers.io/runtime/store"
	"rivers.io/ui/format"
)

// sortedTags lists tags as key=value, in order.
func sortedTags(tags map[string]string) []string {
	out := make([]string, 0, len(tags))
	for k, v := range tags {
		if v == "" {
			out = append(out, k)
		} else {
			out = append(out, k+"="+v)
		}
	}
	slices.Sort(out)
	return out
}

// ended is the number of a run's steps that have ended.
func ended(r store.Run) int {
	n := r.Counts
	return n.Succeeded + n.Failed + n.Skipped + n.Canceled
}

// runParts are the ends of a run's steps as parts of a bar.
func runParts(r store.Run) []part {
	n := r.Counts
	return []part{
		{"materialized", uint64(n.Succeeded)}, {"failed", uint64(n.Failed)},
		{"skipped", uint64(n.Skipped)}, {"canceled", uint64(n.Canceled)},
	}
}

// stepWords say how far a run is.
func stepWords(r store.Run) string {
	n := r.Counts
	text := format.Count(n.Succeeded) + " of " + format.Plural(max(n.Total, r.Created.Steps), "step") + " succeeded"
	for _, p := range []struct {
		n    int
		word string
	}{{n.Failed, "failed"}, {n.Skipped, "skipped"}, {n.Canceled, "canceled"}} {
		if p.n > 0 {
			text += ", " + format.Count(p.n) + " " + p.word
		}
	}
	return text
}

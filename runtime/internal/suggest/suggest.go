// Package suggest finds the names that were probably meant by a mistyped one.
//
// The package is pure. It must never decide anything: its answers go into error
// messages only.
package suggest

import (
	"iter"
	"slices"
	"strings"
)

// maxLen is the longest text, in bytes, that is compared letter by letter.
const maxLen = 64

// maxCandidates bounds how many candidates one call looks at, so that an error
// message about a huge key space stays cheap.
const maxCandidates = 200_000

type scored struct {
	text  string
	score int
}

// Near returns at most n candidates that resemble want, best first; ties keep
// the candidates' order. It looks at no more than the first 200,000.
func Near(want string, n int, candidates iter.Seq[string]) []string {
	var best []scored
	seen := 0
	for c := range candidates {
		if seen++; seen > maxCandidates {
			break
		}
		score, ok := distance(want, c)
		if !ok || (len(best) == n && score >= best[n-1].score) || slices.Contains(best, scored{c, score}) {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, score, func(s scored, score int) int {
			if s.score <= score {
				return -1
			}
			return 1
		})
		best = slices.Insert(best, at, scored{c, score})
		if len(best) > n {
			best = best[:n]
		}
	}
	out := make([]string, len(best))
	for i, s := range best {
		out[i] = s.text
	}
	return out
}

// distance scores how far a candidate is from what was written; it is false
// when they do not resemble each other.
func distance(want, have string) (int, bool) {
	if want == "" || have == "" || len(want) > maxLen || len(have) > 4*maxLen {
		return 0, false
	}
	limit := min((len(want)+2)/3, len(want)-1)
	if d, ok := edits(strings.ToLower(want), strings.ToLower(have), limit); ok {
		return d, true
	}
	if len(want) >= 3 && strings.Contains(have, want) {
		return limit + 1, true
	}
	if len(have) >= 3 && strings.Contains(want, have) {
		return limit + 2, true
	}
	return 0, false
}

// edits is the number of inserted, deleted, replaced or swapped bytes that lead
// from a to b, or false when there are more than limit.
func edits(a, b string, limit int) (int, bool) {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return 0, false
	}
	before, previous, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(previous[j]+1, row[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least > limit {
			return 0, false
		}
		before, previous, row = previous, row, before
	}
	return previous[len(b)], previous[len(b)] <= limit
}

// Hint returns " (did you mean a, b?)" or, without names, the empty string.
func Hint(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(names, ", ") + "?)"
}

package partition

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// MaxSelectionLen is the longest selection text, in bytes, that is read.
const MaxSelectionLen = 1 << 20

// AllKeys is the word that selects every key of a space at the present. A
// static key of the same text wins over it.
const AllKeys = "all"

// rangeMark stands between the ends of a range.
const rangeMark = ".."

// maxTerm is the longest term, in bytes: two keys and what stands between them,
// some white space included.
const maxTerm = 2*MaxKeyLen + 32

// ParseSelection reads a selection of keys of space, as people write it:
//
//	2001-01-31                         one key
//	2001-01-01..2001-01-31             a range, both ends included
//	2001-01-01..2001-01-31,2001-02-07  several terms, joined
//	all                                every key at now
//
// Ranges follow definition order. White space around terms and ends is dropped.
// A term that is a key as it stands means that key, even when it holds ".." or
// reads "all". Empty text selects nothing.
//
// Errors name the term, the offending value and the nearest valid keys (D-94);
// an unknown key is a *KeyError.
func ParseSelection(text string, space Space, now time.Time) (Set, error) {
	if len(text) > MaxSelectionLen {
		return Set{}, fmt.Errorf("partition selection of %d bytes is longer than %d", len(text), MaxSelectionLen)
	}
	var out Set
	if strings.TrimSpace(text) == "" {
		return out, nil
	}
	for term := range strings.SplitSeq(text, ",") {
		from, to, err := parseTerm(strings.TrimSpace(term), space, now)
		if err != nil {
			return Set{}, err
		}
		out.AddSpan(from, to)
	}
	return out, nil
}

// parseTerm returns the ordinals from <= o < to that one term selects.
func parseTerm(term string, space Space, now time.Time) (from, to uint64, err error) {
	if term == "" {
		return 0, 0, errors.New("partition selection has an empty term; terms are keys or ranges from..to, joined by commas")
	}
	if len(term) > maxTerm {
		return 0, 0, fmt.Errorf("partition selection, term %q: a term of %d bytes is longer than any range", clip(term), len(term))
	}
	at, keyErr := space.Ordinal(Key(term), now)
	switch {
	case keyErr == nil:
		return at, at + 1, nil
	case term == AllKeys:
		return 0, space.Count(now), nil
	case !strings.Contains(term, rangeMark):
		return 0, 0, fmt.Errorf("partition selection: %w", keyErr)
	}
	from, to, err = parseRange(term, space, now)
	if err != nil {
		return 0, 0, fmt.Errorf("partition selection, term %q: %w", clip(term), err)
	}
	return from, to, nil
}

// parseRange tries each ".." of the term as the middle, since keys may contain
// it too; more than one reading is an error.
func parseRange(term string, space Space, now time.Time) (from, to uint64, err error) {
	found := false
	var firstErr error
	for at := 0; at+len(rangeMark) <= len(term); at++ {
		if !strings.HasPrefix(term[at:], rangeMark) {
			continue
		}
		low, high, err := parseEnds(term[:at], term[at+len(rangeMark):], space, now)
		switch {
		case err != nil && firstErr == nil:
			firstErr = err
		case err != nil:
		case found && (low != from || high != to):
			return 0, 0, errors.New("it can be read as more than one range; list the keys instead")
		default:
			from, to, found = low, high, true
		}
	}
	if !found {
		return 0, 0, firstErr
	}
	return from, to, nil
}

func parseEnds(first, last string, space Space, now time.Time) (from, to uint64, err error) {
	first, last = strings.TrimSpace(first), strings.TrimSpace(last)
	if first == "" || last == "" {
		return 0, 0, errors.New("a range needs both ends, as in from..to")
	}
	from, err = space.Ordinal(Key(first), now)
	if err != nil {
		return 0, 0, err
	}
	to, err = space.Ordinal(Key(last), now)
	if err != nil {
		return 0, 0, err
	}
	if from > to {
		return 0, 0, fmt.Errorf("the range is reversed: %s comes before %s", last, first)
	}
	return from, to + 1, nil
}

// FormatSelection writes the keys of set as text that ParseSelection reads back
// to the same set: ascending, with ranges compressed and open ends closed.
// Ordinals that are not in space at now are left out.
func FormatSelection(set Set, space Space, now time.Time) string {
	var out strings.Builder
	count := space.Count(now)
	for from, to := range set.Ranges() {
		if from >= count {
			break
		}
		formatRange(&out, from, min(to, count), space, now)
	}
	return out.String()
}

// formatRange writes one span. Two neighbours are written as keys, as is a range
// whose text would be read as something else.
func formatRange(out *strings.Builder, from, to uint64, space Space, now time.Time) {
	if to-from > 2 {
		first, _ := space.Key(from, now)
		last, _ := space.Key(to-1, now)
		text := string(first) + rangeMark + string(last)
		if low, high, err := parseTerm(text, space, now); err == nil && low == from && high == to {
			writeTerm(out, text)
			return
		}
	}
	for ; from < to; from++ {
		key, _ := space.Key(from, now)
		writeTerm(out, string(key))
	}
}

func writeTerm(out *strings.Builder, term string) {
	if out.Len() > 0 {
		out.WriteByte(',')
	}
	out.WriteString(term)
}

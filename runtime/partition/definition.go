package partition

import "time"

// Kind names a variety of key space.
type Kind string

// The kinds of key space that a definition may name.
const (
	Static Kind = "static"
	Daily  Kind = "daily"
	Hourly Kind = "hourly"
)

// Definition declares a key space as data. It is what a pipeline describes,
// what the catalogue stores and what the wire carries; Space does the work.
type Definition struct {
	Kind Kind `json:"kind"`
	// Keys are the keys of a static space in their declared order; repeats
	// collapse to the first position.
	Keys []string `json:"keys,omitempty"`
	// Start and End are the first and the last key of a time grid, both
	// included, in the grid's own key format ("2001-01-01", "2001-01-01T05:00"):
	// January to March 2001 is 2001-01-01 and 2001-03-31. The E of D-86 is hence
	// the end of End's window. An empty End follows the present; an End that lies
	// ahead makes future keys valid.
	Start string `json:"start,omitempty"`
	End   string `json:"end,omitempty"`
	// Timezone is the IANA zone in which "now" is read; empty means UTC.
	Timezone string `json:"timezone,omitempty"`
	// CompletedOnly admits only windows that have ended (D-86), with a declared
	// End too.
	CompletedOnly bool `json:"completedOnly,omitempty"`
}

// Space is a key space: an ordered set of keys with an ordinal for each.
// Ordinals start at 0, follow definition order and never change for one
// fingerprint. now matters only to grids whose end is open.
type Space interface {
	// Definition returns the declaration the space was made from.
	Definition() Definition
	// Fingerprint identifies the mapping between keys and ordinals. Two spaces
	// with one fingerprint give every key the same ordinal; moving the end of
	// a grid does not change it.
	Fingerprint() string
	// Count returns the number of keys at now.
	Count(now time.Time) uint64
	// Key returns the key with the given ordinal. It is false when the ordinal
	// lies outside of the space at now.
	Key(ordinal uint64, now time.Time) (Key, bool)
	// Ordinal returns the position of key at now, or an error that names the
	// key and hints at valid neighbours.
	Ordinal(key Key, now time.Time) (uint64, error)
	// Window returns the time window of key as wall-clock times in the space's
	// zone; false for spaces that have no windows.
	Window(key Key) (Window, bool)
}

// Window is the half-open span of wall-clock time that a key of a time grid
// names: Start is included, End is not.
type Window struct{ Start, End time.Time }

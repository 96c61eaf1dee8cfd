package graphs

import "strings"

// Status is the state of an asset as its node shows it.
type Status byte

// The statuses, by the letter that stands for them on the wire.
const (
	Materialized Status = 'm'
	Running      Status = 'r'
	Queued       Status = 'q'
	Stale        Status = 's'
	Failed       Status = 'f'
	Missing      Status = '-'
	Skipped      Status = 'k'
	Canceled     Status = 'c'
)

// StatusWire is the state of all declared assets.
type StatusWire struct {
	// Source is Topology.Source: a browser whose drawing has another one asks
	// for a new drawing.
	Source string `json:"source"`
	// Letters has one Status for each declared asset, in their order.
	Letters string `json:"letters"`
	// Notes are short facts that a node shows beside its kinds, such as
	// "12/31", by position among the declared assets.
	Notes map[int]string `json:"notes,omitempty"`
}

// NewStatusWire encodes the statuses of all declared assets, in their order.
func NewStatusWire(source string, statuses []Status) StatusWire {
	var b strings.Builder
	for _, s := range statuses {
		b.WriteByte(byte(s))
	}
	return StatusWire{Source: source, Letters: b.String()}
}

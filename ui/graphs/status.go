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

// StatusWire is the state of all nodes of one drawing.
type StatusWire struct {
	// Letters has one Status for each declared asset, in their order.
	Letters string `json:"letters"`
	// Names are the assets, when they are not all declared ones.
	Names []string `json:"names,omitempty"`
	// Notes are short facts that a node shows instead of its kinds, such as
	// "12 of 31 days", by asset.
	Notes map[string]string `json:"notes,omitempty"`
}

// NewStatusWire encodes the statuses of all declared assets, in their order.
func NewStatusWire(statuses []Status) StatusWire {
	var b strings.Builder
	for _, s := range statuses {
		b.WriteByte(byte(s))
	}
	return StatusWire{Letters: b.String()}
}

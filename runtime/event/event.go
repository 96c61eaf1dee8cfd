package event

import (
	"strconv"
	"strings"
	"time"

	"rivers.io/runtime/partition"
)

// Step identifies one step of a run: an asset, and the partition key it is
// computed for. Key is empty for an asset without partitions.
type Step struct {
	Name string        `json:"step,omitempty"`
	Key  partition.Key `json:"partition,omitempty"`
}

// String returns name or name[key].
func (s Step) String() string {
	if s.Key == "" {
		return s.Name
	}
	return s.Name + "[" + string(s.Key) + "]"
}

// IsZero reports whether s names no step, as in a run-level event.
func (s Step) IsZero() bool { return s == Step{} }

// Attempt identifies one attempt of a step; numbers start at 1.
type Attempt struct {
	Step
	Number int `json:"attempt,omitempty"`
}

// String returns step#number.
func (a Attempt) String() string { return a.Step.String() + "#" + strconv.Itoa(a.Number) }

// Event is one fact of a stream.
type Event struct {
	// Stream is the run id, or AssetStream(name) for facts observed outside
	// of a run.
	Stream string
	// Seq numbers the events of a stream from 1 without gaps, in commit order.
	// The store stamps it.
	Seq uint64
	// Time is stamped inside the append, never earlier than the stream's
	// previous event, in UTC with nanoseconds.
	Time time.Time
	// Attempt is zero in run-level events; Number is zero in step-level events
	// that belong to no attempt (StepSkipped, StepCanceled).
	Attempt Attempt
	// Payload tells what happened; its type is the event's type.
	Payload Payload
}

// Type returns the type of the event's payload.
func (e Event) Type() Type { return e.Payload.Type() }

// AssetStream returns the name of the stream of facts that are observed about
// an asset outside of runs.
func AssetStream(asset string) string { return assetStream + asset }

// IsAssetStream reports whether a stream is one that AssetStream names.
func IsAssetStream(stream string) bool {
	return len(stream) > len(assetStream) && strings.HasPrefix(stream, assetStream)
}

const assetStream = "asset:"

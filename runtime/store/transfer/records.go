package transfer

import (
	"encoding/json"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// Instants are nanoseconds since 1970 UTC; 0 is none.

// Catalogue is what a location declares.
type Catalogue struct {
	Name, Image, Hash string
	// Revision is 0 when nothing was registered.
	Revision     int64
	RegisteredAt int64
	// Definitions are in declaration order.
	Definitions []Definition
	// Removed are the assets that are declared no more, by name.
	Removed []string
	// Known are the names that Observe accepts, declared or not, by name.
	Known []string
}

// Definition is one declared asset.
type Definition struct {
	Name string
	// Raw is the definition as JSON.
	Raw json.RawMessage
}

// Stream is the head of a stream: of a run, or of an asset.
type Stream struct {
	// Ident is the id of the run, or event.AssetStream.
	Ident string
	// Seq and Time are those of the last event.
	Seq, Time int64
	// Run is nil for the stream of an asset.
	Run *Run
}

// Run is what is stored of a run beside its events and logs. Its lease is not among
// it: a copy is released.
type Run struct {
	// Digest tells the order of the run from others under its id.
	Digest                        string
	Status                        store.Status
	CreatedAt, StartedAt, EndedAt int64
	Epoch                         int64
	Executor                      string
	Canceling                     bool
	Cause                         string
	Priority                      int
	Block                         string
	Launcher                      string
	Counts                        event.Counts
	// Live are the attempts that are launched and not settled, and Writers the
	// last counters of those who wrote, both in order.
	Live    []Live
	Writers []Writer
	// Logs is the number of the last line of the logs.
	Logs int64
}

// Live is an attempt that may still write.
type Live struct {
	Attempt event.Attempt
	Token   string
	// Made are what it materialized so far.
	Made []store.AssetKey
}

// Writer is who wrote to a stream.
type Writer struct {
	ID      string
	Counter uint64
}

// Event is an event as stored.
type Event struct {
	Seq, Time int64
	Type      event.Type
	Attempt   event.Attempt
	Payload   json.RawMessage
	// Place orders the events of the location that tell something about assets,
	// within one place by number; 0 for all others.
	Place int64
}

// Fact is what is known about one key of an asset.
type Fact struct {
	Asset string
	Key   partition.Key
	// Made is the newest materialization, and Failed the newest failure; nil for
	// none.
	Made   *Made
	Failed *Failed
}

// Made is a materialization, whose run may be deleted.
type Made struct {
	Run     string
	Attempt event.Attempt
	Seq     int64
	// Time is when it was recorded; At, which tells whether it is newer than the
	// failure, may be later.
	Time, At int64
	Place    int64
	Payload  json.RawMessage
}

// Failed is a failure, whose run may be deleted.
type Failed struct {
	Run   string
	At    int64
	Place int64
	// Seq orders the failures of one place, as far as that is known.
	Seq int64
}

// The kinds of requests.
const (
	// RequestRun was answered with a run.
	RequestRun = "run"
	// RequestAnswer was answered with what RememberAnswer was given.
	RequestAnswer = "answer"
)

// Request is a request that was answered.
type Request struct {
	Kind, ID       string
	At             int64
	Method, Digest string
	Answer         []byte
}

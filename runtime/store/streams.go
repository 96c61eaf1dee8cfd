package store

import (
	"context"
	"iter"
	"time"

	"rivers.io/runtime/event"
)

// Part is the share of one writer in an append, with its own fence: an epoch
// for what the owner of a run writes, or the token of an attempt.
type Part struct {
	// Epoch, when not 0, must be the run's epoch. Terminal events of an
	// attempt that the owner writes on its behalf need the attempt to be live.
	Epoch uint64
	// Token, when not empty, must be the live token of the attempt that every
	// event of the part names.
	Token string
	// Events carry Attempt and Payload; the store stamps the rest.
	Events []event.Event
}

// Append is one atomic addition to the stream of a run.
type Append struct {
	// Writer and Counter identify the append: one repeated under the same pair
	// is recognised and changes nothing. Counters rise by any amount.
	Writer  string
	Counter uint64
	Parts   []Part
	// Lease, when not 0, lets the lease of the epoch's owner end that long after
	// the append, as Renew does; at most MaxLease.
	Lease time.Duration
}

// Appended is the acknowledgement of an append: it survives the death of every
// process.
type Appended struct {
	// First and Last are the sequence numbers given.
	First, Last uint64
	// Time is the time of record of the events.
	Time time.Time
	// LeaseEnd is the end of the lease after the append.
	LeaseEnd time.Time
	// Duplicate tells that the append was acknowledged before; First, Last
	// and Time are then those of the stream's head.
	Duplicate bool
}

// HintKind tells what changed, coarsely.
type HintKind string

// The kinds of hints.
const (
	// HintRun: a run was created, released, or changed its status or its counts.
	HintRun HintKind = "run"
	// HintEvents: a stream has new events.
	HintEvents HintKind = "events"
	// HintAsset: an asset was materialized, observed or failed.
	HintAsset HintKind = "asset"
	// HintLogs: a run has new log lines.
	HintLogs HintKind = "logs"
	// HintCatalogue: the location registered other definitions.
	HintCatalogue HintKind = "catalogue"
)

// Hint tells that a stream changed; the consumer reads what it names.
type Hint struct {
	// Stream is the run id or asset stream; empty for the catalogue.
	Stream string
	// Seq is the newest sequence number of the stream.
	Seq   uint64
	Kinds []HintKind
	// Assets are the assets that a HintAsset names, at most 100; empty with
	// HintAsset present means many.
	Assets []string
	// Deleted tells that the run is gone.
	Deleted bool
}

// Hints is one delivery of WatchLocation.
type Hints struct {
	// Cursor continues the watch after these hints.
	Cursor string
	Hints  []Hint
}

// Streams appends to, reads and watches the events of one location.
type Streams interface {
	// Append adds events to the stream of a run, all or none, in the order of
	// the parts, and applies their projections in the same step: attempts are
	// registered by StepLaunched and settled by their first terminal event
	// (StepSucceeded, StepFailed, StepCanceled, StepRevoked), RunFinished ends
	// the run, its lease and every attempt that is still live: what comes after
	// is ErrFinished. An attempt is launched once and materializes an output
	// once (ErrPrecondition); what its worker tells is believed only while it is
	// live, whoever writes it. Errors: ErrNotFound, ErrFinished, ErrStaleEpoch,
	// ErrTokenRevoked, ErrPrecondition, ErrInvalid (those about one part are a
	// *PartError that names it), ErrUnavailable.
	Append(ctx context.Context, run string, add Append) (Appended, error)
	// Observe adds an observation to the stream of an asset, outside runs.
	// ErrNotFound when the asset was never declared nor recorded.
	Observe(ctx context.Context, asset string, observation event.Observation) (event.Event, error)
	// Events returns the events of a stream with sequence numbers above after,
	// in order. With a limit, fewer than that many are the last ones, however
	// large they are. With 0 the store chooses: at most 1000 events, and no more
	// payload than MaxReadBytes unless the first event alone has more; only an
	// empty answer is the end then. Who reads a stream of unknown size to its
	// end asks with 0. A stream without events gives none; an unknown run is
	// ErrNotFound.
	Events(ctx context.Context, stream string, after uint64, limit int) ([]event.Event, error)
	// WatchStream yields each event above after once and in order, as batches,
	// whatever breaks in between, until ctx ends or the run's RunFinished was
	// yielded. The only errors are those that waiting cannot mend.
	WatchStream(ctx context.Context, stream string, after uint64) iter.Seq2[[]event.Event, error]
	// WatchLocation yields hints of what changed since cursor; an empty cursor
	// starts now. Hints are coalesced and come at least once. An empty Hints
	// with a cursor is yielded at once, so that a caller knows it is watching.
	// A malformed cursor is ErrInvalid.
	WatchLocation(ctx context.Context, cursor string) iter.Seq2[Hints, error]
}

// PartError names the part of an append that was refused.
type PartError struct {
	Part int
	Err  error
}

func (e *PartError) Error() string { return "append refused: " + e.Err.Error() }

// Unwrap returns the sentinel.
func (e *PartError) Unwrap() error { return e.Err }

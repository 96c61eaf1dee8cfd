package transfer

import (
	"context"
	"iter"

	"rivers.io/runtime/store"
)

// Database is an opened database that can be copied from and to.
type Database interface {
	// Export returns what is stored of a location.
	Export(location string) Source
	// Import returns where a location is written to.
	Import(location string) Target
}

// Source reads what is stored of one location. It may be read while it is written
// to: each answer is of one state, and so is a Stream with all that is in it.
type Source interface {
	// Catalogue is store.ErrNotFound when nothing at all is stored of the location.
	Catalogue(ctx context.Context) (Catalogue, error)
	// Streams gives the runs, the oldest first, then the streams of assets.
	Streams(ctx context.Context) iter.Seq2[Stream, error]
	// Events gives the events of a stream above a number, in order, in batches that
	// fit a transaction.
	Events(ctx context.Context, stream string, after int64) iter.Seq2[[]Event, error]
	// Logs gives the lines of a run in order, in batches that fit a transaction.
	Logs(ctx context.Context, run string) iter.Seq2[[]store.LogLine, error]
	// Facts gives what is known about keys, by asset and key, in batches that fit a
	// transaction.
	Facts(ctx context.Context) iter.Seq2[[]Fact, error]
	// Requests gives the requests that are remembered.
	Requests(ctx context.Context) iter.Seq2[[]Request, error]
}

// Target writes one location. Each call is a bounded number of bounded
// transactions, and may be repeated.
type Target interface {
	StreamTarget
	// Begin claims an empty location for a copy from origin, and reports whether it
	// goes on with one that was begun before. A location that holds anything else
	// is store.ErrExists.
	Begin(ctx context.Context, origin string) (resumed bool, err error)
	// WriteCatalogue writes what is declared, but for what Finish writes.
	WriteCatalogue(ctx context.Context, c Catalogue) error
	// WriteFacts replaces what is known about the given keys.
	WriteFacts(ctx context.Context, facts []Fact) error
	// WriteRequests replaces what is remembered of the given requests.
	WriteRequests(ctx context.Context, list []Request) error
	// Finish gives the location its name and revision, by which it is listed, and
	// ends the claim.
	Finish(ctx context.Context, c Catalogue) error
}

// StreamTarget writes the streams of one location.
type StreamTarget interface {
	// Written returns the number of the last event that is stored of a stream.
	Written(ctx context.Context, stream string) (int64, error)
	// WriteEvents adds events to a stream, in order. A run whose id belongs to
	// another location is store.ErrExists.
	WriteEvents(ctx context.Context, s Stream, events []Event) error
	// WriteLogs replaces the logs of a run.
	WriteLogs(ctx context.Context, s Stream, lines iter.Seq2[[]store.LogLine, error]) error
	// WriteStream writes the head of a stream, whose events are all there: readers
	// see the run from now on. It is released.
	WriteStream(ctx context.Context, s Stream) error
	// Drop removes a run that is there as a whole and that the source has no more.
	Drop(ctx context.Context, run string) error
}

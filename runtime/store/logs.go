package store

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"rivers.io/runtime/event"
)

// LogStream names where a line came from.
type LogStream string

// The streams of logs.
const (
	// Stdout and Stderr are the raw streams of one attempt.
	Stdout LogStream = "stdout"
	Stderr LogStream = "stderr"
	// Records are structured records of one attempt.
	Records LogStream = "log"
	// Process is what the pipeline's process printed while the run was active,
	// of no attempt in particular.
	Process LogStream = "process"
)

// MaxLogStream is how much of one stream of one attempt is kept, in bytes: the
// newest (D-166).
const MaxLogStream = 4 << 20

// MaxLogLine is how much of one line is kept, in bytes of text and attributes.
const MaxLogLine = 1 << 20

// LogLine is one line or record.
type LogLine struct {
	// Seq orders the lines of a run; the store gives it.
	Seq uint64
	// Time is when the line was written, by the worker's clock.
	Time    time.Time
	Attempt event.Attempt
	Stream  LogStream
	// Level is DEBUG, INFO, WARN or ERROR for records, else empty.
	Level string
	Text  string
	// Attrs are a record's attributes as a JSON object.
	Attrs json.RawMessage
	// Dropped, when not 0, makes the line a marker: that many bytes of the
	// stream before it are gone.
	Dropped int64
}

// LogFilter restricts log lines; zero fields do not restrict.
type LogFilter struct {
	// Step restricts to one step; without a key, to every key of its name.
	Step    event.Step
	Attempt int
	Streams []LogStream
	// MinLevel leaves out records below the level; raw lines have none.
	MinLevel string
	// Contains is a case-sensitive substring of the text.
	Contains string
}

// Logs keeps what attempts printed. Log lines are not part of the stream of
// events and are not fenced by it; they are written behind.
type Logs interface {
	// AppendLogs adds lines to a run in order, and drops the oldest lines of
	// an attempt's stream beyond MaxLogStream. No length is refused: a line
	// longer than MaxLogLine is cut and followed by a marker (LogLine.Fit), and
	// lines of more than MaxAppendBytes are stored in several steps; when one
	// of these fails, those before it stay. Lines of a deleted or unknown run
	// are ErrNotFound; an unknown stream, attributes that are no JSON and a
	// negative Dropped are ErrInvalid, before anything is stored.
	AppendLogs(ctx context.Context, run string, lines []LogLine) error
	// LogLines returns the lines above after in order, at most limit (0 means
	// 1000).
	LogLines(ctx context.Context, run string, filter LogFilter, after uint64, limit int) ([]LogLine, error)
	// WatchLogs yields the lines above after in batches, as they are written,
	// until ctx ends or the run is final and everything was yielded.
	WatchLogs(ctx context.Context, run string, filter LogFilter, after uint64) iter.Seq2[[]LogLine, error]
}

package host

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"time"

	"rivers.io/runtime/partition"
)

// Host carries out steps of one pipeline.
type Host interface {
	// Execute runs the function of one step and stores what it returns. It
	// returns when the function returned; ctx is canceled when the step is
	// canceled, timed out or no longer owned. Failures of user code and of
	// handlers are reported in Result.Failure; an error means that the step
	// could not be carried out at all (unknown step, invalid config).
	Execute(ctx context.Context, req Request, env Env) (Result, error)
}

// Request orders one attempt of one step.
type Request struct {
	Run     string
	Step    string
	Key     partition.Key
	Attempt int
	// Config holds the launch overrides of this step's asset, as JSON.
	Config json.RawMessage
	// Now is the instant that open-ended grids follow during the attempt.
	Now time.Time
}

// Env is what a step may reach while it runs.
type Env interface {
	// Values yields the stored values chosen for the step's i-th declared
	// input, in definition order. What it yields is recorded as read. For an
	// input without a chosen value it yields nothing. A mapped key outside of
	// the upstream's range is an error that names key and range, or nothing when
	// the input is optional (D-99).
	Values(ctx context.Context, input int) iter.Seq2[Value, error]
	// Missing tells which keys the step's i-th declared input asks for although
	// no value was chosen for them: their number, and the first of them in
	// definition order, at most limit. The one "key" of an upstream without
	// partitions is the empty key. Keys outside of the upstream's range are not
	// missing. The answer is of the same choice as that of Values.
	Missing(ctx context.Context, input, limit int) (first []partition.Key, total uint64, err error)
	// Logger writes structured records of the step.
	Logger() *slog.Logger
	// Stdout and Stderr are the step's own streams.
	Stdout() io.Writer
	Stderr() io.Writer
}

// ProcessWatcher is an Env that wants to know the process of its attempt. Hosts
// that start a process for each attempt tell it; others have none to tell.
type ProcessWatcher interface {
	// Started is called once, after the process started and before it gets its
	// order. The attempt waits for it.
	Started(pid int)
}

// Value refers to one stored value of an upstream.
type Value struct {
	Key         partition.Key
	DataVersion string
	// Ref is nil when the asset was materialized without a stored value
	// (D-14).
	Ref *Ref
	// Metadata is the asset's declared metadata.
	Metadata map[string]string
}

// Ref locates an immutable value for the handler that wrote it.
type Ref struct {
	Handler string
	Path    string
	Format  string
	Bytes   int64
}

// Result is how an attempt ended.
type Result struct {
	Outputs []Output
	Failure *Failure
}

// Output is one produced asset.
type Output struct {
	Asset string
	// Value is nil for a result that only records a materialization.
	Value *Ref
	// Metadata holds tagged values by key, merged as D-60 says.
	Metadata map[string]json.RawMessage
	// DataVersion is empty when neither handler nor function gave one.
	DataVersion string
}

// Failure tells why user code or a handler failed.
type Failure struct {
	// Message is the whole error chain as text.
	Message string
	// Kinds are the kinds of the chain's errors, most specific first (D-131).
	Kinds []string
	// Reason is error, timeout or canceled; empty means error.
	Reason string
	// Final forbids a retry whatever the policy says.
	Final bool
	// RetryAfter asks for the next attempt no earlier than this wait; zero
	// follows the policy.
	RetryAfter time.Duration
}

package store

import (
	"context"
	"encoding/json"
	"time"

	"rivers.io/runtime/event"
)

// Status is the state of a run (EVENTS, States).
type Status string

// The states of runs; the last three are final.
const (
	Queued     Status = "QUEUED"
	NotStarted Status = "NOT_STARTED"
	Started    Status = "STARTED"
	Succeeded  Status = "SUCCEEDED"
	Failed     Status = "FAILED"
	Canceled   Status = "CANCELED"
)

// Final reports whether no event can change the run any more.
func (s Status) Final() bool { return s == Succeeded || s == Failed || s == Canceled }

// Run is the projection of a run's stream.
type Run struct {
	ID       string
	Location string
	Status   Status
	// Created is the order of the run.
	Created event.RunCreated
	// CancelRequested tells that someone asked for the run's end.
	CancelRequested bool
	// Cause says why the run did not succeed.
	Cause       string
	Priority    int
	BlockReason string
	// Counts are the steps that ended so far; Total is fixed at creation.
	Counts event.Counts
	// CreatedAt, StartedAt and EndedAt are times of record; zero when not
	// reached.
	CreatedAt, StartedAt, EndedAt time.Time
	// Epoch is 0 until an executor took the run.
	Epoch    uint64
	Executor string
	// LeaseEnd is when the executor's lease ends; zero when released.
	LeaseEnd time.Time
	// Seq is the number of the stream's last event.
	Seq uint64
}

// NewRun is what CreateRun records.
type NewRun struct {
	// ID is a UUIDv7.
	ID string
	// Status is Queued or NotStarted.
	Status Status
	// Created is the first event of the stream.
	Created  event.RunCreated
	Priority int
	// RequestID, when not empty, makes the call idempotent for 24 hours.
	RequestID string
}

// RunFilter restricts a list of runs; zero fields do not restrict.
type RunFilter struct {
	Status []Status
	Asset  string
	// Partition matches runs that have a step for the key.
	Partition string
	// TagKey and TagValue match one tag; an empty TagValue matches any.
	TagKey, TagValue string
	// LauncherKind is manual, schedule, and so on.
	LauncherKind string
	// IDPrefix matches the beginning of the run id.
	IDPrefix string
	// Before and After bound the creation time.
	Before, After time.Time
}

// Claim is the ownership of a run, won by TakeOver.
type Claim struct {
	Epoch    uint64
	LeaseEnd time.Time
	// Run is the run as of the takeover.
	Run Run
}

// TakeOver asks for the ownership of a run.
type TakeOver struct {
	Executor string
	// Image is the digest or build that the executor runs.
	Image string
	// Lease is how long the ownership lasts without renewal, at most MaxLease.
	Lease time.Duration
	// Adopt lists the tokens that stay valid; every other live token is
	// revoked, with a StepRevoked event for each.
	Adopt []string
}

// Runs creates, lists, owns, cancels and deletes runs.
type Runs interface {
	// CreateRun records a run and its first events (RunCreated, and RunQueued
	// when Status is Queued) in one step. When the request id was used within
	// 24 hours, it returns the run made then and false; so does a repeat of the
	// same order under the same id without a request id. Errors: ErrExists when
	// the id is taken by another request; ErrConflict when the request id was
	// used for something else; ErrNotFound when the run made then was deleted;
	// ErrInvalid.
	CreateRun(ctx context.Context, run NewRun) (Run, bool, error)
	// Run returns one run, or ErrNotFound.
	Run(ctx context.Context, id string) (Run, error)
	// ListRuns pages runs, newest first: by time of creation, then by order of
	// it. Runs created meanwhile neither repeat nor hide others.
	ListRuns(ctx context.Context, filter RunFilter, page Page) (runs []Run, next string, err error)
	// CountRuns returns the number of runs by status, without scanning runs.
	CountRuns(ctx context.Context) (map[Status]int64, error)
	// TakeOver gives the caller the ownership of a run that has no living
	// owner, which is one whose lease is held (LeaseHeld, by the store's clock)
	// and that is not known to be dead: it raises the epoch, appends RunStarted (first time; the status
	// becomes Started) or RunTakenOver, and revokes tokens. Errors: ErrNotFound,
	// ErrFinished, ErrLeaseHeld; ErrPrecondition while the run is Queued;
	// ErrInvalid for a lease that CheckLease refuses.
	TakeOver(ctx context.Context, id string, take TakeOver) (Claim, error)
	// Renew lets the lease of an owner whose epoch still stands end lease from
	// now, by the store's clock, even when it has ended; the end moves back when
	// the clock was set back. Errors: ErrStaleEpoch, ErrFinished, ErrInvalid.
	Renew(ctx context.Context, id string, epoch uint64, lease time.Duration) (time.Time, error)
	// Release ends the lease without ending the run, so that another executor
	// may take over at once: WatchLocation tells of it with HintRun. Releasing
	// again changes nothing. A stale epoch is ErrStaleEpoch.
	Release(ctx context.Context, id string, epoch uint64) error
	// AdmitRun moves a run from Queued to NotStarted and appends RunDequeued.
	// ErrConflict when the run is in another state.
	AdmitRun(ctx context.Context, id string) (Run, error)
	// RequestCancel appends RunCancelRequested; a run that is Queued or
	// NotStarted is finished as Canceled in the same step. It is false, and
	// changes nothing, when the run is final; asking again is true and changes
	// nothing. ErrNotFound.
	RequestCancel(ctx context.Context, id string, by *event.User) (bool, error)
	// FailLaunch finishes a run that is NotStarted as Failed with
	// RunLaunchFailed. ErrConflict when it is in another state.
	FailLaunch(ctx context.Context, id, cause string) error
	// Orphans lists the runs NotStarted or Started that no living executor
	// owns, by the rule of TakeOver, oldest first, at most limit.
	Orphans(ctx context.Context, limit int) ([]Run, error)
	// DeleteRun removes a final run with its events and logs; materializations
	// that it recorded stay known. The run's row goes last, so that a crash
	// midway can be repeated. Errors: ErrNotFound; ErrPrecondition when the run
	// is active.
	DeleteRun(ctx context.Context, id string) error
	// Answer returns what a request id was answered with within 24 hours.
	// ErrNotFound; ErrConflict when it was used for another method or with
	// another digest.
	Answer(ctx context.Context, requestID, method, digest string) (json.RawMessage, error)
	// RememberAnswer keeps the answer of a request for 24 hours; the first
	// one stays.
	RememberAnswer(ctx context.Context, requestID, method, digest string, answer json.RawMessage) error
}

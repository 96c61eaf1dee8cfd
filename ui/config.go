package ui

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"rivers.io/runtime/store"
)

// Config is what a Server needs. Store, Locations and Logger are required.
type Config struct {
	// Store is opened for reading.
	Store store.Store
	// Locations gives the known code locations.
	Locations Locations
	// Actions carries out writes; without it every action is disabled.
	Actions Actions
	// Values reads the first rows of stored values; without it the preview tab
	// says that values are out of reach.
	Values Values
	// Gateway answers everything under /v1; without it those paths are 404.
	Gateway http.Handler
	// Build names this program's version, for the deployment page.
	Build string
	// Loopback refuses requests whose Host does not name the loopback
	// interface. Set it whenever the server listens on loopback without login,
	// so that no foreign page reaches it under a name of its own.
	Loopback bool
	// StreamLimit bounds the life of one event stream; 0 means an hour.
	StreamLimit time.Duration
	// Logger receives what goes wrong.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Phase is the state of a code location as people read it.
type Phase string

// The phases of a location.
const (
	PhasePending   Phase = "Pending"
	PhaseBuilding  Phase = "Building"
	PhaseDeploying Phase = "Deploying"
	// PhaseRestarting is that of a location which served, ended by itself and is
	// started again.
	PhaseRestarting Phase = "Restarting"
	PhaseReady      Phase = "Ready"
	PhaseDegraded   Phase = "Degraded"
	PhaseFailed     Phase = "Failed"
)

// Location is one known code location.
type Location struct {
	Namespace, Name string
	// ID is the immutable identity that rows in the store carry; empty until
	// the location registered once.
	ID    string
	Phase Phase
	// Endpoint is where the location serves gRPC; empty when it is down.
	Endpoint string
	// Image is the image digest, or the build id on a laptop.
	Image string
	// BuildError is the output of the newest build when it failed; the build
	// before it keeps serving.
	BuildError string
	// Message says in words why the phase is not Ready.
	Message string
	// Stale tells that the source of this entry was lost at StaleSince.
	Stale      bool
	StaleSince time.Time
}

// Up reports whether actions can reach the location.
func (l Location) Up() bool { return l.Endpoint != "" }

// Path returns the beginning of the location's pages.
func (l Location) Path() string { return "/locations/" + escape(l.Namespace) + "/" + escape(l.Name) }

// Locations knows the code locations.
type Locations interface {
	// List returns the known locations ordered by namespace and name. It never
	// waits.
	List() []Location
	// Synced reports whether the list was complete once.
	Synced() bool
	// Changed returns a channel that is closed at the next change of List.
	Changed() <-chan struct{}
}

// Launch orders a run.
type Launch struct {
	// Selection is as in riversctl materialize; empty means everything.
	Selection string
	// Partitions is a key, ranges or a list of both:
	// "2001-01-01..2001-01-31,2001-02-07"; empty when nothing selected is
	// partitioned.
	Partitions string
	Tags       map[string]string
	// Config is a JSON object by asset, or nil.
	Config json.RawMessage
	// RequestID makes the launch idempotent for 24 hours.
	RequestID string
	// ValidateOnly checks and counts without starting anything.
	ValidateOnly bool
}

// Launched answers a Launch.
type Launched struct {
	// Run is empty after ValidateOnly.
	Run string
	// Queued tells that the run waits for admission.
	Queued bool
	// Assets are the selected assets in plan order.
	Assets []string
	// Steps is how many steps the run has.
	Steps int
	// Partitions is the number of keys, 0 when nothing is partitioned.
	Partitions uint64
	// Sentence is the location's own summary; when it is empty the page makes
	// one of the figures.
	Sentence string
}

// Actions changes what a location owns. Errors that the caller can mend are
// *Refused; others are logged and shown as "could not reach".
type Actions interface {
	// Launch starts a run, or with ValidateOnly says what would start.
	Launch(ctx context.Context, location Location, launch Launch) (Launched, error)
	// Cancel asks for the end of a run; false when it had already ended.
	Cancel(ctx context.Context, location Location, run string) (bool, error)
	// Rerun starts a copy of a run, or with failed a run of its steps that did
	// not succeed, and returns the new run's id.
	Rerun(ctx context.Context, location Location, run string, failed bool, requestID string) (string, error)
	// Delete removes a run that has ended.
	Delete(ctx context.Context, location Location, run string) error
}

// Refused is an answer of a location that the user can act on.
type Refused struct {
	// Reason is the machine's word, such as UNKNOWN_ASSET.
	Reason string
	// Field names the input that is wrong, if one is.
	Field string
	// Message is for people.
	Message string
	// Known lists alternatives, if there are some.
	Known []string
}

func (e *Refused) Error() string { return e.Message }

// ErrUnreachable is wrapped by Actions when a location does not answer.
var ErrUnreachable = errors.New("the location does not answer")

// Preview is the beginning of a stored value.
type Preview struct {
	// Columns and Rows hold a table; Text holds any other value, as JSON.
	Columns []Column
	Rows    [][]string
	// Total is the number of rows of the whole value; -1 when unknown.
	Total int64
	Text  string
	// Truncated tells that Text was cut.
	Truncated bool
}

// Column is a column of a table.
type Column struct {
	Name, Type string
	// Numeric columns are aligned right.
	Numeric bool
}

// Values reads stored values.
type Values interface {
	// Preview reads at most rows rows of the value that a materialization
	// published. A value that is gone is an error that wraps store.ErrNotFound.
	Preview(ctx context.Context, location Location, value store.Materialized, rows int) (Preview, error)
}

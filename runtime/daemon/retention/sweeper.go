package retention

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
)

// Values are the stored objects.
type Values interface {
	// Objects lists the objects of an asset, without pointers.
	Objects(ctx context.Context, asset string) iter.Seq2[Object, error]
	// Directory returns the beginning of the paths of a key's objects.
	Directory(asset string, key partition.Key) string
	// Newest returns the path that the pointer in a directory names, or nothing.
	Newest(ctx context.Context, directory string) (string, error)
	// Delete removes an object; one that is gone is no error.
	Delete(ctx context.Context, path string) error
}

// Config is what a Sweeper needs.
type Config struct {
	Values Values
	// Handler is the name under which references to Values are recorded.
	Handler string
	// Graph is what the location declares.
	Graph *asset.Graph
	// Records returns every location whose values may lie in Values, the own one
	// among them.
	Records func(ctx context.Context) ([]Record, error)
	// Exclusive returns why values must not be removed by what Records tell, or
	// nil; nil stands for a store of values that is known to have no other user.
	Exclusive func(ctx context.Context) error
	// Grace is how long a value is left alone, unless a sweep is told otherwise.
	Grace time.Duration
	// Now is the present; default time.Now.
	Now    func() time.Time
	Logger *slog.Logger
}

// SharedError says that another database refers to values of the same store, so
// that none may be removed by what this one tells.
type SharedError struct {
	// Claim is the object by which the other database says so.
	Claim string
}

// Error implements error.
func (e *SharedError) Error() string {
	return "the store of values is used by another database too, whose values this one cannot tell; when that database is gone, remove " +
		e.Claim + " from the store"
}

// Sweeper removes values that nothing refers to. It is safe for concurrent use;
// one sweep goes on at a time.
type Sweeper struct {
	cfg  Config
	busy chan struct{}
}

// New returns a sweeper.
func New(cfg Config) *Sweeper {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Sweeper{cfg: cfg, busy: make(chan struct{}, 1)}
}

// Grace returns how long a value is left alone.
func (s *Sweeper) Grace() time.Duration { return s.cfg.Grace }

// Order says what a sweep does.
type Order struct {
	// Assets are the names of declared assets; empty means all.
	Assets []string
	// Grace is how long a value is left alone.
	Grace time.Duration
	// DryRun removes nothing, and reports what would go.
	DryRun bool
}

// maxExamples and maxProblems bound what a Report holds of each kind.
const (
	maxExamples = 10
	maxProblems = 5
)

// Report tells what a sweep found of one asset.
type Report struct {
	Asset string
	// Objects is how many were looked at, Foreign how many of them are no values
	// of rivers, and Young how many are too young to be considered.
	Objects, Foreign, Young int64
	// Removed and Bytes are what went, or would go.
	Removed, Bytes int64
	// Examples are the first of them, at most 10.
	Examples []Object
	// Failed is how many objects could not be removed, or not be judged.
	Failed int64
	// Problems say why, at most 5; and why an asset was left alone as a whole.
	Problems []error
	// Before is the instant that values had to be older than.
	Before time.Time
}

func (r *Report) problem(err error) {
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, err)
	}
}

func (r *Report) removed(o Object) {
	r.Removed++
	r.Bytes += o.Bytes
	if len(r.Examples) < maxExamples {
		r.Examples = append(r.Examples, o)
	}
}

// Sweep looks at one asset after the other and reports each. A problem of one
// asset is in its report and does not keep the others. It ends with the error of
// report or of ctx, or when the store of values or the record as a whole cannot be
// believed.
func (s *Sweeper) Sweep(ctx context.Context, order Order, report func(Report) error) error {
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-ctx.Done():
		return ctx.Err()
	}
	names := order.Assets
	if len(names) == 0 {
		for i := range s.cfg.Graph.Len() {
			names = append(names, s.cfg.Graph.At(i).Name)
		}
	}
	if s.cfg.Exclusive != nil {
		if err := s.cfg.Exclusive(ctx); err != nil {
			return err
		}
	}
	records, rules, err := s.rules(ctx, order.Grace)
	if err != nil {
		return err
	}
	for _, name := range names {
		w := &sweep{Sweeper: s, records: records, rules: rules, dry: order.DryRun, report: Report{Asset: name, Before: rules.Before()}}
		if err := w.run(ctx); err != nil {
			w.report.problem(err)
		}
		if err := errors.Join(ctx.Err(), report(w.report)); err != nil {
			return err
		}
	}
	return nil
}

// rules reads the present before the active runs, and both before any reference: a
// run that begins later writes values that are younger, and one that ended before
// has published all it ever will.
func (s *Sweeper) rules(ctx context.Context, grace time.Duration) ([]Record, Rules, error) {
	r := Rules{Now: s.cfg.Now().UTC(), Grace: grace}
	records, err := s.cfg.Records(ctx)
	if err != nil {
		return nil, r, fmt.Errorf("list the locations: %w", err)
	}
	if r.OldestActive, err = oldestActive(ctx, records); err != nil {
		return nil, r, err
	}
	return records, r, nil
}

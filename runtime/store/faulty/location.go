package faulty

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// location is a handle that fails by the plan of its store.
type location struct {
	s  *Store
	in store.Location
}

var _ store.Location = (*location)(nil)

// answer carries out a call and gives its result only when all went well.
func answer[T any](around func(func() error) error, call func() (T, error)) (T, error) {
	var got T
	err := around(func() (err error) {
		got, err = call()
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return got, nil
}

func (l *location) writes(ctx context.Context) func(func() error) error {
	return func(do func() error) error { return l.s.write(ctx, do) }
}

// ID returns the identity the handle is bound to.
func (l *location) ID() string { return l.in.ID() }

// Register registers a catalogue.
func (l *location) Register(ctx context.Context, c store.Catalogue) (store.CatalogueInfo, error) {
	return answer(l.writes(ctx), func() (store.CatalogueInfo, error) { return l.in.Register(ctx, c) })
}

// TakeOver takes a run over.
func (l *location) TakeOver(ctx context.Context, id string, take store.TakeOver) (store.Claim, error) {
	return answer(l.writes(ctx), func() (store.Claim, error) { return l.in.TakeOver(ctx, id, take) })
}

// Renew extends a lease.
func (l *location) Renew(ctx context.Context, id string, epoch uint64, lease time.Duration) (time.Time, error) {
	return answer(l.writes(ctx), func() (time.Time, error) { return l.in.Renew(ctx, id, epoch, lease) })
}

// Release ends a lease.
func (l *location) Release(ctx context.Context, id string, epoch uint64) error {
	return l.s.write(ctx, func() error { return l.in.Release(ctx, id, epoch) })
}

// AdmitRun admits a run.
func (l *location) AdmitRun(ctx context.Context, id string) (store.Run, error) {
	return answer(l.writes(ctx), func() (store.Run, error) { return l.in.AdmitRun(ctx, id) })
}

// RequestCancel asks for the end of a run.
func (l *location) RequestCancel(ctx context.Context, id string, by *event.User) (bool, error) {
	return answer(l.writes(ctx), func() (bool, error) { return l.in.RequestCancel(ctx, id, by) })
}

// FailLaunch fails a launch.
func (l *location) FailLaunch(ctx context.Context, id, cause string) error {
	return l.s.write(ctx, func() error { return l.in.FailLaunch(ctx, id, cause) })
}

// DeleteRun deletes a run.
func (l *location) DeleteRun(ctx context.Context, id string) error {
	return l.s.write(ctx, func() error { return l.in.DeleteRun(ctx, id) })
}

// RememberAnswer remembers an answer.
func (l *location) RememberAnswer(ctx context.Context, requestID, method, digest string, answer json.RawMessage) error {
	return l.s.write(ctx, func() error { return l.in.RememberAnswer(ctx, requestID, method, digest, answer) })
}

// Append appends to a run.
func (l *location) Append(ctx context.Context, run string, add store.Append) (store.Appended, error) {
	return answer(l.writes(ctx), func() (store.Appended, error) { return l.in.Append(ctx, run, add) })
}

// Observe records an observation.
func (l *location) Observe(ctx context.Context, asset string, observation event.Observation) (event.Event, error) {
	return answer(l.writes(ctx), func() (event.Event, error) { return l.in.Observe(ctx, asset, observation) })
}

// FoldPartitions folds the partitions of an asset.
func (l *location) FoldPartitions(ctx context.Context, asset string, space partition.Space, now time.Time) error {
	return l.s.write(ctx, func() error { return l.in.FoldPartitions(ctx, asset, space, now) })
}

// AppendLogs adds log lines.
func (l *location) AppendLogs(ctx context.Context, run string, lines []store.LogLine) error {
	return l.s.write(ctx, func() error { return l.in.AppendLogs(ctx, run, lines) })
}

// CreateRun creates a run.
func (l *location) CreateRun(ctx context.Context, run store.NewRun) (got store.Run, created bool, err error) {
	err = l.s.write(ctx, func() (err error) {
		got, created, err = l.in.CreateRun(ctx, run)
		return err
	})
	if err != nil {
		return store.Run{}, false, err
	}
	return got, created, nil
}

// CatalogueInfo describes the catalogue.
func (l *location) CatalogueInfo(ctx context.Context) (store.CatalogueInfo, error) {
	return answer(l.s.read, func() (store.CatalogueInfo, error) { return l.in.CatalogueInfo(ctx) })
}

// Definitions returns the declared assets.
func (l *location) Definitions(ctx context.Context) ([]asset.Definition, error) {
	return answer(l.s.read, func() ([]asset.Definition, error) { return l.in.Definitions(ctx) })
}

// Run returns a run.
func (l *location) Run(ctx context.Context, id string) (store.Run, error) {
	return answer(l.s.read, func() (store.Run, error) { return l.in.Run(ctx, id) })
}

// CountRuns counts runs by status.
func (l *location) CountRuns(ctx context.Context) (map[store.Status]int64, error) {
	return answer(l.s.read, func() (map[store.Status]int64, error) { return l.in.CountRuns(ctx) })
}

// Orphans lists orphans.
func (l *location) Orphans(ctx context.Context, limit int) ([]store.Run, error) {
	return answer(l.s.read, func() ([]store.Run, error) { return l.in.Orphans(ctx, limit) })
}

// Answer returns a remembered answer.
func (l *location) Answer(ctx context.Context, requestID, method, digest string) (json.RawMessage, error) {
	return answer(l.s.read, func() (json.RawMessage, error) { return l.in.Answer(ctx, requestID, method, digest) })
}

// Events returns events.
func (l *location) Events(ctx context.Context, stream string, after uint64, limit int) ([]event.Event, error) {
	return answer(l.s.read, func() ([]event.Event, error) { return l.in.Events(ctx, stream, after, limit) })
}

// Latest returns newest materializations.
func (l *location) Latest(ctx context.Context, keys []store.AssetKey) (map[store.AssetKey]store.Materialized, error) {
	return answer(l.s.read, func() (map[store.AssetKey]store.Materialized, error) { return l.in.Latest(ctx, keys) })
}

// AssetStates returns the states of assets.
func (l *location) AssetStates(ctx context.Context, assets []string) ([]store.AssetState, error) {
	return answer(l.s.read, func() ([]store.AssetState, error) { return l.in.AssetStates(ctx, assets) })
}

// PartitionStates returns the states of keys.
func (l *location) PartitionStates(ctx context.Context, asset string, keys []partition.Key) ([]store.PartitionState, error) {
	return answer(l.s.read, func() ([]store.PartitionState, error) { return l.in.PartitionStates(ctx, asset, keys) })
}

// PartitionSets returns the states of all keys.
func (l *location) PartitionSets(ctx context.Context, asset string, space partition.Space, now time.Time) (store.PartitionSets, error) {
	return answer(l.s.read, func() (store.PartitionSets, error) { return l.in.PartitionSets(ctx, asset, space, now) })
}

// LogLines returns log lines.
func (l *location) LogLines(ctx context.Context, run string, filter store.LogFilter, after uint64, limit int) ([]store.LogLine, error) {
	return answer(l.s.read, func() ([]store.LogLine, error) { return l.in.LogLines(ctx, run, filter, after, limit) })
}

// ListRuns pages runs.
func (l *location) ListRuns(ctx context.Context, filter store.RunFilter, page store.Page) (runs []store.Run, next string, err error) {
	err = l.s.read(func() (err error) {
		runs, next, err = l.in.ListRuns(ctx, filter, page)
		return err
	})
	return runs, next, err
}

// AssetHistory pages the events of an asset.
func (l *location) AssetHistory(ctx context.Context, asset string, filter store.HistoryFilter, page store.Page) (events []event.Event, next string, err error) {
	err = l.s.read(func() (err error) {
		events, next, err = l.in.AssetHistory(ctx, asset, filter, page)
		return err
	})
	return events, next, err
}

// watch passes a watch on until the crash, which ends it with an error.
func watch[T any](ctx context.Context, s *Store, start func(context.Context) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		inner, cancel := s.mortal(ctx)
		defer cancel()
		for v, err := range start(inner) {
			if s.faults.alive() != nil {
				break
			}
			if !yield(v, err) {
				return
			}
		}
		if err := s.faults.alive(); err != nil && ctx.Err() == nil {
			yield(none, err)
		}
	}
}

// WatchStream yields the events of a stream.
func (l *location) WatchStream(ctx context.Context, stream string, after uint64) iter.Seq2[[]event.Event, error] {
	return watch(ctx, l.s, func(ctx context.Context) iter.Seq2[[]event.Event, error] { return l.in.WatchStream(ctx, stream, after) })
}

// WatchLocation yields hints.
func (l *location) WatchLocation(ctx context.Context, cursor string) iter.Seq2[store.Hints, error] {
	return watch(ctx, l.s, func(ctx context.Context) iter.Seq2[store.Hints, error] { return l.in.WatchLocation(ctx, cursor) })
}

// WatchLogs yields log lines.
func (l *location) WatchLogs(ctx context.Context, run string, filter store.LogFilter, after uint64) iter.Seq2[[]store.LogLine, error] {
	return watch(ctx, l.s, func(ctx context.Context) iter.Seq2[[]store.LogLine, error] {
		return l.in.WatchLogs(ctx, run, filter, after)
	})
}

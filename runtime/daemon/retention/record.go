package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// Record is what a location remembers of its values and runs.
type Record interface {
	Definitions(ctx context.Context) ([]asset.Definition, error)
	AssetHistory(ctx context.Context, asset string, filter store.HistoryFilter, page store.Page) ([]event.Event, string, error)
	Latest(ctx context.Context, keys []store.AssetKey) (map[store.AssetKey]store.Materialized, error)
	ListRuns(ctx context.Context, filter store.RunFilter, page store.Page) ([]store.Run, string, error)
	Run(ctx context.Context, id string) (store.Run, error)
}

// active are the states of runs that may still publish values.
var active = []store.Status{store.Queued, store.NotStarted, store.Started}

// oldestActive returns since when runs that have not ended may have written
// values; zero when there is none. A run that retries another remembers that one's
// values, even when it was deleted meanwhile, and so counts from there.
func oldestActive(ctx context.Context, records []Record) (time.Time, error) {
	var oldest time.Time
	for _, rec := range records {
		for page := (store.Page{Size: store.MaxPage}); ; {
			runs, next, err := rec.ListRuns(ctx, store.RunFilter{Status: active}, page)
			if err != nil {
				return oldest, fmt.Errorf("list the active runs: %w", err)
			}
			for _, run := range runs {
				since, err := beginning(ctx, rec, run)
				if err != nil {
					return oldest, err
				}
				if oldest.IsZero() || since.Before(oldest) {
					oldest = since
				}
			}
			if next == "" {
				break
			}
			page.Token = next
		}
	}
	return oldest, nil
}

// maxSources bounds how many retries of retries are followed, as executors do.
const maxSources = 100

// beginning returns when a run, or the first of those it retries, was created.
func beginning(ctx context.Context, rec Record, run store.Run) (time.Time, error) {
	since := run.CreatedAt
	for range maxSources {
		if run.Created.Source == "" {
			break
		}
		id, err := uuid.Parse(run.Created.Source)
		if err != nil {
			return since, fmt.Errorf("the source of run %s: %w", run.ID, err)
		}
		if made := (Object{ID: id}).Made(); made.Before(since) {
			since = made
		}
		run, err = rec.Run(ctx, id.String())
		if errors.Is(err, store.ErrNotFound) {
			break
		}
		if err != nil {
			return since, fmt.Errorf("read run %s: %w", id, err)
		}
	}
	return since, nil
}

// source is one asset of one location whose values may lie in the place that is
// looked at.
type source struct {
	record Record
	asset  string
	// newest is the event that the last look began with.
	newest place
}

// place is where an event stands in the record.
type place struct {
	stream string
	seq    uint64
}

// sourcesOf returns the asset in every location, and those whose names differ in
// the case of letters alone: a store that does not tell such names apart keeps
// their values together.
func sourcesOf(ctx context.Context, records []Record, name string) ([]*source, error) {
	var out []*source
	for _, rec := range records {
		names := []string{name}
		definitions, err := rec.Definitions(ctx)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, fmt.Errorf("read what is declared: %w", err)
		}
		for _, d := range definitions {
			if strings.EqualFold(d.Name, name) && d.Name != name {
				names = append(names, d.Name)
			}
		}
		for _, n := range names {
			out = append(out, &source{record: rec, asset: n})
		}
	}
	return out, nil
}

// errReference says that a materialization refers to what cannot be a value.
var errReference = errors.New("not a reference that can be understood")

// news calls visit for every value that materializations refer to which were
// recorded since the last call; the first call visits all.
func (s *source) news(ctx context.Context, handler string, visit func(uuid.UUID)) error {
	var first place
	filter := store.HistoryFilter{Types: []event.Type{event.TypeMaterialization}}
	for page := (store.Page{Size: store.MaxPage}); ; {
		events, next, err := s.record.AssetHistory(ctx, s.asset, filter, page)
		if err != nil {
			return fmt.Errorf("read the history of %s: %w", s.asset, err)
		}
		for _, e := range events {
			at := place{e.Stream, e.Seq}
			if first == (place{}) {
				first = at
			}
			if at == s.newest {
				s.newest = first
				return nil
			}
			if err := visitEvent(e, handler, visit); err != nil {
				return err
			}
		}
		if next == "" {
			s.newest = first
			return nil
		}
		page.Token = next
	}
}

func visitEvent(e event.Event, handler string, visit func(uuid.UUID)) error {
	m, ok := e.Payload.(*event.Materialization)
	if !ok {
		return fmt.Errorf("event %d of %s is %T: %w", e.Seq, e.Stream, e.Payload, errReference)
	}
	if err := visitValue(m.Value, handler, visit); err != nil {
		return fmt.Errorf("event %d of %s: %w", e.Seq, e.Stream, err)
	}
	return nil
}

// visitValue visits the value of a reference. One of another handler is of no
// concern when it is not named as values are.
func visitValue(ref *event.ValueRef, handler string, visit func(uuid.UUID)) error {
	if ref == nil {
		return nil
	}
	name := ref.Path[strings.LastIndex(ref.Path, "/")+1:]
	text, _, _ := strings.Cut(name, ".")
	id, err := uuid.Parse(text)
	switch {
	case err == nil:
		visit(id)
	case ref.Handler == handler:
		return fmt.Errorf("value %q: %w", ref.Path, errReference)
	}
	return nil
}

// latest calls visit for the newest value of each key, which stays known when its
// run is deleted.
func (s *source) latest(ctx context.Context, keys []partition.Key, handler string, visit func(uuid.UUID)) error {
	for chunk := range slices.Chunk(keys, store.MaxKeys) {
		wanted := make([]store.AssetKey, len(chunk))
		for i, key := range chunk {
			wanted[i] = store.AssetKey{Asset: s.asset, Key: key}
		}
		found, err := s.record.Latest(ctx, wanted)
		if err != nil {
			return fmt.Errorf("read the newest values of %s: %w", s.asset, err)
		}
		for key, m := range found {
			if err := visitValue(m.Event.Value, handler, visit); err != nil {
				return fmt.Errorf("newest value of %s[%s]: %w", key.Asset, key.Key, err)
			}
		}
	}
	return nil
}

package surreal

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/transfer"
)

// Facts gives what is known about keys, by asset and key. A range of ids is always
// read as a whole, so that the names and the keys are read first, and then the
// records by their ids.
func (e export) Facts(ctx context.Context) iter.Seq2[[]transfer.Fact, error] {
	return func(yield func([]transfer.Fact, error) bool) {
		names, err := e.told(ctx)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, name := range names {
			keys, err := e.keys(ctx, name)
			if err != nil {
				yield(nil, err)
				return
			}
			for part := range slices.Chunk(keys, exportFacts) {
				page, err := e.facts(ctx, name, part)
				if !yield(page, err) || err != nil {
					return
				}
			}
		}
	}
}

// told are the assets of which some key is known.
func (e export) told(ctx context.Context) ([]string, error) {
	s := newScript()
	loc := s.arg(e.l.ident)
	s.answer("RETURN array::distinct((SELECT VALUE id[1] FROM part:[", loc, "]..=[", loc, ", ..]))")
	var names []string
	err := e.l.db.read(ctx, "export partitions", s, &names)
	slices.Sort(names)
	return names, err
}

func (e export) keys(ctx context.Context, name string) ([]string, error) {
	s := newScript()
	prefix := s.arg(e.l.ident) + ", " + s.arg(name)
	s.answer("SELECT VALUE id[2] FROM part:[", prefix, "]..=[", prefix, ", ..]")
	var keys []string
	err := e.l.db.read(ctx, "export partitions", s, &keys)
	slices.Sort(keys)
	return keys, err
}

// facts returns what is known about the given keys.
func (e export) facts(ctx context.Context, name string, keys []string) ([]transfer.Fact, error) {
	ids := make([]models.RecordID, len(keys))
	for i, key := range keys {
		ids[i] = recordID("part", e.l.ident, name, key)
	}
	s := newScript()
	s.answer("SELECT ", partFields, ", mrev, frev FROM ", s.arg(ids))
	var rows []partRow
	if err := e.l.db.read(ctx, "export partitions", s, &rows); err != nil {
		return nil, err
	}
	found := map[string]*partRow{}
	for i := range rows {
		found[rows[i].Key] = &rows[i]
	}
	var page []transfer.Fact
	for _, key := range keys {
		row := found[key]
		if row == nil || len(row.P) == 0 && row.FRev == "" {
			continue // what was observed follows from the events
		}
		f, err := row.fact(name)
		if err != nil {
			return nil, fmt.Errorf("what is known about %s[%s]: %w: %w", name, key, store.ErrCorrupt, err)
		}
		page = append(page, f)
	}
	return page, nil
}

func (r *partRow) fact(name string) (transfer.Fact, error) {
	f := transfer.Fact{Asset: name, Key: partition.Key(r.Key)}
	if len(r.P) > 0 {
		at, err := placeOf(r.MRev)
		if err != nil {
			return f, err
		}
		f.Made = &transfer.Made{
			Run: r.Stream, Seq: r.Seq, Time: r.T, At: r.MT, Place: math.MaxInt64 - at[0], Payload: r.P,
			Attempt: event.Attempt{Step: event.Step{Name: r.Step, Key: partition.Key(r.SKey)}, Number: r.Number},
		}
	}
	if r.FRev != "" {
		at, err := placeOf(r.FRev)
		if err != nil {
			return f, err
		}
		f.Failed = &transfer.Failed{Run: r.Run, At: r.FT, Place: math.MaxInt64 - at[0]}
		if len(at) > 3 {
			f.Failed.Seq = math.MaxInt64 - at[3]
		}
	}
	return f, nil
}

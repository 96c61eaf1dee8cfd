package surreal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// statesAtOnce is the most assets whose states one statement reads, and
// statesBeside how many such statements run beside each other.
const (
	statesAtOnce = 16
	statesBeside = 4
)

// stateRow is the newest that is known about an asset: the key materialized
// last, the key failed last and the newest observation.
type stateRow struct {
	Made     []partRow `json:"m"`
	Failed   []partRow `json:"f"`
	Observed []struct {
		T int64 `json:"t"`
	} `json:"o"`
}

// AssetStates returns the newest states of assets, in order.
func (l *location) AssetStates(ctx context.Context, assets []string) ([]store.AssetState, error) {
	if len(assets) == 0 {
		declared, err := l.declaredNames(ctx)
		if err != nil || len(declared) == 0 {
			return nil, err
		}
		assets = declared
	}
	list := make([]store.AssetState, len(assets))
	var keyed []int
	for from := 0; from < len(assets); from += store.MaxKeys {
		some := assets[from:min(from+store.MaxKeys, len(assets))]
		more, err := l.plainStates(ctx, some, list[from:])
		if err != nil {
			return nil, err
		}
		for _, i := range more {
			keyed = append(keyed, from+i)
		}
	}
	return list, l.keyedStates(ctx, assets, keyed, list)
}

// plainStates reads what is known about assets as a whole, which is all about
// those without keys. It returns the places of the others.
func (l *location) plainStates(ctx context.Context, assets []string, list []store.AssetState) (keyed []int, err error) {
	marks, parts := make([]models.RecordID, len(assets)), make([]models.RecordID, len(assets))
	for i, name := range assets {
		marks[i], parts[i] = recordID("asset", l.ident, name), recordID("part", l.ident, name, "")
	}
	s := newScript()
	s.answer("RETURN {k: (SELECT VALUE id[1] FROM ", s.arg(marks), " WHERE keyed = true), p: (SELECT ", partFields, " FROM ", s.arg(parts), ")}")
	var got struct {
		Keyed []string  `json:"k"`
		Parts []partRow `json:"p"`
	}
	if err := l.db.read(ctx, "read the states of assets", s, &got); err != nil {
		return nil, err
	}
	has, rows := map[string]bool{}, map[string]*partRow{}
	for _, name := range got.Keyed {
		has[name] = true
	}
	for i := range got.Parts {
		rows[got.Parts[i].Asset] = &got.Parts[i]
	}
	for i, name := range assets {
		list[i].Asset = name
		if has[name] {
			keyed = append(keyed, i)
			continue
		}
		if r := rows[name]; r != nil {
			if list[i].Last, err = r.last(); err != nil {
				return nil, err
			}
			list[i].FailedAt, list[i].FailedRun, list[i].ObservedAt = instant(r.FT), r.Run, instant(r.OT)
		}
	}
	return keyed, nil
}

// keyedStates reads the states of the assets at some places.
func (l *location) keyedStates(ctx context.Context, assets []string, places []int, list []store.AssetState) error {
	parts := (len(places) + statesAtOnce - 1) / statesAtOnce
	errs := make([]error, parts)
	var next atomic.Int64
	var tasks sync.WaitGroup
	for range min(parts, statesBeside) {
		tasks.Go(func() {
			for n := int(next.Add(1)) - 1; n < parts; n = int(next.Add(1)) - 1 {
				some := places[n*statesAtOnce : min((n+1)*statesAtOnce, len(places))]
				errs[n] = l.states(ctx, assets, some, list)
			}
		})
	}
	tasks.Wait()
	return errors.Join(errs...)
}

// states reads the states of the assets at a few places.
func (l *location) states(ctx context.Context, assets []string, places []int, list []store.AssetState) error {
	names := make([]string, len(places))
	for i, at := range places {
		names[i] = assets[at]
	}
	rows, err := l.stateRows(ctx, names)
	if err != nil {
		return err
	}
	for i, at := range places {
		if list[at], err = rows[i].state(names[i]); err != nil {
			return err
		}
	}
	return nil
}

// stateRows finds each of the three by the first entry of an index. Each is a
// SELECT of its own, since one in a closure would read all entries.
func (l *location) stateRows(ctx context.Context, assets []string) ([]stateRow, error) {
	s := newScript()
	var text strings.Builder
	for i, name := range assets {
		if i > 0 {
			text.WriteString(", ")
		}
		g, observed := s.arg(group(l.ident, name)), s.arg(group(l.ident, name, classObservation))
		for _, part := range []string{
			"{m: (SELECT ", partFields, ", g, mrev FROM part WHERE g = ", g, " AND mrev > '' ORDER BY g, mrev LIMIT 1), ",
			"f: (SELECT key, ft, frun, g, frev FROM part WHERE g = ", g, " AND frev > '' ORDER BY g, frev LIMIT 1), ",
			"o: (SELECT t, g, rev FROM history WHERE g = ", observed, " AND rev > '' ORDER BY g, rev LIMIT 1)}",
		} {
			text.WriteString(part)
		}
	}
	s.answer("RETURN [", text.String(), "]")
	var rows []stateRow
	err := l.db.read(ctx, "read the states of assets", s, &rows)
	if err == nil && len(rows) != len(assets) {
		err = fmt.Errorf("%d states of %d assets: %w", len(rows), len(assets), store.ErrCorrupt)
	}
	return rows, err
}

func (r *stateRow) state(asset string) (store.AssetState, error) {
	s := store.AssetState{Asset: asset}
	if len(r.Made) > 0 {
		last, err := r.Made[0].last()
		if err != nil {
			return s, err
		}
		s.Last = last
	}
	if len(r.Failed) > 0 {
		f := &r.Failed[0]
		s.FailedAt, s.FailedRun, s.FailedKey = instant(f.FT), f.Run, partition.Key(f.Key)
	}
	if len(r.Observed) > 0 {
		s.ObservedAt = instant(r.Observed[0].T)
	}
	return s, nil
}

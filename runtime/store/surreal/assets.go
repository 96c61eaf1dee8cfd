package surreal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

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
	parts := (len(assets) + statesAtOnce - 1) / statesAtOnce
	errs := make([]error, parts)
	var next atomic.Int64
	var tasks sync.WaitGroup
	for range min(parts, statesBeside) {
		tasks.Go(func() {
			for n := int(next.Add(1)) - 1; n < parts; n = int(next.Add(1)) - 1 {
				from := n * statesAtOnce
				errs[n] = l.states(ctx, assets[from:min(from+statesAtOnce, len(assets))], list[from:])
			}
		})
	}
	tasks.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return list, nil
}

// states reads the states of a few assets into list.
func (l *location) states(ctx context.Context, assets []string, list []store.AssetState) error {
	rows, err := l.stateRows(ctx, assets)
	if err != nil {
		return err
	}
	for i := range rows {
		if list[i], err = rows[i].state(assets[i]); err != nil {
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

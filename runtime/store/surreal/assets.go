package surreal

import (
	"context"

	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// statesAtOnce is the most assets whose states one statement reads.
const statesAtOnce = 1000

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
	list := make([]store.AssetState, 0, len(assets))
	for len(assets) > 0 {
		n := min(len(assets), statesAtOnce)
		rows, err := l.stateRows(ctx, assets[:n])
		if err != nil {
			return nil, err
		}
		for i := range rows {
			state, err := rows[i].state(assets[i])
			if err != nil {
				return nil, err
			}
			list = append(list, state)
		}
		assets = assets[n:]
	}
	return list, nil
}

// stateRows finds each of the three by the first entry of an index.
func (l *location) stateRows(ctx context.Context, assets []string) ([]stateRow, error) {
	groups := make([][2]string, len(assets))
	for i, name := range assets {
		groups[i] = [2]string{group(l.ident, name), group(l.ident, name, classObservation)}
	}
	s := newScript()
	s.answer("RETURN ", s.arg(groups), ".map(|$a| { RETURN {",
		"m: (SELECT ", partFields, ", g, mrev FROM part WHERE g = $a[0] AND mrev > '' ORDER BY g, mrev LIMIT 1), ",
		"f: (SELECT key, ft, frun, g, frev FROM part WHERE g = $a[0] AND frev > '' ORDER BY g, frev LIMIT 1), ",
		"o: (SELECT t, g, rev FROM history WHERE g = $a[1] AND rev > '' ORDER BY g, rev LIMIT 1)} })")
	var rows []stateRow
	err := l.db.read(ctx, "read the states of assets", s, &rows)
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

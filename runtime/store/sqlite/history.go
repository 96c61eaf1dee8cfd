package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// historyCodes are the types that the history of an asset holds.
var historyCodes = map[event.Type][]int64{
	event.TypeMaterialization: {codeMaterialization},
	event.TypeObservation:     {codeObservation},
	event.TypePartitionFailed: {codePartitionFailed},
	event.TypeStepFailed:      {codeStepFailed, codeStepFailedRetry},
}

func codesOf(types []event.Type) ([]int64, error) {
	if len(types) == 0 {
		return []int64{codeMaterialization, codeObservation, codeStepFailed}, nil
	}
	var codes []int64
	for _, t := range types {
		c, ok := historyCodes[t]
		if !ok {
			return nil, fmt.Errorf("the history of an asset holds no %s events: %w", t, store.ErrInvalid)
		}
		codes = append(codes, c...)
	}
	slices.Sort(codes)
	return slices.Compact(codes), nil
}

// position orders the history of an asset: by commit, then within it.
type position struct{ change, seq int64 }

type historyRow struct {
	storedEvent
	at position
}

// AssetHistory pages the events of an asset, newest first.
func (l *location) AssetHistory(ctx context.Context, asset string, filter store.HistoryFilter, page store.Page) ([]event.Event, string, error) {
	codes, err := codesOf(filter.Types)
	if err != nil {
		return nil, "", err
	}
	q := store.NewQuery("AssetHistory", l.ident, []any{asset, filter})
	after, err := historyStart(q, page.Token)
	if err != nil {
		return nil, "", err
	}
	limit := page.Limit()
	var rows []historyRow
	var list []event.Event
	err = l.view(ctx, "read the history of an asset", func(c *conn, loc int64) error {
		id, err := l.db.nameID(c, loc, asset)
		if err != nil || id == 0 {
			return err
		}
		if rows, err = historyRows(ctx, c, id, codes, string(filter.Key), after, limit+1); err != nil {
			return err
		}
		stored := make([]storedEvent, 0, limit)
		for _, r := range rows[:min(limit, len(rows))] {
			stored = append(stored, r.storedEvent)
		}
		list, err = l.db.named(c, stored)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > limit {
		last := rows[limit-1].at
		next = q.Token(last.change, last.seq)
	}
	return list, next, nil
}

func historyStart(q store.Query, token string) (position, error) {
	at, err := q.Key(token, 2)
	if err != nil || at == nil {
		return position{change: 1 << 62}, err
	}
	return position{at[0], at[1]}, nil
}

const historySelect = `SELECT e.change, s.ident, e.seq, e.time, e.type, e.step, e.key, e.attempt, e.payload FROM `

// historyRows returns the newest rows before a position. Without a key, each
// type has a run of the index of its own, and the runs are merged.
func historyRows(ctx context.Context, c *conn, asset int64, codes []int64, key string, before position, limit int) ([]historyRow, error) {
	var rows []historyRow
	visit := func(r row) error {
		e, err := scanEvent(r, 2, r.text(1))
		rows = append(rows, historyRow{e, position{r.int(0), r.int(2)}})
		return err
	}
	for _, code := range codes {
		var err error
		if key == "" {
			err = c.each(ctx, historySelect+`events e INDEXED BY events_asset JOIN streams s ON s.id = e.stream
				WHERE e.asset = ? AND e.type = ? AND (e.change, e.seq) < (?, ?) ORDER BY e.change DESC, e.seq DESC LIMIT ?`,
				visit, asset, code, before.change, before.seq, int64(limit))
		} else {
			err = c.each(ctx, historySelect+`events e INDEXED BY events_key JOIN streams s ON s.id = e.stream
				WHERE e.asset = ? AND e.key = ? AND (e.change, e.seq) < (?, ?) AND e.type = ? ORDER BY e.change DESC, e.seq DESC LIMIT ?`,
				visit, asset, key, before.change, before.seq, code, int64(limit))
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(rows, func(a, b historyRow) int {
		return cmp.Or(cmp.Compare(b.at.change, a.at.change), cmp.Compare(b.at.seq, a.at.seq))
	})
	return rows[:min(limit, len(rows))], nil
}

package surreal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// historyClasses are the types that the history of an asset holds.
var historyClasses = map[event.Type][]string{
	event.TypeMaterialization: {classMaterialization},
	event.TypeObservation:     {classObservation},
	event.TypePartitionFailed: {classPartitionFailed},
	event.TypeStepFailed:      {classFailed, classFailedRetry},
}

func classesOf(types []event.Type) ([]string, error) {
	if len(types) == 0 {
		return []string{classMaterialization, classObservation, classFailed}, nil
	}
	var classes []string
	for _, t := range types {
		c, ok := historyClasses[t]
		if !ok {
			return nil, fmt.Errorf("the history of an asset holds no %s events: %w", t, store.ErrInvalid)
		}
		classes = append(classes, c...)
	}
	slices.Sort(classes)
	return slices.Compact(classes), nil
}

// historyRow is an event in the history of an asset.
type historyRow struct {
	Rev    string     `json:"rev"`
	Stream string     `json:"stream"`
	Seq    int64      `json:"seq"`
	T      int64      `json:"t"`
	Type   event.Type `json:"type"`
	Step   string     `json:"step"`
	Key    string     `json:"key"`
	Number int        `json:"number"`
	P      []byte     `json:"p"`
}

func (r *historyRow) event() (event.Event, error) {
	return storedEvent{Type: r.Type, Name: r.Step, Key: partition.Key(r.Key), Number: r.Number, Payload: r.P}.event(r.Stream, r.Seq, r.T)
}

// AssetHistory pages the events of an asset, newest first.
func (l *location) AssetHistory(ctx context.Context, asset string, filter store.HistoryFilter, page store.Page) ([]event.Event, string, error) {
	classes, err := classesOf(filter.Types)
	if err != nil {
		return nil, "", err
	}
	q := store.NewQuery("AssetHistory", l.ident, []any{asset, filter})
	numbers, err := q.Key(page.Token, 4)
	if err != nil {
		return nil, "", err
	}
	after := ""
	if numbers != nil {
		after = place(numbers)
	}
	limit := page.Limit()
	rows, err := l.historyRows(ctx, asset, classes, string(filter.Key), after, limit+1)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(rows) > limit {
		rows = rows[:limit]
		if numbers, err = placeOf(rows[limit-1].Rev); err != nil {
			return nil, "", fmt.Errorf("history of %s: %w: %w", asset, store.ErrCorrupt, err)
		}
		next = q.Token(numbers...)
	}
	var list []event.Event
	for i := range rows {
		e, err := rows[i].event()
		if err != nil {
			return nil, "", err
		}
		list = append(list, e)
	}
	return list, next, nil
}

// historyRows returns the newest rows behind a place. Each class has a list of
// its own; the lists are merged.
func (l *location) historyRows(ctx context.Context, asset string, classes []string, key, after string, limit int) ([]historyRow, error) {
	s := newScript()
	field, n, from := "g", s.arg(limit), s.arg(after)
	if key != "" {
		field = "k"
	}
	lists := make([]string, len(classes))
	for i, c := range classes {
		g := group(l.ident, asset, c)
		if key != "" {
			g = group(g, key)
		}
		lists[i] = "(SELECT " + field + ", rev, stream, seq, t, type, step, key, number, p FROM history WHERE " +
			field + " = " + s.arg(g) + " AND rev > " + from + " ORDER BY " + field + ", rev LIMIT " + n + ")"
	}
	s.answer("RETURN [", strings.Join(lists, ", "), "]")
	var got [][]historyRow
	if err := l.db.read(ctx, "read the history of an asset", s, &got); err != nil {
		return nil, err
	}
	rows := slices.Concat(got...)
	slices.SortFunc(rows, func(a, b historyRow) int { return cmp.Compare(a.Rev, b.Rev) })
	return rows[:min(limit, len(rows))], nil
}

package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// projected are the tables that follow from the events. Rows of an owned table
// are all made anew; of the others, whose rows hold more than projections, the
// columns are set by the first column, which is the key.
var projected = []struct {
	name    string
	columns []string
	owned   bool
	where   string // the rows that count
}{
	{"streams", []string{
		"id", "seq", "time", "status", "launcher", "created_at", "epoch", "canceling", "total", "succeeded", "failed", "skipped", "canceled",
	}, false, "1"},
	{"runs", []string{"stream", "cause", "executor", "started_at", "ended_at"}, false, "1"},
	{"run_counts", []string{"loc", "status", "shard", "n"}, true, "n <> 0"},
	{"run_assets", []string{"asset", "created_at", "stream"}, true, "1"},
	{"run_tags", []string{"loc", "key", "value", "created_at", "stream"}, true, "1"},
	{"run_keys", []string{"loc", "key", "created_at", "stream"}, true, "1"},
	{"attempts", []string{"stream", "step", "key", "number", "token"}, true, "1"},
	{"partitions", []string{
		"asset", "key", "mat_stream", "mat_seq", "mat_attempt", "mat_time", "mat_change",
		"fail_stream", "fail_time", "fail_change", "kept", "fail_run",
	}, true, "1"},
}

// maxDifferences bounds what Compare reports.
const maxDifferences = 100

// Compare computes all projections from the events and returns how the stored
// rows differ from them, at most 100 differences; none when all is well.
func (d *DB) Compare(ctx context.Context) ([]string, error) {
	var diffs []string
	err := d.view(ctx, "compare projections", func(c *conn) error {
		want, err := d.replay(ctx, c)
		if err != nil {
			return err
		}
		for _, table := range projected {
			stored := map[string]int{}
			query := "SELECT " + strings.Join(table.columns, ", ") + " FROM " + table.name + " WHERE " + table.where
			err := c.once(ctx, query, func(r row) error {
				stored[render(r)]++
				return nil
			})
			if err != nil {
				return err
			}
			diffs = append(diffs, differences(table.name, want.rows[table.name], stored)...)
		}
		return nil
	})
	return diffs[:min(len(diffs), maxDifferences)], err
}

func render[R ~[]V, V any](r R) string {
	parts := make([]string, len(r))
	for i, v := range r {
		if raw, ok := any(v).([]byte); ok {
			parts[i] = string(raw)
			continue
		}
		parts[i] = fmt.Sprint(v)
	}
	return strings.Join(parts, " | ")
}

func differences(table string, want [][]any, stored map[string]int) []string {
	var diffs []string
	for _, r := range want {
		text := render(r)
		if stored[text]--; stored[text] < 0 {
			diffs = append(diffs, table+" lacks "+text)
		}
	}
	for text, n := range stored {
		if n > 0 {
			diffs = append(diffs, table+" has "+text)
		}
	}
	slices.Sort(diffs)
	return diffs
}

// Rebuild makes all projections anew from the events, in one transaction. What
// is kept of deleted runs, request ids and leases are no projections and stay.
func (d *DB) Rebuild(ctx context.Context) error {
	return d.write(ctx, func(t *tx) error {
		want, err := d.replay(ctx, t.conn)
		if err != nil {
			return err
		}
		for _, table := range projected {
			if err := t.rewrite(table.name, table.columns, table.owned, want.rows[table.name]); err != nil {
				return err
			}
		}
		t.touch()
		if _, err := t.exec(`DELETE FROM folds`); err != nil {
			return err
		}
		_, err = t.exec(`DELETE FROM chunks`)
		return err
	})
}

func (t *tx) rewrite(table string, columns []string, owned bool, rows [][]any) error {
	if !owned {
		query := "UPDATE " + table + " SET " + strings.Join(columns[1:], " = ?, ") + " = ? WHERE " + columns[0] + " = ?"
		for _, r := range rows {
			if _, err := t.exec(query, append(slices.Clone(r[1:]), r[0])...); err != nil {
				return err
			}
		}
		return nil
	}
	if _, err := t.exec("DELETE FROM " + table); err != nil {
		return err
	}
	query := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(columns)-1) + ")"
	for _, r := range rows {
		if _, err := t.exec(query, r...); err != nil {
			return err
		}
	}
	return nil
}

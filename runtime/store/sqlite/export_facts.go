package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/transfer"
)

// Facts gives what is known about keys, by asset and key.
func (e export) Facts(ctx context.Context) iter.Seq2[[]transfer.Fact, error] {
	return func(yield func([]transfer.Fact, error) bool) {
		type asset struct {
			id   int64
			name string
		}
		var assets []asset
		err := e.l.view(ctx, "export partitions", func(c *conn, loc int64) error {
			return c.each(ctx, `SELECT id, name FROM assets WHERE loc = ? ORDER BY name`, func(r row) error {
				assets = append(assets, asset{r.int(0), r.text(1)})
				return nil
			}, loc)
		})
		if err != nil {
			yield(nil, err)
			return
		}
		more := true
		for i := 0; i < len(assets) && more; i++ {
			from := ""
			pages(func() (page []transfer.Fact, err error) {
				err = e.l.view(ctx, "export partitions", func(c *conn, _ int64) error {
					page, err = e.facts(ctx, c, assets[i].id, assets[i].name, from)
					return err
				})
				if len(page) > 0 {
					from = string(page[len(page)-1].Key) + "\x00"
				}
				return page, err
			})(func(page []transfer.Fact, err error) bool {
				more = yield(page, err) && err == nil
				return more
			})
		}
	}
}

const factColumns = `p.key, p.mat_seq, p.mat_time, p.mat_change, p.fail_time, p.fail_change, p.kept, p.fail_run,
	ms.ident, fs.ident, e.time, e.step, e.key, e.attempt, e.payload`

// facts returns what is known about the keys of an asset from one on.
func (e export) facts(ctx context.Context, c *conn, asset int64, name, from string) ([]transfer.Fact, error) {
	var page []transfer.Fact
	var steps []int64
	size := 0
	err := c.each(ctx, `SELECT `+factColumns+` FROM `+keyTables+` WHERE p.asset = ? AND p.key >= ? ORDER BY p.key LIMIT ?`, func(r row) error {
		if size += len(r.blob(6)) + len(r.blob(14)); size > exportBytes && len(page) > 0 {
			return errEnough
		}
		f, step, err := scanFact(r, name)
		page, steps = append(page, f), append(steps, step)
		return err
	}, asset, from, int64(exportFacts))
	if err != nil && err != errEnough { //nolint:errorlint // it is returned as it is
		return nil, err
	}
	for i, step := range steps {
		if step == 0 {
			continue
		}
		if page[i].Made.Attempt.Name, err = e.l.db.nameOf(c, step); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// scanFact also returns the number of the step that the materialization lacks the
// name of.
func scanFact(r row, asset string) (transfer.Fact, int64, error) {
	f := transfer.Fact{Asset: asset, Key: partition.Key(r.text(0))}
	if !r.null(5) {
		f.Failed = &transfer.Failed{Run: r.text(7), At: r.int(4), Place: r.int(5)}
		if !r.null(9) {
			f.Failed.Run = r.text(9)
		}
	}
	switch {
	case !r.null(6):
		var kept keptMaterialization
		if err := json.Unmarshal(r.blob(6), &kept); err != nil {
			return f, 0, fmt.Errorf("what is kept of %s[%s]: %w: %w", asset, f.Key, store.ErrCorrupt, err)
		}
		raw, err := event.Encode(&kept.Event)
		f.Made = &transfer.Made{
			Run: kept.Run, Attempt: kept.Attempt, Seq: int64(kept.Seq), Time: kept.Time, At: r.int(2), Place: r.int(3), Payload: raw,
		}
		return f, 0, err
	case !r.null(14):
		f.Made = &transfer.Made{
			Run: r.text(8), Seq: r.int(1), Time: r.int(10), At: r.int(2), Place: r.int(3), Payload: slices.Clone(r.blob(14)),
			Attempt: event.Attempt{Step: event.Step{Key: partition.Key(r.text(12))}, Number: int(r.int(13))},
		}
		return f, r.int(11), nil
	case !r.null(3):
		return f, 0, fmt.Errorf("the event that materialized %s[%s] is gone: %w", asset, f.Key, store.ErrCorrupt)
	}
	return f, 0, nil
}

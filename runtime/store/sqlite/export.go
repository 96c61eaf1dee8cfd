package sqlite

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/transfer"
)

// The bounds of what an export reads at once.
const (
	exportStreams = 200
	exportEvents  = 1000
	exportBytes   = 4 << 20
	exportFacts   = 500
)

// export reads what is stored of a location. No view stays open while the reader
// works on what it was given.
type export struct{ l *location }

var (
	_ transfer.Database = (*DB)(nil)
	_ transfer.Source   = export{}
)

// Export returns what is stored of a location.
func (d *DB) Export(location string) transfer.Source { return export{d.at(location)} }

func (d *DB) at(ident string) *location { return &location{db: d, ident: ident} }

// Catalogue returns what the location declares.
func (e export) Catalogue(ctx context.Context) (transfer.Catalogue, error) {
	var out transfer.Catalogue
	err := e.l.view(ctx, "export the catalogue", func(c *conn, loc int64) error {
		r, err := c.first(`SELECT name, image, hash, revision, registered_at FROM locations WHERE id = ?`, loc)
		if err != nil {
			return err
		}
		if r == nil {
			return notFound("location", e.l.ident)
		}
		out = transfer.Catalogue{Name: r.text(0), Image: r.text(1), Hash: r.text(2), Revision: r.int(3), RegisteredAt: r.int(4)}
		err = c.each(ctx, `SELECT name, definition FROM assets WHERE loc = ? AND position IS NOT NULL ORDER BY position`, func(r row) error {
			out.Definitions = append(out.Definitions, transfer.Definition{Name: r.text(0), Raw: slices.Clone(r.blob(1))})
			return nil
		}, loc)
		if err != nil {
			return err
		}
		return c.each(ctx, `SELECT name, removed FROM assets WHERE loc = ? ORDER BY name`, func(r row) error {
			out.Known = append(out.Known, r.text(0))
			if r.int(1) != 0 {
				out.Removed = append(out.Removed, r.text(0))
			}
			return nil
		}, loc)
	})
	return out, err
}

// pages yields what fetch returns until that is nothing.
func pages[T any](fetch func() ([]T, error)) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		for {
			page, err := fetch()
			if err != nil {
				yield(nil, err)
				return
			}
			if len(page) == 0 || !yield(page, nil) {
				return
			}
		}
	}
}

// singles yields the elements of pages.
func singles[T any](all ...iter.Seq2[[]T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, seq := range all {
			for page, err := range seq {
				if err != nil {
					var none T
					yield(none, err)
					return
				}
				for _, v := range page {
					if !yield(v, nil) {
						return
					}
				}
			}
		}
	}
}

// Streams gives the runs, the oldest first, then the streams of assets.
func (e export) Streams(ctx context.Context) iter.Seq2[transfer.Stream, error] {
	return func(yield func(transfer.Stream, error) bool) {
		var createdAt, id int64
		runs := pages(func() (page []transfer.Stream, err error) {
			err = e.l.view(ctx, "export runs", func(c *conn, loc int64) error {
				page, createdAt, id, err = e.runs(ctx, c, loc, createdAt, id)
				return err
			})
			return page, err
		})
		from := event.AssetStream("")
		assets := pages(func() (page []transfer.Stream, err error) {
			err = e.l.view(ctx, "export streams of assets", func(c *conn, loc int64) error {
				return c.each(ctx, `SELECT ident, seq, time FROM streams WHERE ident >= ? AND ident < 'asset;' AND loc = ? ORDER BY ident LIMIT ?`, func(r row) error {
					page = append(page, transfer.Stream{Ident: r.text(0), Seq: r.int(1), Time: r.int(2)})
					from = r.text(0) + "\x00"
					return nil
				}, from, loc, int64(exportStreams))
			})
			return page, err
		})
		singles(runs, assets)(yield)
	}
}

// runs returns the runs that follow one in the order of their creation.
func (e export) runs(ctx context.Context, c *conn, loc, createdAt, id int64) ([]transfer.Stream, int64, int64, error) {
	var page []transfer.Stream
	var ids []int64
	err := c.each(ctx, `SELECT `+headColumns+`, launcher, r.digest, r.priority, r.block_reason, r.cause, r.executor, r.started_at, r.ended_at
		FROM streams JOIN runs r ON r.stream = id WHERE loc = ? AND status IS NOT NULL AND (created_at, id) > (?, ?)
		ORDER BY created_at, id LIMIT ?`, func(r row) error {
		h := scanHead(r)
		page = append(page, transfer.Stream{Ident: h.ident, Seq: h.seq, Time: h.time, Run: &transfer.Run{
			Digest: r.text(16), Status: h.status, CreatedAt: h.createdAt, StartedAt: r.int(21), EndedAt: r.int(22), Epoch: h.epoch,
			Executor: r.text(20), Canceling: h.canceling, Cause: r.text(19), Priority: int(r.int(17)), Block: r.text(18),
			Launcher: r.text(15), Counts: h.counts,
		}})
		ids = append(ids, h.id)
		createdAt, id = h.createdAt, h.id
		return nil
	}, loc, createdAt, id, int64(exportStreams))
	if err != nil {
		return nil, 0, 0, err
	}
	for i, stream := range ids {
		if err := e.details(ctx, c, stream, page[i].Run); err != nil {
			return nil, 0, 0, err
		}
	}
	return page, createdAt, id, nil
}

// details reads the attempts, the writers and the end of the logs of a run.
func (e export) details(ctx context.Context, c *conn, stream int64, run *transfer.Run) error {
	var steps []int64
	err := c.each(ctx, `SELECT step, key, number, token FROM attempts WHERE stream = ?`, func(r row) error {
		a := event.Attempt{Step: event.Step{Key: partition.Key(r.text(1))}, Number: int(r.int(2))}
		run.Live, steps = append(run.Live, transfer.Live{Attempt: a, Token: r.text(3)}), append(steps, r.int(0))
		return nil
	}, stream)
	if err != nil {
		return err
	}
	for i := range run.Live {
		if err := e.made(ctx, c, stream, steps[i], &run.Live[i]); err != nil {
			return err
		}
	}
	slices.SortFunc(run.Live, func(a, b transfer.Live) int {
		x, y := a.Attempt, b.Attempt
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Key, y.Key), cmp.Compare(x.Number, y.Number))
	})
	err = c.each(ctx, `SELECT writer, counter FROM writers WHERE stream = ? ORDER BY writer`, func(r row) error {
		run.Writers = append(run.Writers, transfer.Writer{ID: r.text(0), Counter: uint64(r.int(1))})
		return nil
	}, stream)
	if err != nil {
		return err
	}
	logs, err := c.first(`SELECT seq FROM log_heads WHERE stream = ?`, stream)
	if logs != nil {
		run.Logs = logs.int(0)
	}
	return err
}

// made completes a live attempt by its name and what it materialized.
func (e export) made(ctx context.Context, c *conn, stream, step int64, live *transfer.Live) (err error) {
	if live.Attempt.Name, err = e.l.db.nameOf(c, step); err != nil {
		return err
	}
	var assets []int64
	err = c.each(ctx, `SELECT asset FROM events WHERE stream = ? AND type = 12 AND step = ? AND coalesce(key, '') = ? AND attempt = ? ORDER BY seq`,
		func(r row) error {
			assets = append(assets, r.int(0))
			return nil
		}, stream, step, string(live.Attempt.Key), int64(live.Attempt.Number))
	for _, id := range assets {
		name, nerr := e.l.db.nameOf(c, id)
		err = errors.Join(err, nerr)
		live.Made = append(live.Made, store.AssetKey{Asset: name, Key: live.Attempt.Key})
	}
	return err
}

// Events gives the events of a stream above a number.
func (e export) Events(ctx context.Context, stream string, after int64) iter.Seq2[[]transfer.Event, error] {
	return func(yield func([]transfer.Event, error) bool) {
		pages(func() (page []transfer.Event, err error) {
			err = e.l.view(ctx, "export events", func(c *conn, loc int64) error {
				h, err := e.l.streamHead(c, loc, stream)
				if err != nil || h == nil {
					return err
				}
				page, err = e.events(ctx, c, h, after)
				return err
			})
			if len(page) > 0 {
				after = page[len(page)-1].Seq
			}
			return page, err
		})(yield)
	}
}

func (e export) events(ctx context.Context, c *conn, h *head, after int64) ([]transfer.Event, error) {
	var page []transfer.Event
	var steps []int64
	size := 0
	err := c.each(ctx, `SELECT `+eventColumns+`, change FROM events WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?`, func(r row) error {
		if size += len(r.blob(6)); size > exportBytes && len(page) > 0 {
			return errEnough
		}
		t, err := typeOf(r[2])
		if err != nil {
			return err
		}
		page = append(page, transfer.Event{
			Seq: r.int(0), Time: r.int(1), Type: t, Payload: slices.Clone(r.blob(6)), Place: r.int(7),
			Attempt: event.Attempt{Step: event.Step{Key: partition.Key(r.text(4))}, Number: int(r.int(5))},
		})
		steps = append(steps, r.int(3))
		return nil
	}, h.id, after, int64(exportEvents))
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	for i, step := range steps {
		if step == 0 {
			continue
		}
		if page[i].Attempt.Name, err = e.l.db.nameOf(c, step); err != nil {
			return nil, err
		}
	}
	return page, nil
}

// Logs gives the lines of a run.
func (e export) Logs(ctx context.Context, run string) iter.Seq2[[]store.LogLine, error] {
	return func(yield func([]store.LogLine, error) bool) {
		after := uint64(0)
		pages(func() ([]store.LogLine, error) {
			page, err := e.l.LogLines(ctx, run, store.LogFilter{}, after, exportEvents)
			if len(page) > 0 {
				after = page[len(page)-1].Seq
			}
			return page, err
		})(yield)
	}
}

// Requests gives the requests that are remembered.
func (e export) Requests(ctx context.Context) iter.Seq2[[]transfer.Request, error] {
	return func(yield func([]transfer.Request, error) bool) {
		kind, id := int64(0), ""
		pages(func() (page []transfer.Request, err error) {
			err = e.l.view(ctx, "export requests", func(c *conn, loc int64) error {
				return c.each(ctx, `SELECT kind, id, at, method, digest, answer FROM requests
					WHERE loc = ? AND (kind, id) > (?, ?) AND kind < ? ORDER BY kind, id LIMIT ?`, func(r row) error {
					kind, id = r.int(0), r.text(1)
					page = append(page, transfer.Request{
						Kind: requestKinds[kind], ID: id, At: r.int(2), Method: r.text(3), Digest: r.text(4), Answer: slices.Clone(r.blob(5)),
					})
					return nil
				}, loc, kind, id, int64(requestCopy), int64(exportEvents))
			})
			return page, err
		})(yield)
	}
}

// requestKinds are the names of the kinds of requests.
var requestKinds = map[int64]string{requestRun: transfer.RequestRun, requestAnswer: transfer.RequestAnswer}

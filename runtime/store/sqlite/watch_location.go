package sqlite

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"

	"rivers.io/runtime/store"
)

const (
	// hintBatch is the most streams that one look reads.
	hintBatch = 500
	// hintWindow is how many of a stream's newest events are looked at for the
	// assets that they name; beyond, a hint says "many".
	hintWindow = 2000
	// hintAssets is the most assets that a hint names.
	hintAssets = 100
)

// WatchLocation yields hints of what changed since cursor.
func (l *location) WatchLocation(ctx context.Context, cursor string) iter.Seq2[store.Hints, error] {
	return func(yield func(store.Hints, error) bool) {
		since, err := l.startCursor(ctx, cursor)
		if err != nil {
			yield(store.Hints{}, err)
			return
		}
		if !yield(store.Hints{Cursor: strconv.FormatInt(since, 10)}, nil) {
			return
		}
		l.db.watch(ctx, l.db.cfg.Poll, func(ctx context.Context) (bool, error) {
			for {
				b, err := l.lookAround(ctx, since)
				if err != nil {
					return false, err
				}
				since = b.until
				if len(b.order) > 0 && !yield(b.hints(), nil) {
					return true, nil
				}
				if !b.more {
					return false, nil
				}
			}
		}, func(err error) { yield(store.Hints{}, err) })
	}
}

// startCursor reads a cursor. An empty one is the present; one that the
// database never gave, which was replaced then, starts from the beginning.
func (l *location) startCursor(ctx context.Context, cursor string) (int64, error) {
	var since int64
	if cursor != "" {
		n, err := strconv.ParseInt(cursor, 10, 64)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("watch cursor %q is malformed: %w", cursor, store.ErrInvalid)
		}
		since = n
	}
	var present int64
	err := l.view(ctx, "start a watch", func(c *conn, _ int64) (err error) {
		present, err = clockChange(c)
		return err
	})
	switch {
	case cursor == "":
		return present, err
	case since > present:
		return 0, err
	}
	return since, err
}

func clockChange(c *conn) (int64, error) {
	r, err := c.first(`SELECT change FROM clock WHERE id = 0`)
	if err != nil || r == nil {
		return 0, err
	}
	return r.int(0), nil
}

// lookBatch is what one look found: a hint for each stream, in the order of
// their changes.
type lookBatch struct {
	since, until int64
	more         bool
	order        []string
	by           map[string]*store.Hint
}

func (b *lookBatch) hints() store.Hints {
	h := store.Hints{Cursor: strconv.FormatInt(b.until, 10)}
	for _, s := range b.order {
		h.Hints = append(h.Hints, *b.by[s])
	}
	return h
}

func (b *lookBatch) hint(stream string) *store.Hint {
	if h, ok := b.by[stream]; ok {
		return h
	}
	h := &store.Hint{Stream: stream}
	b.by[stream] = h
	b.order = append(b.order, stream)
	return h
}

// full notes that a source had more rows than were read, the last at change.
func (b *lookBatch) full(n int, change int64) {
	if n == hintBatch {
		b.more = true
		b.until = min(b.until, change)
	}
}

func (l *location) lookAround(ctx context.Context, since int64) (*lookBatch, error) {
	b := &lookBatch{since: since, by: map[string]*store.Hint{}}
	err := l.view(ctx, "watch", func(c *conn, loc int64) (err error) {
		if b.until, err = clockChange(c); err != nil || b.until <= since || loc == 0 {
			b.until = max(b.until, since)
			return err
		}
		if err := b.lookStreams(ctx, c, loc); err != nil {
			return err
		}
		if err := b.lookLogs(ctx, c, loc); err != nil {
			return err
		}
		if err := b.lookDeleted(ctx, c, loc); err != nil {
			return err
		}
		r, err := c.first(`SELECT change FROM locations WHERE id = ?`, loc)
		if err == nil && r.int(0) > since {
			b.hint("").Kinds = []store.HintKind{store.HintCatalogue}
		}
		return err
	})
	return b, err
}

type changedStream struct {
	id, seq, change, runChange int64
	ident                      string
}

func (b *lookBatch) lookStreams(ctx context.Context, c *conn, loc int64) error {
	var list []changedStream
	err := c.each(ctx, `SELECT id, seq, change, run_change, ident FROM streams INDEXED BY streams_change
		WHERE loc = ? AND change > ? ORDER BY change LIMIT ?`, func(r row) error {
		list = append(list, changedStream{r.int(0), r.int(1), r.int(2), r.int(3), r.text(4)})
		return nil
	}, loc, b.since, int64(hintBatch))
	if err != nil {
		return err
	}
	for _, s := range list {
		h := b.hint(s.ident)
		h.Seq = uint64(s.seq)
		if s.runChange > b.since {
			h.Kinds = append(h.Kinds, store.HintRun)
		}
		h.Kinds = append(h.Kinds, store.HintEvents)
		if err := b.lookAssets(ctx, c, s, h); err != nil {
			return err
		}
	}
	if n := len(list); n > 0 {
		b.full(n, list[n-1].change)
	}
	return nil
}

// lookAssets names the assets that new events of a stream tell about.
func (b *lookBatch) lookAssets(ctx context.Context, c *conn, s changedStream, h *store.Hint) error {
	found := map[string]bool{}
	err := c.each(ctx, `SELECT a.name FROM events e JOIN assets a ON a.id = e.asset
		WHERE e.stream = ? AND e.seq > ? AND e.change > ?`, func(r row) error {
		if len(found) <= hintAssets {
			found[r.text(0)] = true
		}
		return nil
	}, s.id, max(0, s.seq-hintWindow), b.since)
	if err != nil {
		return err
	}
	before, err := c.first(`SELECT change FROM events WHERE stream = ? AND seq <= ? AND asset IS NOT NULL ORDER BY seq DESC LIMIT 1`,
		s.id, s.seq-hintWindow)
	if err != nil {
		return err
	}
	beyond := before != nil && before.int(0) > b.since
	if len(found) == 0 && !beyond {
		return nil
	}
	h.Kinds = append(h.Kinds, store.HintAsset)
	if len(found) <= hintAssets && !beyond {
		h.Assets = slices.Sorted(maps.Keys(found))
	}
	return nil
}

func (b *lookBatch) lookLogs(ctx context.Context, c *conn, loc int64) error {
	n, last := 0, int64(0)
	err := c.each(ctx, `SELECT s.ident, s.seq, h.change FROM log_heads h INDEXED BY log_heads_change CROSS JOIN streams s ON s.id = h.stream
		WHERE h.loc = ? AND h.change > ? ORDER BY h.change LIMIT ?`, func(r row) error {
		h := b.hint(r.text(0))
		h.Seq = uint64(r.int(1))
		h.Kinds = append(h.Kinds, store.HintLogs)
		n, last = n+1, r.int(2)
		return nil
	}, loc, b.since, int64(hintBatch))
	b.full(n, last)
	return err
}

func (b *lookBatch) lookDeleted(ctx context.Context, c *conn, loc int64) error {
	n, last := 0, int64(0)
	err := c.each(ctx, `SELECT ident, change FROM deleted WHERE loc = ? AND change > ? ORDER BY change LIMIT ?`, func(r row) error {
		h := b.hint(r.text(0))
		h.Deleted, h.Kinds = true, []store.HintKind{store.HintRun}
		n, last = n+1, r.int(1)
		return nil
	}, loc, b.since, int64(hintBatch))
	b.full(n, last)
	return err
}

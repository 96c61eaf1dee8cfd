package sqlite

import (
	"context"
	"errors"
	"fmt"
	"math"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

const eventColumns = `seq, time, type, step, key, attempt, payload`

// storedEvent is an event as read, before its step has a name.
type storedEvent struct {
	event.Event
	step int64
}

// scanEvent reads eventColumns from the given column on.
func scanEvent(r row, at int, stream string) (storedEvent, error) {
	t, err := typeOf(r[at+2])
	if err != nil {
		return storedEvent{}, err
	}
	p, err := event.Decode(t, r.blob(at+6))
	if err != nil {
		return storedEvent{}, fmt.Errorf("event %d of %s: %w: %w", r.int(at), stream, store.ErrCorrupt, err)
	}
	e := storedEvent{step: r.int(at + 3)}
	e.Stream, e.Seq, e.Time, e.Payload = stream, uint64(r.int(at)), instant(r.int(at+1)), p
	e.Attempt.Key, e.Attempt.Number = partition.Key(r.text(at+4)), int(r.int(at+5))
	return e, nil
}

// named gives the steps of events their names.
func (d *DB) named(c *conn, list []storedEvent) ([]event.Event, error) {
	out := make([]event.Event, len(list))
	for i := range list {
		out[i] = list[i].Event
		if list[i].step == 0 {
			continue
		}
		name, err := d.nameOf(c, list[i].step)
		if err != nil {
			return nil, err
		}
		out[i].Attempt.Name = name
	}
	return out, nil
}

// Events returns the events of a stream above after.
func (l *location) Events(ctx context.Context, stream string, after uint64, limit int) ([]event.Event, error) {
	var list []event.Event
	err := l.view(ctx, "read events", func(c *conn, loc int64) error {
		h, err := l.streamHead(c, loc, stream)
		if err != nil || h == nil {
			return err
		}
		most := math.MaxInt
		if limit <= 0 {
			most = store.MaxReadBytes
		}
		list, err = l.db.events(ctx, c, h, after, store.ReadLimit(limit), most)
		return err
	})
	return list, err
}

// streamHead returns the head of a stream; nil when an asset has none, and
// ErrNotFound when there is no such run.
func (l *location) streamHead(c *conn, loc int64, stream string) (*head, error) {
	h, err := l.db.head(c, loc, stream)
	if err != nil {
		return nil, err
	}
	if h == nil && !event.IsAssetStream(stream) {
		return nil, notFound("run", stream)
	}
	return h, nil
}

// events returns at most limit events, and at most the given bytes of payload
// unless the first has more.
func (d *DB) events(ctx context.Context, c *conn, h *head, after uint64, limit, most int) ([]event.Event, error) {
	if after >= uint64(h.seq) {
		return nil, nil
	}
	list := make([]storedEvent, 0, min(limit, int(h.seq)-int(after)))
	err := c.each(ctx, `SELECT `+eventColumns+` FROM events WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?`, func(r row) error {
		if most -= len(r.blob(6)); most < 0 && len(list) > 0 {
			return errEnough
		}
		e, err := scanEvent(r, 0, h.ident)
		list = append(list, e)
		return err
	}, h.id, int64(after), int64(limit))
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return d.named(c, list)
}

// Observe adds an observation to the stream of an asset, outside runs.
func (l *location) Observe(ctx context.Context, asset string, observation event.Observation) (event.Event, error) {
	if err := store.CheckName("asset", asset); err != nil {
		return event.Event{}, err
	}
	e := event.Event{Stream: event.AssetStream(asset), Attempt: event.Attempt{Step: event.Step{Name: asset}}, Payload: &observation}
	rec, err := newRecord(e)
	if err != nil {
		return event.Event{}, err
	}
	err = l.write(ctx, func(t *tx, loc int64) error {
		known, err := t.first(`SELECT 1 FROM assets WHERE loc = ? AND name = ?`, loc, asset)
		if err != nil {
			return err
		}
		if known == nil {
			return notFound("asset", asset)
		}
		h, err := t.assetHead(loc, e.Stream)
		if err != nil {
			return err
		}
		h.time = h.stamp(t.now)
		if err := t.add(h, &rec); err != nil {
			return err
		}
		e.Seq, e.Time = uint64(h.seq), instant(h.time)
		return t.saveHead(h, false)
	})
	if err != nil {
		return event.Event{}, err
	}
	return e, nil
}

// assetHead returns the head of an asset's stream, making it when there is
// none.
func (t *tx) assetHead(loc int64, stream string) (*head, error) {
	h, err := t.db.head(t.conn, loc, stream)
	if err != nil || h != nil {
		return h, err
	}
	r, err := t.first(`INSERT INTO streams (loc, ident, seq, time, change, created_at) VALUES (?, ?, 0, ?, ?, ?) RETURNING id`,
		loc, stream, t.now, t.touch(), t.now)
	if err != nil {
		return nil, err
	}
	return &head{id: r.int(0), loc: loc, ident: stream, time: t.now, createdAt: t.now}, nil
}

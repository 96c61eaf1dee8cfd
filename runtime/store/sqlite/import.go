package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/transfer"
)

// requestCopy is the kind of the request that stands for a copy under way; it is
// above all others.
const requestCopy = 3

// importer writes a location. Until its head is written, a run is a stream without
// a status, which is none for readers.
type importer struct{ l *location }

var _ transfer.Target = importer{}

// Import returns where a location is written to.
func (d *DB) Import(location string) transfer.Target { return importer{d.at(location)} }

// Begin claims the location for a copy.
func (i importer) Begin(ctx context.Context, origin string) (resumed bool, err error) {
	err = i.l.write(ctx, func(t *tx, loc int64) error {
		resumed = false
		r, err := t.first(`SELECT digest FROM requests WHERE loc = ? AND kind = ? AND id = ''`, loc, int64(requestCopy))
		if err != nil {
			return err
		}
		if r != nil {
			if resumed = r.text(0) == origin; !resumed {
				return fmt.Errorf("location %s of %s holds an unfinished copy of %s: %w", i.l.ident, t.db.name, r.text(0), store.ErrExists)
			}
			return nil
		}
		used, err := t.first(`SELECT 1 FROM locations WHERE id = ? AND (revision > 0 OR EXISTS (SELECT 1 FROM assets WHERE loc = ?1)
			OR EXISTS (SELECT 1 FROM streams WHERE loc = ?1) OR EXISTS (SELECT 1 FROM requests WHERE loc = ?1))`, loc)
		if err != nil {
			return err
		}
		if used != nil {
			return fmt.Errorf("%s holds location %s already: %w", t.db.name, i.l.ident, store.ErrExists)
		}
		_, err = t.exec(`INSERT INTO requests VALUES (?, ?, '', ?, 'copy', ?, '')`, loc, int64(requestCopy), int64(math.MaxInt64), origin)
		return err
	})
	return resumed, err
}

// Written returns the number of the last event that is stored of a stream.
func (i importer) Written(ctx context.Context, stream string) (seq int64, err error) {
	err = i.l.view(ctx, "look at a copy", func(c *conn, loc int64) error {
		h, err := i.l.db.head(c, loc, stream)
		if h != nil {
			seq = h.seq
		}
		return err
	})
	return seq, err
}

// WriteEvents adds events to a stream.
func (i importer) WriteEvents(ctx context.Context, s transfer.Stream, events []transfer.Event) error {
	return i.l.write(ctx, func(t *tx, loc int64) error {
		h, err := t.importHead(loc, &s, events[0].Time)
		if err != nil {
			return err
		}
		highest := int64(0)
		for k := range events {
			e := &events[k]
			if e.Seq <= h.seq {
				continue
			}
			if e.Seq != h.seq+1 {
				return fmt.Errorf("event %d of %s follows event %d: %w", e.Seq, s.Ident, h.seq, store.ErrInvalid)
			}
			change, err := t.importEvent(h, e)
			if err != nil {
				return err
			}
			highest = max(highest, change)
			h.seq = e.Seq
		}
		if _, err := t.exec(`UPDATE clock SET change = max(change, ?) WHERE id = 0`, highest); err != nil {
			return err
		}
		_, err = t.exec(`UPDATE streams SET seq = ?, change = ? WHERE id = ?`, h.seq, t.touch(), h.id)
		return err
	})
}

// importHead returns the head of a stream, making one without a status when there
// is none. That of an asset was created at first.
func (t *tx) importHead(loc int64, s *transfer.Stream, first int64) (*head, error) {
	h, err := t.db.head(t.conn, loc, s.Ident)
	if err != nil || h != nil {
		return h, err
	}
	createdAt := first
	if s.Run != nil {
		createdAt = s.Run.CreatedAt
		r, err := t.first(`SELECT l.ident FROM streams s JOIN locations l ON l.id = s.loc WHERE s.ident = ?`, s.Ident)
		if err != nil {
			return nil, err
		}
		if r != nil {
			return nil, fmt.Errorf("run %s belongs to location %s of %s: %w", s.Ident, r.text(0), t.db.name, store.ErrExists)
		}
	}
	r, err := t.first(`INSERT INTO streams (loc, ident, seq, time, change, created_at) VALUES (?, ?, 0, ?, ?, ?) RETURNING id`,
		loc, s.Ident, s.Time, t.touch(), createdAt)
	if err != nil {
		return nil, err
	}
	return &head{id: r.int(0), loc: loc, ident: s.Ident, time: s.Time, createdAt: createdAt}, nil
}

// importEvent writes the row of an event and returns its place.
func (t *tx) importEvent(h *head, e *transfer.Event) (int64, error) {
	p, err := event.Decode(e.Type, e.Payload)
	if err != nil {
		return 0, fmt.Errorf("event %d of %s: %w: %w", e.Seq, h.ident, store.ErrCorrupt, err)
	}
	var step, key, attempt, asset, change any
	if a := e.Attempt; a.Name != "" {
		if step, err = t.intern(h.loc, a.Name); err != nil {
			return 0, err
		}
		if a.Key != "" {
			key = string(a.Key)
		}
		if a.Number != 0 {
			attempt = int64(a.Number)
		}
	}
	place := int64(0)
	name, _, subject := store.Subject(event.Event{Attempt: e.Attempt, Payload: p})
	if subject {
		id, err := t.intern(h.loc, name)
		if err != nil {
			return 0, err
		}
		if place, err = t.freePlace(h, id, e); err != nil {
			return 0, err
		}
		asset, change = id, place
	}
	_, err = t.exec(insertEvent, h.id, e.Seq, e.Time, typeCode(p), step, key, attempt, asset, change, []byte(e.Payload))
	return place, err
}

// freePlace is the place of an event in the history of its asset, or the next that
// no event of another stream has under the same number: pages of the history end
// at a place and a number.
func (t *tx) freePlace(h *head, asset int64, e *transfer.Event) (int64, error) {
	for place := e.Place; ; place++ {
		taken := false
		for _, code := range []int64{codeMaterialization, codeObservation, codePartitionFailed, codeStepFailed, codeStepFailedRetry} {
			r, err := t.first(`SELECT 1 FROM events INDEXED BY events_asset WHERE asset = ? AND type = ? AND change = ? AND seq = ? AND stream <> ?`,
				asset, code, place, e.Seq, h.id)
			if err != nil {
				return 0, err
			}
			taken = taken || r != nil
		}
		if !taken {
			return place, nil
		}
	}
}

// WriteStream writes the head of a stream.
func (i importer) WriteStream(ctx context.Context, s transfer.Stream) error {
	return i.l.write(ctx, func(t *tx, loc int64) error {
		h, err := t.importHead(loc, &s, s.Time)
		if err != nil {
			return err
		}
		if h.seq != s.Seq {
			return fmt.Errorf("%s: %d of %d events are there: %w", s.Ident, h.seq, s.Seq, store.ErrPrecondition)
		}
		if s.Run != nil {
			return t.importRun(h, &s)
		}
		_, err = t.exec(`UPDATE streams SET time = ?, change = ? WHERE id = ?`, s.Time, t.touch(), h.id)
		return err
	})
}

func (t *tx) importRun(h *head, s *transfer.Stream) error {
	run := s.Run
	if h.status == "" {
		first, err := t.first(`SELECT payload FROM events WHERE stream = ? AND seq = 1`, h.id)
		if err != nil {
			return err
		}
		var created event.RunCreated
		if first == nil || json.Unmarshal(first.blob(0), &created) != nil {
			return fmt.Errorf("run %s has no first event: %w", s.Ident, store.ErrCorrupt)
		}
		if err := t.indexRun(h, &created); err != nil {
			return err
		}
	} else if err := t.countRun(h, h.status, -1); err != nil {
		return err
	}
	if err := t.countRun(h, run.Status, 1); err != nil {
		return err
	}
	canceling := int64(0)
	if run.Canceling {
		canceling = 1
	}
	n := run.Counts
	_, err := t.exec(`UPDATE streams SET time = ?, change = ?, status = ?, launcher = ?, epoch = ?, lease_end = 0, canceling = ?,
		run_change = ?, total = ?, succeeded = ?, failed = ?, skipped = ?, canceled = ? WHERE id = ?`,
		s.Time, t.touch(), statusCodes[run.Status], run.Launcher, run.Epoch, canceling,
		t.change, int64(n.Total), int64(n.Succeeded), int64(n.Failed), int64(n.Skipped), int64(n.Canceled), h.id)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT OR REPLACE INTO runs (stream, digest, priority, block_reason, cause, executor, started_at, ended_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		h.id, run.Digest, int64(run.Priority), run.Block, run.Cause, run.Executor, run.StartedAt, run.EndedAt)
	if err != nil {
		return err
	}
	return t.importFences(h, run)
}

// importFences writes the live attempts and the counters of writers.
func (t *tx) importFences(h *head, run *transfer.Run) error {
	if _, err := t.exec(`DELETE FROM attempts WHERE stream = ?`, h.id); err != nil {
		return err
	}
	for _, live := range run.Live {
		step, err := t.intern(h.loc, live.Attempt.Name)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO attempts VALUES (?, ?, ?, ?, ?)`, h.id, step, string(live.Attempt.Key), int64(live.Attempt.Number), live.Token)
		if err != nil {
			return err
		}
	}
	for _, w := range run.Writers {
		_, err := t.exec(`INSERT OR REPLACE INTO writers VALUES (?, ?, ?)`, h.id, w.ID, int64(w.Counter)) //nolint:gosec // as appends do
		if err != nil {
			return err
		}
	}
	return nil
}

// Drop removes a run that the source has no more.
func (i importer) Drop(ctx context.Context, run string) error {
	for {
		done := false
		err := i.l.write(ctx, func(t *tx, loc int64) error {
			h, err := t.db.runHead(t.conn, loc, run)
			if err != nil {
				return err
			}
			done, err = t.deleteSome(h)
			return err
		})
		if err != nil || done {
			return err
		}
	}
}

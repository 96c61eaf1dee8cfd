package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// The kinds of rows in requests.
const (
	requestRun    = 1
	requestAnswer = 2
)

// CreateRun records a run and its first events.
func (l *location) CreateRun(ctx context.Context, run store.NewRun) (store.Run, bool, error) {
	if err := store.CheckNewRun(run); err != nil {
		return store.Run{}, false, err
	}
	payloads := []event.Payload{&run.Created}
	if run.Status == store.Queued {
		payloads = append(payloads, &event.RunQueued{Priority: run.Priority})
	}
	recs, err := newRecords(payloads...)
	if err != nil {
		return store.Run{}, false, err
	}
	digest := store.DigestRun(run, recs[0].payload)
	var got store.Run
	var created bool
	err = l.write(ctx, func(t *tx, loc int64) error {
		var err error
		got, created, err = t.createRun(loc, run, digest, recs)
		return err
	})
	if err != nil {
		return store.Run{}, false, err
	}
	return got, created, nil
}

func (t *tx) createRun(loc int64, run store.NewRun, digest string, recs []record) (store.Run, bool, error) {
	if run.RequestID != "" {
		made, err := t.answered(loc, requestRun, run.RequestID, "CreateRun", digest)
		if err != nil {
			return store.Run{}, false, err
		}
		if made != nil {
			got, err := t.db.loadRun(t.conn, loc, string(made))
			if err != nil {
				return got, false, fmt.Errorf("request %s was answered with a run that is gone: %w", run.RequestID, err)
			}
			return got, false, nil
		}
	}
	same, err := t.sameRun(loc, run, digest)
	if err != nil {
		return store.Run{}, false, err
	}
	if !same {
		if err := t.insertRun(loc, run, digest, recs); err != nil {
			return store.Run{}, false, err
		}
		if run.RequestID != "" {
			if err := t.remember(loc, requestRun, run.RequestID, "CreateRun", digest, []byte(run.ID)); err != nil {
				return store.Run{}, false, err
			}
		}
	}
	got, err := t.db.loadRun(t.conn, loc, run.ID)
	return got, !same, err
}

// sameRun reports whether the id was given to the same run before, by a call
// that named the same request or none; any other run with the id is ErrExists.
func (t *tx) sameRun(loc int64, run store.NewRun, digest string) (bool, error) {
	r, err := t.first(`SELECT s.loc, r.digest FROM streams s JOIN runs r ON r.stream = s.id WHERE s.ident = ?`, run.ID)
	if err != nil || r == nil {
		return false, err
	}
	if r.int(0) != loc || r.text(1) != digest || run.RequestID != "" {
		return false, fmt.Errorf("run %s: %w", run.ID, store.ErrExists)
	}
	return true, nil
}

func (t *tx) insertRun(loc int64, run store.NewRun, digest string, recs []record) error {
	r, err := t.first(`INSERT INTO streams (loc, ident, seq, time, change, status, launcher, created_at, run_change, total)
		VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		loc, run.ID, t.now, t.touch(), statusCodes[run.Status], run.Created.Launcher.Kind, t.now, t.change, int64(run.Created.Steps))
	if err != nil {
		return err
	}
	h := &head{
		id: r.int(0), loc: loc, ident: run.ID, time: t.now, status: run.Status, createdAt: t.now,
		counts: event.Counts{Total: run.Created.Steps},
	}
	if _, err := t.exec(`INSERT INTO runs (stream, digest, priority) VALUES (?, ?, ?)`, h.id, digest, int64(run.Priority)); err != nil {
		return err
	}
	if err := t.countRun(h, run.Status, 1); err != nil {
		return err
	}
	if err := t.indexRun(h, &run.Created); err != nil {
		return err
	}
	for i := range recs {
		if err := t.add(h, &recs[i]); err != nil {
			return err
		}
	}
	return t.saveHead(h, true)
}

// indexRun writes the rows that lists of runs filter by.
func (t *tx) indexRun(h *head, created *event.RunCreated) error {
	for _, name := range created.Assets {
		id, err := t.intern(h.loc, name)
		if err != nil {
			return err
		}
		if _, err := t.exec(`INSERT OR IGNORE INTO run_assets VALUES (?, ?, ?)`, id, h.createdAt, h.id); err != nil {
			return err
		}
	}
	for k, v := range created.Tags {
		if _, err := t.exec(`INSERT INTO run_tags VALUES (?, ?, ?, ?, ?)`, h.loc, k, v, h.createdAt, h.id); err != nil {
			return err
		}
	}
	for _, key := range store.SelectedKeys(created.Partitions) {
		if _, err := t.exec(`INSERT OR IGNORE INTO run_keys VALUES (?, ?, ?, ?)`, h.loc, key, h.createdAt, h.id); err != nil {
			return err
		}
	}
	return nil
}

// answered returns what a request was answered with; nil when it is unknown
// or its time has passed.
func (t *tx) answered(loc int64, kind int, id, method, digest string) ([]byte, error) {
	return answered(t.conn, t.now, loc, kind, id, method, digest)
}

func answered(c *conn, now, loc int64, kind int, id, method, digest string) ([]byte, error) {
	r, err := c.first(`SELECT method, digest, answer FROM requests WHERE loc = ? AND kind = ? AND id = ? AND at > ?`,
		loc, int64(kind), id, now-int64(store.RequestTTL))
	if err != nil || r == nil {
		return nil, err
	}
	if r.text(0) != method || r.text(1) != digest {
		return nil, fmt.Errorf("request %s was used for another call of %s: %w", id, r.text(0), store.ErrConflict)
	}
	return r.blob(2), nil
}

func (t *tx) remember(loc int64, kind int, id, method, digest string, answer []byte) error {
	if _, err := t.exec(`DELETE FROM requests WHERE at <= ?`, t.now-int64(store.RequestTTL)); err != nil {
		return err
	}
	_, err := t.exec(`INSERT INTO requests VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		loc, int64(kind), id, t.now, method, digest, answer)
	return err
}

// Answer returns what a request id was answered with within 24 hours.
func (l *location) Answer(ctx context.Context, requestID, method, digest string) (json.RawMessage, error) {
	var raw []byte
	err := l.view(ctx, "read an answer", func(c *conn, loc int64) error {
		got, err := answered(c, l.db.cfg.Now().UnixNano(), loc, requestAnswer, requestID, method, digest)
		if err == nil && got == nil {
			err = notFound("request", requestID)
		}
		raw = got
		return err
	})
	return raw, err
}

// RememberAnswer keeps the answer of a request for 24 hours.
func (l *location) RememberAnswer(ctx context.Context, requestID, method, digest string, answer json.RawMessage) error {
	if err := store.CheckID("request id", requestID); err != nil {
		return err
	}
	if len(answer) > event.MaxPayload {
		return fmt.Errorf("answer of %d bytes exceeds %d: %w", len(answer), event.MaxPayload, store.ErrInvalid)
	}
	if answer == nil {
		answer = json.RawMessage("null")
	}
	return l.write(ctx, func(t *tx, loc int64) error {
		return t.remember(loc, requestAnswer, requestID, method, digest, answer)
	})
}

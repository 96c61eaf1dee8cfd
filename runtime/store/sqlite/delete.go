package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// deleteBatch is the most rows that one transaction of a deletion removes, so
// that other writers get their turn.
const deleteBatch = 2000

// tombstoneTTL is how long watches can tell that a run was deleted.
const tombstoneTTL = store.RequestTTL

// DeleteRun removes a final run with its events and logs.
func (l *location) DeleteRun(ctx context.Context, id string) error {
	for {
		done := false
		err := l.write(ctx, func(t *tx, loc int64) error {
			h, err := t.db.runHead(t.conn, loc, id)
			if err != nil {
				return err
			}
			if !h.status.Final() {
				return fmt.Errorf("run %s is %s; cancel it first: %w", id, h.status, store.ErrPrecondition)
			}
			done, err = t.deleteSome(h)
			return err
		})
		if err != nil || done {
			return err
		}
	}
}

// deleteSome removes one batch; the row of the run and its first event go last.
func (t *tx) deleteSome(h *head) (done bool, err error) {
	n, err := t.exec(`DELETE FROM logs WHERE stream = ? AND seq IN (SELECT seq FROM logs WHERE stream = ? ORDER BY seq LIMIT ?)`,
		h.id, h.id, int64(deleteBatch))
	if err != nil || n > 0 {
		return false, err
	}
	last, err := t.first(`SELECT max(seq) FROM (SELECT seq FROM events WHERE stream = ? AND seq > 1 ORDER BY seq LIMIT ?)`,
		h.id, int64(deleteBatch))
	if err != nil {
		return false, err
	}
	if !last.null(0) {
		if err := t.keepFacts(h, last.int(0)); err != nil {
			return false, err
		}
		_, err := t.exec(`DELETE FROM events WHERE stream = ? AND seq > 1 AND seq <= ?`, h.id, last.int(0))
		return false, err
	}
	return true, t.deleteRow(h)
}

// keepFacts copies what the events up to a number tell about assets to the
// rows of the keys that still refer to them.
func (t *tx) keepFacts(h *head, last int64) error {
	var rows []struct {
		storedEvent
		asset int64
	}
	err := t.each(background, `SELECT `+eventColumns+`, asset FROM events
		WHERE stream = ? AND seq > 1 AND seq <= ? AND asset IS NOT NULL`, func(r row) error {
		e, err := scanEvent(r, 0, h.ident)
		rows = append(rows, struct {
			storedEvent
			asset int64
		}{e, r.int(7)})
		return err
	}, h.id, last)
	if err != nil {
		return err
	}
	for _, r := range rows {
		name, err := t.db.nameOf(t.conn, r.step)
		if err != nil {
			return err
		}
		r.Attempt.Name = name
		if err := t.keepFact(h, r.Event, r.asset); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) keepFact(h *head, e event.Event, asset int64) error {
	if m, ok := e.Payload.(*event.Materialization); ok {
		raw, err := json.Marshal(keptMaterialization{Run: h.ident, Attempt: e.Attempt, Seq: e.Seq, Time: e.Time.UnixNano(), Event: *m})
		if err != nil {
			return err
		}
		_, err = t.exec(`UPDATE partitions SET kept = ? WHERE asset = ? AND key = ? AND mat_stream = ? AND mat_seq = ?`,
			raw, asset, string(e.Attempt.Key), h.id, int64(e.Seq))
		return err
	}
	if !store.Fails(e.Payload) {
		return nil
	}
	_, key, _ := store.Subject(e)
	_, err := t.exec(`UPDATE partitions SET fail_run = ? WHERE asset = ? AND key = ? AND fail_stream = ?`,
		h.ident, asset, string(key), h.id)
	return err
}

func (t *tx) deleteRow(h *head) error {
	first, err := t.first(`SELECT payload FROM events WHERE stream = ? AND seq = 1`, h.id)
	if err != nil {
		return err
	}
	var created event.RunCreated
	if first != nil {
		if err := json.Unmarshal(first.blob(0), &created); err != nil {
			return fmt.Errorf("run %s: its first event: %w: %w", h.ident, store.ErrCorrupt, err)
		}
	}
	if err := t.unindexRun(h, &created); err != nil {
		return err
	}
	for _, q := range []string{
		`DELETE FROM writers WHERE stream = ?`, `DELETE FROM attempts WHERE stream = ?`, `DELETE FROM log_heads WHERE stream = ?`,
		`DELETE FROM log_sources WHERE stream = ?`, `DELETE FROM events WHERE stream = ?`, `DELETE FROM runs WHERE stream = ?`,
		`DELETE FROM streams WHERE id = ?`,
	} {
		if _, err := t.exec(q, h.id); err != nil {
			return err
		}
	}
	if err := t.countRun(h, h.status, -1); err != nil {
		return err
	}
	if _, err := t.exec(`DELETE FROM deleted WHERE at < ?`, t.now-int64(tombstoneTTL)); err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO deleted VALUES (?, ?, ?, ?)`, h.loc, t.touch(), h.ident, t.now)
	return err
}

// unindexRun removes what indexRun wrote.
func (t *tx) unindexRun(h *head, created *event.RunCreated) error {
	for _, name := range created.Assets {
		id, err := t.db.nameID(t.conn, h.loc, name)
		if err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM run_assets WHERE asset = ? AND created_at = ? AND stream = ?`, id, h.createdAt, h.id); err != nil {
			return err
		}
	}
	for k, v := range created.Tags {
		_, err := t.exec(`DELETE FROM run_tags WHERE loc = ? AND key = ? AND value = ? AND created_at = ? AND stream = ?`,
			h.loc, k, v, h.createdAt, h.id)
		if err != nil {
			return err
		}
	}
	for _, key := range store.SelectedKeys(created.Partitions) {
		_, err := t.exec(`DELETE FROM run_keys WHERE loc = ? AND key = ? AND created_at = ? AND stream = ?`, h.loc, key, h.createdAt, h.id)
		if err != nil {
			return err
		}
	}
	return nil
}

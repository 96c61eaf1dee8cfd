package sqlite

import (
	"fmt"
	"strings"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// record is an event made ready outside of the transaction.
type record struct {
	event   event.Event
	code    any
	payload []byte
	asset   string
	key     partition.Key
	subject bool
}

// newRecord encodes an event.
func newRecord(e event.Event) (record, error) {
	raw, err := event.Encode(e.Payload)
	if err != nil {
		return record{}, fmt.Errorf("%w: %w", store.ErrInvalid, err)
	}
	r := record{event: e, code: typeCode(e.Payload), payload: raw}
	r.asset, r.key, r.subject = store.Subject(e)
	return r, nil
}

func newRecords(payloads ...event.Payload) ([]record, error) {
	list := make([]record, len(payloads))
	for i, p := range payloads {
		r, err := newRecord(event.Event{Payload: p})
		if err != nil {
			return nil, err
		}
		list[i] = r
	}
	return list, nil
}

// add gives the next number of the stream to an event and writes it with its
// projections. The head is saved by the caller.
func (t *tx) add(h *head, r *record) error {
	args, err := t.number(h, r, nil)
	if err != nil {
		return err
	}
	return t.insertEvents(args)
}

// number gives the next number of the stream to an event, writes its projections
// and adds the columns of its row to rows; insertEvents writes them.
func (t *tx) number(h *head, r *record, rows []any) ([]any, error) {
	h.seq++
	var step, key, attempt, asset, change any
	if a := r.event.Attempt; a.Name != "" {
		id, err := t.intern(h.loc, a.Name)
		if err != nil {
			return nil, err
		}
		step = id
		if a.Key != "" {
			key = string(a.Key)
		}
		if a.Number != 0 {
			attempt = int64(a.Number)
		}
	}
	if r.subject {
		id, err := t.intern(h.loc, r.asset)
		if err != nil {
			return nil, err
		}
		asset, change = id, t.touch()
		if err := t.project(h, r, id); err != nil {
			return nil, err
		}
	}
	return append(rows, h.id, h.seq, h.time, r.code, step, key, attempt, asset, change, r.payload), nil
}

const (
	eventWidth = 10
	// eventRows is how many rows one statement writes where there are as many:
	// most of what a row costs is the call.
	eventRows = 32
)

var (
	insertEvent  = `INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertEvents = insertEvent + strings.Repeat(`, (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, eventRows-1)
)

// insertEvents writes rows of events, given as their columns one after the other.
func (t *tx) insertEvents(rows []any) error {
	for ; len(rows) >= eventWidth*eventRows; rows = rows[eventWidth*eventRows:] {
		if _, err := t.exec(insertEvents, rows[:eventWidth*eventRows]...); err != nil {
			return err
		}
	}
	for ; len(rows) > 0; rows = rows[eventWidth:] {
		if _, err := t.exec(insertEvent, rows[:eventWidth]...); err != nil {
			return err
		}
	}
	return nil
}

// project applies what an event tells about a key of an asset. The newer of a
// materialization and a failure always has the later time.
func (t *tx) project(h *head, r *record, asset int64) error {
	switch {
	case r.event.Type() == event.TypeMaterialization:
		n, err := t.exec(`INSERT INTO partitions (asset, key, mat_stream, mat_seq, mat_attempt, mat_time, mat_change)
			VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (asset, key) DO UPDATE SET mat_stream = excluded.mat_stream, mat_seq = excluded.mat_seq,
				mat_attempt = excluded.mat_attempt, mat_time = max(excluded.mat_time, coalesce(fail_time, 0)),
				mat_change = excluded.mat_change, kept = NULL
			WHERE mat_stream IS NOT excluded.mat_stream OR mat_attempt IS NOT excluded.mat_attempt`,
			asset, string(r.key), h.id, h.seq, int64(r.event.Attempt.Number), h.time, t.change)
		if err == nil && n == 0 {
			return fmt.Errorf("%s materialized %s twice: %w", r.event.Attempt, event.Step{Name: r.asset, Key: r.key}, store.ErrPrecondition)
		}
		return err
	case store.Fails(r.event.Payload):
		_, err := t.exec(`INSERT INTO partitions (asset, key, fail_stream, fail_time, fail_change) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (asset, key) DO UPDATE SET fail_stream = excluded.fail_stream,
				fail_time = max(excluded.fail_time, coalesce(mat_time, 0) + 1), fail_change = excluded.fail_change, fail_run = NULL`,
			asset, string(r.key), h.id, h.time, t.change)
		return err
	}
	return nil
}

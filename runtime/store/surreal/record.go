package surreal

import (
	"encoding/json"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// The bounds of one stored batch, so that a read of few events reads few bytes:
// its events, and the bytes of their payloads unless the first has more.
const (
	batchEvents = 256
	batchBytes  = 64 << 10
)

// record is an event made ready before the transaction.
type record struct {
	event   event.Event
	payload []byte
	seq     int64
	asset   string
	key     partition.Key
	subject bool
}

func newRecord(e event.Event) (record, error) {
	raw, err := event.Encode(e.Payload)
	if err != nil {
		return record{}, fmt.Errorf("%w: %w", store.ErrInvalid, err)
	}
	r := record{event: e, payload: raw}
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

// storedEvent is an event in a batch.
type storedEvent struct {
	Type    event.Type      `json:"t"`
	Name    string          `json:"s,omitempty"`
	Key     partition.Key   `json:"k,omitempty"`
	Number  int             `json:"n,omitempty"`
	Payload json.RawMessage `json:"p"`
}

func (r *record) stored() storedEvent {
	a := r.event.Attempt
	return storedEvent{Type: r.event.Type(), Name: a.Name, Key: a.Key, Number: a.Number, Payload: r.payload}
}

// event is what was stored, as an event of a stream.
func (e storedEvent) event(stream string, seq, at int64) (event.Event, error) {
	p, err := event.Decode(e.Type, e.Payload)
	if err != nil {
		return event.Event{}, fmt.Errorf("event %d of %s: %w: %w", seq, stream, store.ErrCorrupt, err)
	}
	return event.Event{
		Stream: stream, Seq: uint64(seq), Time: instant(at), Payload: p, //nolint:gosec // never negative
		Attempt: event.Attempt{Step: event.Step{Name: e.Name, Key: e.Key}, Number: e.Number},
	}, nil
}

// batchRow is a batch as stored; t is set by the engine.
type batchRow struct {
	T      int64  `json:"t"`
	First  int64  `json:"first"`
	Last   int64  `json:"last"`
	Events []byte `json:"events"`
}

// batches cuts numbered events into batches.
func (l *location) batches(stream string, recs []record) ([]map[string]any, error) {
	var rows []map[string]any
	for len(recs) > 0 {
		n, size := 0, 0
		var list []storedEvent
		for n < len(recs) && n < batchEvents {
			if size += len(recs[n].payload); size > batchBytes && n > 0 {
				break
			}
			list = append(list, recs[n].stored())
			n++
		}
		raw, err := json.Marshal(list)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", store.ErrInvalid, err)
		}
		last := recs[n-1].seq
		rows = append(rows, map[string]any{
			"id": recordID("batch", l.ident, stream, last), "first": recs[0].seq, "last": last, "events": raw,
		})
		recs = recs[n:]
	}
	return rows, nil
}

// events decodes the events of a batch with numbers above after.
func (b *batchRow) read(stream string, after int64, visit func(event.Event, int) bool) error {
	var list []storedEvent
	if err := json.Unmarshal(b.Events, &list); err != nil {
		return fmt.Errorf("events up to %d of %s: %w: %w", b.Last, stream, store.ErrCorrupt, err)
	}
	for i, e := range list {
		seq := b.First + int64(i)
		if seq <= after {
			continue
		}
		got, err := e.event(stream, seq, b.T)
		if err != nil {
			return err
		}
		if !visit(got, len(e.Payload)) {
			return nil
		}
	}
	return nil
}

package surreal

import (
	"context"
	"fmt"
	"math"

	"github.com/google/uuid"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// The bounds of what one statement reads of a stream. A batch has at most
// batchEvents events, so that a window of that many numbers holds the next one;
// how many batches are asked for follows from the size of those before.
const (
	readBytes     = 4 << 20
	firstBatches  = 8
	mostBatches   = 4096
	mostReadSpan  = 16 * batchEvents
	batchOverhead = 64
)

// eventReader walks a stream in order.
type eventReader struct {
	l       *location
	stream  string
	after   int64
	batches int // how many to ask for
	span    int64
}

func (l *location) readerOf(stream string, after uint64) *eventReader {
	return &eventReader{l: l, stream: stream, after: int64(min(after, math.MaxInt64)), batches: firstBatches, span: batchEvents} //nolint:gosec // bounded
}

// next reads the next batches; done tells that there are no more. It returns
// ErrNotFound for a run that is unknown.
func (r *eventReader) next(ctx context.Context) (batches []batchRow, done bool, err error) {
	table := "head"
	if event.IsAssetStream(r.stream) {
		table = "asset_head"
	}
	s := newScript()
	prefix := s.arg(r.l.ident) + ", " + s.arg(r.stream) + ", "
	to := r.after + min(r.span, math.MaxInt64-r.after)
	s.answer("RETURN {seq: ", s.arg(recordID(table, r.l.ident, r.stream)), ".seq ?? -1, b: (SELECT t, first, last, events FROM batch:[",
		prefix, s.arg(r.after), "]>..=[", prefix, s.arg(to), "] LIMIT ", s.arg(r.batches), ")}")
	var got struct {
		Seq     int64      `json:"seq"`
		Batches []batchRow `json:"b"`
	}
	if err := r.l.db.read(ctx, "read events", s, &got); err != nil {
		return nil, false, err
	}
	if got.Seq < 0 && table == "head" {
		return nil, false, notFound("run", r.stream)
	}
	size := 0
	for i := range got.Batches {
		size += len(got.Batches[i].Events) + batchOverhead
		r.after = max(r.after, got.Batches[i].Last)
	}
	n := len(got.Batches)
	if n > 0 {
		average := size / n
		if n == r.batches || r.span > batchEvents {
			r.batches = min(max(1, readBytes/average), 8*r.batches, mostBatches)
		}
		if n < r.batches {
			r.span = min(4*r.span, mostReadSpan)
		}
		if r.batches < batchEvents {
			r.span = batchEvents
		}
	}
	return got.Batches, n == 0 || r.after >= got.Seq, nil
}

// Events returns the events of a stream above after.
func (l *location) Events(ctx context.Context, stream string, after uint64, limit int) ([]event.Event, error) {
	most := math.MaxInt
	if limit <= 0 {
		most = store.MaxReadBytes
	}
	limit = store.ReadLimit(limit)
	var list []event.Event
	full := false
	r := l.readerOf(stream, after)
	first := r.after
	for !full {
		batches, done, err := r.next(ctx)
		if err != nil {
			return nil, err
		}
		for i := range batches {
			err := batches[i].read(stream, first, func(e event.Event, size int) bool {
				if most -= size; most < 0 && len(list) > 0 {
					full = true
					return false
				}
				list = append(list, e)
				full = len(list) == limit
				return !full
			})
			if err != nil {
				return nil, err
			}
			if full {
				break
			}
		}
		if done {
			break
		}
	}
	return list, nil
}

// observation is an event of the stream of an asset on its way.
type observation struct {
	l     *location
	asset string
	rec   record
	nonce string
	// sent is the number under which the last try was sent, or 0: when its
	// answer was lost, the record of that number tells whose it is.
	sent int64
}

// Observe adds an observation to the stream of an asset, outside runs.
func (l *location) Observe(ctx context.Context, asset string, seen event.Observation) (event.Event, error) {
	if err := store.CheckName("asset", asset); err != nil {
		return event.Event{}, err
	}
	e := event.Event{Stream: event.AssetStream(asset), Attempt: event.Attempt{Step: event.Step{Name: asset}}, Payload: &seen}
	rec, err := newRecord(e)
	if err != nil {
		return event.Event{}, err
	}
	if err := l.writable(); err != nil {
		return event.Event{}, err
	}
	o := &observation{l: l, asset: asset, rec: rec, nonce: uuid.NewString()}
	err = l.db.repeat(ctx, "observe an asset", func(bool) error {
		for range maxMoves {
			var at int64
			if at, err = o.try(ctx); !isMoved(err) {
				e.Seq, e.Time = uint64(o.sent), instant(at) //nolint:gosec // never negative
				return err
			}
		}
		return fmt.Errorf("the stream of asset %q changes all the time: %w", asset, store.ErrUnavailable)
	})
	if err != nil {
		return event.Event{}, err
	}
	return e, nil
}

// try returns the time of record.
func (o *observation) try(ctx context.Context) (int64, error) {
	l, stream := o.l, event.AssetStream(o.asset)
	s := newScript()
	head := s.arg(recordID("asset_head", l.ident, stream))
	s.answer("RETURN {seq: ", head, ".seq ?? 0, mine: (SELECT nonce, t FROM ONLY ", s.arg(recordID("batch", l.ident, stream, o.sent)), "), known: ",
		head, ".seq IS NOT NONE OR ", l.knownExpr(s, o.asset), "}")
	var got struct {
		Seq  int64 `json:"seq"`
		Mine *struct {
			Nonce string `json:"nonce"`
			T     int64  `json:"t"`
		} `json:"mine"`
		Known bool `json:"known"`
	}
	if err := l.db.send(ctx, s, &got); err != nil {
		return 0, err
	}
	if got.Mine != nil && got.Mine.Nonce == o.nonce {
		return got.Mine.T, nil // the answer that was lost was yes
	}
	if !got.Known {
		return 0, notFound("asset", o.asset)
	}
	o.rec.seq, o.sent = got.Seq+1, got.Seq+1
	return o.send(ctx)
}

func (o *observation) send(ctx context.Context) (int64, error) {
	l, stream, recs := o.l, event.AssetStream(o.asset), []record{o.rec}
	s := l.change()
	head := s.arg(recordID("asset_head", l.ident, stream))
	s.refuse(moved, head+".seq ?? 0", s.arg(o.sent-1))
	s.do("LET $r = (UPSERT ", head, " SET seq = ", s.arg(o.sent), ", time = math::max([", head, ".time ?? 0, $wall]) RETURN VALUE {t: time})[0]")
	if err := l.writeEvents(s, stream, recs); err != nil {
		return 0, err
	}
	s.do("UPDATE ", s.arg(recordID("batch", l.ident, stream, o.sent)), " SET nonce = ", s.arg(o.nonce), " RETURN NONE")
	l.pulseEvents(s, stream, o.sent, recs, false)
	s.answer("RETURN $r.t")
	s.do("COMMIT")
	var at int64
	return at, l.db.send(ctx, s, &at)
}

// knownExpr is whether an asset was ever declared or recorded: declared by a
// catalogue, named by a run, or told of by an event.
func (l *location) knownExpr(s *script, asset string) string {
	one := func(table, field, value string) string {
		return "array::len((SELECT VALUE id FROM " + table + " WHERE " + field + " = " + s.arg(value) + " LIMIT 1)) > 0"
	}
	expr := "record::exists(" + s.arg(recordID("asset", l.ident, asset)) + ") OR " + one("ref", "g", group(l.ident, "a", asset))
	for _, c := range []string{classMaterialization, classObservation, classPartitionFailed, classFailed, classFailedRetry} {
		expr += " OR " + one("history", "g", group(l.ident, asset, c))
	}
	return "(" + expr + ")"
}

package surreal

import (
	"context"
	"encoding/json"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/transfer"
)

// requestCopy is the kind of the request that stands for a copy under way. It has
// no time, so that no sweep removes it.
const requestCopy = "copy"

// importer writes a location. A run without a head is none for readers; its head
// is written last. Every record has an id that follows from what is copied, so that
// each transaction may be repeated.
type importer struct{ l *location }

var _ transfer.Target = importer{}

// Import returns where a location is written to.
func (d *DB) Import(location string) transfer.Target { return importer{d.at(location)} }

// Begin claims the location for a copy.
func (i importer) Begin(ctx context.Context, origin string) (resumed bool, err error) {
	if err := i.l.writable(); err != nil {
		return false, err
	}
	claim := recordID("request", i.l.ident, requestCopy, "")
	s := newScript()
	s.answer("RETURN ", s.arg(claim), ".digest ?? ''")
	var claimed string
	if err := i.l.db.read(ctx, "begin a copy", s, &claimed); err != nil {
		return false, err
	}
	switch claimed {
	case origin:
		return true, nil
	case "":
	default:
		return false, fmt.Errorf("location %s of %s holds an unfinished copy of %s: %w", i.l.ident, i.l.db.name, claimed, store.ErrExists)
	}
	s = newScript()
	i.l.askUsed(s)
	var used bool
	if err := i.l.db.read(ctx, "begin a copy", s, &used); err != nil {
		return false, err
	}
	if used {
		return false, fmt.Errorf("%s holds location %s already: %w", i.l.db.name, i.l.ident, store.ErrExists)
	}
	s = newScript()
	s.do("UPSERT ", s.arg(claim), " SET at = 0, method = 'copy', digest = ", s.arg(origin), ", answer = ", s.arg([]byte{}), " RETURN NONE")
	return false, i.l.db.read(ctx, "begin a copy", s, nil)
}

// Written returns the number of the last event that is stored of a stream.
func (i importer) Written(ctx context.Context, stream string) (int64, error) {
	s := newScript()
	prefix := s.arg(i.l.ident) + ", " + s.arg(stream)
	s.answer("RETURN array::max(array::concat([0], (SELECT VALUE last FROM batch:[", prefix, "]..=[", prefix, ", ..])))")
	var last int64
	err := i.l.db.read(ctx, "look at a copy", s, &last)
	return last, err
}

// WriteEvents adds events to a stream.
func (i importer) WriteEvents(ctx context.Context, st transfer.Stream, events []transfer.Event) error {
	recs, err := importRecords(st.Ident, events)
	if err != nil {
		return err
	}
	for from := 0; from < len(recs); {
		// A transaction holds what one append may hold of a batch, and what is of
		// one time: a batch has one.
		n := batchOf(events[from:])
		if err := i.batch(ctx, &st, events[from:from+n], recs[from:from+n]); err != nil {
			return err
		}
		from += n
	}
	return nil
}

// batchOf is how many of the events are one batch. The first event of a stream is
// read for its own sake, and goes last when the run is deleted.
func batchOf(events []transfer.Event) int {
	n, size := 0, 0
	for n < len(events) && n < batchEvents && events[n].Time == events[0].Time {
		if size += len(events[n].Payload); size > batchBytes && n > 0 {
			break
		}
		n++
		if events[n-1].Seq == 1 {
			break
		}
	}
	return n
}

func importRecords(stream string, events []transfer.Event) ([]record, error) {
	recs := make([]record, len(events))
	for k := range events {
		e := &events[k]
		p, err := event.Decode(e.Type, e.Payload)
		if err != nil {
			return nil, fmt.Errorf("event %d of %s: %w: %w", e.Seq, stream, store.ErrCorrupt, err)
		}
		r := record{event: event.Event{Attempt: e.Attempt, Payload: p}, payload: e.Payload, seq: e.Seq}
		r.asset, r.key, r.subject = store.Subject(r.event)
		recs[k] = r
	}
	return recs, nil
}

// batch writes events of one time.
func (i importer) batch(ctx context.Context, st *transfer.Stream, events []transfer.Event, recs []record) error {
	l := i.l
	rows, err := l.batches(st.Ident, recs)
	if err != nil {
		return err
	}
	s := l.db.begin()
	if events[0].Seq == 1 && st.Run != nil {
		refs := (&creation{l: l, run: orderOf(st, &recs[0])}).refs()
		id := s.arg(recordID("run", st.Ident))
		s.do("LET $there = ", id, ".loc ?? ", s.arg(l.ident))
		s.do("IF $there != ", s.arg(l.ident), " { THROW \"", idTaken, "\" }")
		s.do("UPSERT ", id, " CONTENT ", s.arg(map[string]any{
			"loc": l.ident, "digest": st.Run.Digest, "created": recs[0].payload, "refs": len(refs),
		}), " RETURN NONE")
	}
	var history, observed []map[string]any
	highest := int64(0)
	for k := range recs {
		if recs[k].subject && recs[k].event.Type() == event.TypeObservation {
			r := &recs[k]
			observed = append(observed, map[string]any{
				"id": recordID("part", l.ident, r.asset, string(r.key)), "g": group(l.ident, r.asset), "key": string(r.key), "t": events[k].Time,
			})
		}
		if recs[k].subject {
			row := l.historyRow(st.Ident, &recs[k])
			row["t"], row["rev"] = events[k].Time, down(events[k].Place)+tieEvent(st.Ident, recs[k].seq)
			history = append(history, row)
			highest = max(highest, events[k].Place)
		}
	}
	for _, row := range rows {
		row["t"] = events[0].Time
	}
	s.upsertEach(rows)
	s.upsertEach(history)
	l.markKeyed(s, recs)
	if len(observed) > 0 {
		s.do("FOR $x IN ", s.arg(observed), " { UPSERT $x.id SET g = $x.g, key = $x.key, ot = math::max([$x.t, $x.id.ot ?? 0]) RETURN NONE }")
	}
	i.raiseClock(s, highest)
	s.do("COMMIT")
	err = l.db.read(ctx, "copy events", s, nil)
	if thrown(err) == idTaken {
		err = fmt.Errorf("run %s belongs to another location of %s: %w", st.Ident, l.db.name, store.ErrExists)
	}
	return err
}

// upsertEach writes a record of each row, which holds its id.
func (s *script) upsertEach(rows []map[string]any) {
	if len(rows) > 0 {
		s.do("FOR $x IN ", s.arg(rows), " { UPSERT $x.id CONTENT $x RETURN NONE }")
	}
}

// raiseClock lets whatever is recorded from now on follow a place.
func (i importer) raiseClock(s *script, place int64) {
	if place == 0 {
		return
	}
	clock := s.arg(recordID("clock", i.l.ident))
	s.do("LET $placed = ", clock, ".at ?? 0")
	s.do("IF $placed <= ", s.arg(place), " { UPSERT ", clock, " SET at = ", s.arg(place+1), " RETURN NONE }")
}

// orderOf is the order that the first event of a run tells.
func orderOf(st *transfer.Stream, first *record) store.NewRun {
	run := store.NewRun{ID: st.Ident}
	if created, ok := first.event.Payload.(*event.RunCreated); ok {
		run.Created = *created
	}
	return run
}

// WriteStream writes the head of a stream.
func (i importer) WriteStream(ctx context.Context, st transfer.Stream) error {
	if st.Run == nil {
		s := newScript()
		s.do("UPSERT ", s.arg(recordID("asset_head", i.l.ident, st.Ident)), " CONTENT ", s.arg(map[string]any{"seq": st.Seq, "time": st.Time}), " RETURN NONE")
		return i.l.db.read(ctx, "copy a stream", s, nil)
	}
	if err := i.writers(ctx, &st); err != nil {
		return err
	}
	created, err := i.created(ctx, st.Ident)
	if err != nil {
		return err
	}
	defer i.l.db.heads.drop(headKey{i.l.ident, st.Ident})
	s, err := i.headScript(&st, created)
	if err != nil {
		return err
	}
	return i.l.db.read(ctx, "copy a run", s, nil)
}

// created reads the order of a run that was copied.
func (i importer) created(ctx context.Context, run string) (event.RunCreated, error) {
	s := newScript()
	s.answer("RETURN ", s.arg(recordID("run", run)), ".created")
	var raw []byte
	var created event.RunCreated
	if err := i.l.db.read(ctx, "copy a run", s, &raw); err != nil {
		return created, err
	}
	if len(raw) == 0 || json.Unmarshal(raw, &created) != nil {
		return created, fmt.Errorf("run %s has no first event: %w", run, store.ErrCorrupt)
	}
	return created, nil
}

// writersAtOnce is the most counters of writers that one transaction holds.
const writersAtOnce = 1000

func (i importer) writers(ctx context.Context, st *transfer.Stream) error {
	for list := st.Run.Writers; len(list) > 0; list = list[min(len(list), writersAtOnce):] {
		var rows []map[string]any
		for _, w := range list[:min(len(list), writersAtOnce)] {
			rows = append(rows, map[string]any{"id": recordID("writer", i.l.ident, st.Ident, w.ID), "n": w.Counter})
		}
		s := newScript()
		s.upsertEach(rows)
		if err := i.l.db.read(ctx, "copy a run", s, nil); err != nil {
			return err
		}
	}
	return nil
}

// headScript is the transaction from which on readers see the run.
func (i importer) headScript(st *transfer.Stream, created event.RunCreated) (*script, error) {
	l, run := i.l, st.Run
	live := map[event.Attempt]liveAttempt{}
	for _, a := range run.Live {
		at := liveAttempt{Name: a.Attempt.Name, Key: string(a.Attempt.Key), Number: a.Attempt.Number, Token: a.Token}
		for _, made := range a.Made {
			at.Done = append(at.Done, made.Asset+sep+string(made.Key))
		}
		live[a.Attempt] = at
	}
	raw, err := (&snapshot{live: live}).encodeLive()
	if err != nil {
		return nil, err
	}
	n, rev := run.Counts, down(run.CreatedAt)+tieRun(st.Ident)
	row := l.newHead(&head{Ident: st.Ident, Seq: st.Seq, Status: string(run.Status), Priority: run.Priority, Launcher: run.Launcher, Total: n.Total})
	for field, value := range map[string]any{
		"rev": rev, "time": st.Time, "created_at": run.CreatedAt, "started_at": run.StartedAt, "ended_at": run.EndedAt,
		"epoch": run.Epoch, "executor": run.Executor, "canceling": run.Canceling, "cause": run.Cause, "block": run.Block,
		"succeeded": n.Succeeded, "failed": n.Failed, "skipped": n.Skipped, "canceled": n.Canceled, "live": raw,
	} {
		row[field] = value
	}
	refs := (&creation{l: l, run: store.NewRun{ID: st.Ident, Created: created}}).refs()
	for _, ref := range refs {
		ref["rev"] = rev
	}
	s := l.change()
	id := s.arg(l.headID(st.Ident))
	s.do("LET $was = ", id, ".status ?? ''")
	s.do("UPSERT ", id, " CONTENT ", s.arg(row), " RETURN NONE")
	if len(refs) > 0 {
		s.do("IF $was = '' { FOR $x IN ", s.arg(refs), " { UPSERT $x.id CONTENT $x RETURN NONE } }")
	}
	i.recount(s, st)
	l.pulseEvents(s, st.Ident, st.Seq, []record{{}}, true)
	s.do("COMMIT")
	return s, nil
}

// recount counts a run under its status instead of the one that it had.
func (i importer) recount(s *script, st *transfer.Stream) {
	shard, loc := s.arg(store.CountShard(st.Ident)), s.arg(i.l.ident)
	status := s.arg(string(st.Run.Status))
	count := func(of, by string) string {
		return "UPSERT type::record('run_count', [" + loc + ", " + of + ", " + shard + "]) SET n += " + by + " RETURN NONE"
	}
	s.do("IF $was != '' AND $was != ", status, " { ", count("$was", "-1"), " }")
	s.do("IF $was != ", status, " { ", count(status, "1"), " }")
}

// Drop removes a run that the source has no more.
func (i importer) Drop(ctx context.Context, run string) error {
	snap, err := i.l.load(ctx, run, "")
	if err != nil {
		return err
	}
	return i.l.remove(ctx, &snap.head)
}

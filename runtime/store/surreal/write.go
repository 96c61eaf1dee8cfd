package surreal

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// script is the transaction of a change: the head, which it is refused by when
// it moved, then the events and what follows from them.
func (a *advance) script() (*script, error) {
	s := a.l.change()
	if err := a.updateHead(s); err != nil {
		return nil, err
	}
	if a.writer != "" {
		s.do("UPSERT ", s.arg(recordID("writer", a.l.ident, a.after.head.Ident, a.writer)), " SET n = ", s.arg(a.counter), " RETURN NONE")
	}
	if err := a.l.writeEvents(s, a.after.head.Ident, a.recs); err != nil {
		return nil, err
	}
	if a.writer == "" && len(a.recs) > 0 {
		s.do("UPDATE ", s.arg(recordID("batch", a.l.ident, a.after.head.Ident, a.after.head.Seq)), " SET nonce = ", s.arg(a.nonce), " RETURN NONE")
	}
	a.countStatus(s)
	a.pulse(s)
	s.answer("RETURN $r")
	s.do("COMMIT")
	return s, nil
}

// stampExpr is the time of record of a change to a head.
const stampExpr = "math::max([time, $wall])"

func (a *advance) updateHead(s *script) error {
	id := s.arg(a.l.headID(a.after.head.Ident))
	set, err := a.assignments(s)
	if err != nil {
		return err
	}
	guard := ""
	if a.guard != nil {
		guard = " AND (" + a.guard(s) + ")"
	}
	s.do("LET $r = (UPDATE ", id, " SET ", set, " WHERE seq = ", s.arg(a.before.head.Seq), guard,
		" RETURN VALUE {t: time, l: lease_end})[0] ?? { THROW '", moved, "' }")
	return nil
}

// assignments are what changes of the head.
func (a *advance) assignments(s *script) (string, error) {
	b, h := &a.before.head, &a.after.head
	set := "time = " + stampExpr + ", seq = " + s.arg(h.Seq)
	change := func(differs bool, field string, value any) {
		if differs {
			set += ", " + field + " = " + s.arg(value)
		}
	}
	change(b.Status != h.Status, "status", h.Status)
	change(b.Status != h.Status, "by_status", group(a.l.ident, h.Status))
	change(b.Epoch != h.Epoch, "epoch", h.Epoch)
	change(b.Executor != h.Executor, "executor", h.Executor)
	change(b.Canceling != h.Canceling, "canceling", h.Canceling)
	change(b.Cause != h.Cause, "cause", h.Cause)
	change(b.Block != h.Block, "block", h.Block)
	change(b.Succeeded != h.Succeeded, "succeeded", h.Succeeded)
	change(b.Failed != h.Failed, "failed", h.Failed)
	change(b.Skipped != h.Skipped, "skipped", h.Skipped)
	change(b.Canceled != h.Canceled, "canceled", h.Canceled)
	raw, err := a.after.encodeLive()
	if err != nil {
		return "", err
	}
	change(!bytes.Equal(raw, b.Live), "live", raw)
	h.Live = raw
	switch {
	case a.lease > 0:
		set += ", lease_end = $wall + " + s.arg(int64(a.lease))
	case a.lease < 0:
		set += ", lease_end = 0"
	}
	if a.started() {
		set += ", started_at = " + stampExpr
	}
	if a.finished() {
		set += ", ended_at = " + stampExpr
	}
	return set, nil
}

// countStatus keeps the counts of statuses.
func (a *advance) countStatus(s *script) {
	b, h := &a.before.head, &a.after.head
	if b.Status != h.Status {
		a.l.countRun(s, h.Ident, b.status(), -1)
		a.l.countRun(s, h.Ident, h.status(), 1)
	}
}

func (l *location) countRun(s *script, run string, status store.Status, by int) {
	id := s.arg(recordID("run_count", l.ident, string(status), store.CountShard(run)))
	s.do("UPSERT ", id, " SET n += ", strconv.Itoa(by), " RETURN NONE")
}

// The kinds of pulses.
const (
	pulseEvents    = "e"
	pulseLogs      = "l"
	pulseCatalogue = "c"
)

// hintAssets is the most assets that a hint names.
const hintAssets = 100

// pulse tells watches.
func (a *advance) pulse(s *script) {
	a.l.pulseEvents(s, a.after.head.Ident, a.after.head.Seq, a.recs, a.runChanged())
}

// pulseEvents tells watches of new events of a stream, of the assets that they
// are about and whether the run itself changed.
func (l *location) pulseEvents(s *script, stream string, seq int64, recs []record, run bool) {
	var assets []string
	for _, r := range recs {
		if r.subject {
			assets = append(assets, r.asset)
		}
	}
	slices.Sort(assets)
	assets = slices.Compact(assets)
	set := []string{" SET loc = ", s.arg(l.ident), ", what = 'e', ident = ", s.arg(stream), ", seq = ", s.arg(seq), ", at = $at, n += 1"}
	var kinds []store.HintKind
	if len(recs) > 0 {
		kinds = append(kinds, store.HintEvents)
		set = append(set, ", events_at = $at")
	}
	if run {
		kinds = append(kinds, store.HintRun)
		set = append(set, ", run_at = $at")
	}
	if len(assets) > 0 {
		kinds = append(kinds, store.HintAsset)
		set = append(set, ", asset_at = $at")
	}
	if len(assets) > hintAssets {
		assets = nil
	}
	set = append(set, ", kinds = ", s.arg(kinds), ", assets = ", s.arg(nonNil(assets)), " RETURN NONE")
	s.do(append([]string{"UPSERT ", s.arg(recordID("pulse", l.ident, pulseEvents, stream))}, set...)...)
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// writeEvents writes numbered events and what they tell about assets; $r.t is
// their time of record.
func (l *location) writeEvents(s *script, stream string, recs []record) error {
	rows, err := l.batches(stream, recs)
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		s.createEach(rows, "{t: $r.t}")
	}
	var history []map[string]any
	for i := range recs {
		if recs[i].subject {
			history = append(history, l.historyRow(stream, &recs[i]))
		}
	}
	if len(history) == 0 {
		return nil
	}
	s.do("LET $down = ", downExpr("$at"))
	s.createEach(history, "{t: $r.t, rev: string::concat($down, $x.tie)}")
	l.writeParts(s, stream, recs)
	l.markKeyed(s, recs)
	return nil
}

// markKeyed marks the assets of which something is told about a key, the first
// time that this process tells it: of all others one record says all.
func (l *location) markKeyed(s *script, recs []record) {
	var marks []models.RecordID
	seen := map[string]bool{}
	for i := range recs {
		r := &recs[i]
		known := assetKey{l.ident, r.asset}
		if !r.subject || r.key == "" || seen[r.asset] || l.db.keyed.has(known) {
			continue
		}
		seen[r.asset] = true
		marks = append(marks, recordID("asset", l.ident, r.asset))
		s.done = append(s.done, func() { l.db.keyed.add(known) })
	}
	if len(marks) > 0 {
		s.do("FOR $x IN ", s.arg(marks), " { LET $keyed = $x.keyed; IF $keyed IS NONE { UPSERT $x SET keyed = true RETURN NONE } }")
	}
}

// class tells the kinds of history apart, each of which has lists of its own.
func class(p event.Payload) string {
	switch p := p.(type) {
	case *event.Materialization:
		return classMaterialization
	case *event.Observation:
		return classObservation
	case *event.PartitionFailed:
		return classPartitionFailed
	case *event.StepFailed:
		if p.Final {
			return classFailed
		}
	}
	return classFailedRetry
}

// The classes of history.
const (
	classMaterialization = "m"
	classObservation     = "o"
	classPartitionFailed = "p"
	classFailed          = "f"
	classFailedRetry     = "r"
)

func (l *location) historyRow(stream string, r *record) map[string]any {
	c := class(r.event.Payload)
	a := r.event.Attempt
	return map[string]any{
		"id": recordID("history", l.ident, stream, r.seq),
		"g":  group(l.ident, r.asset, c), "k": group(l.ident, r.asset, c, string(r.key)),
		"tie": tieEvent(stream, r.seq), "stream": stream, "seq": r.seq,
		"type": string(r.event.Type()), "step": a.Name, "key": string(a.Key), "number": a.Number, "p": r.payload,
	}
}

// partChanges are what events tell about keys, in the order that keeps the last
// word the last: failures that a materialization follows, materializations,
// then failures that follow one; and what was observed.
type partChanges struct{ before, made, after, observed []map[string]any }

// writeParts writes what is known about keys.
func (l *location) writeParts(s *script, stream string, recs []record) {
	c := l.partChanges(stream, recs)
	failed := "{ft: math::max([$r.t, ($x.id.mt ?? 0) + 1]), frev: string::concat($down, $x.frev)}"
	s.putEach(c.before, failed)
	s.putEach(c.made, "{mt: math::max([$r.t, $x.id.ft ?? 0]), mrev: string::concat($down, $x.mrev), t: $r.t}")
	s.putEach(c.after, failed)
	s.putEach(c.observed, "{ot: $r.t}")
}

func (l *location) partChanges(stream string, recs []record) partChanges {
	type last struct{ before, made, after *record }
	known := map[store.AssetKey]*last{}
	var order []store.AssetKey
	var c partChanges
	for i := range recs {
		r := &recs[i]
		if r.subject && r.event.Type() == event.TypeObservation {
			c.observed = append(c.observed, l.partRow(r))
			continue
		}
		made := r.subject && r.event.Type() == event.TypeMaterialization
		if !made && (!r.subject || !store.Fails(r.event.Payload)) {
			continue
		}
		k := store.AssetKey{Asset: r.asset, Key: r.key}
		x := known[k]
		if x == nil {
			x = &last{}
			known[k] = x
			order = append(order, k)
		}
		switch {
		case made && x.after != nil:
			x.before, x.made, x.after = x.after, r, nil
		case made:
			x.made = r
		case x.made == nil:
			x.before = r
		default:
			x.after = r
		}
	}
	for _, k := range order {
		x := known[k]
		if x.before != nil {
			c.before = append(c.before, l.failureRow(stream, x.before))
		}
		if x.made != nil {
			c.made = append(c.made, l.madeRow(stream, x.made))
		}
		if x.after != nil {
			c.after = append(c.after, l.failureRow(stream, x.after))
		}
	}
	return c
}

func (l *location) partRow(r *record) map[string]any {
	return map[string]any{
		"id": recordID("part", l.ident, r.asset, string(r.key)), "g": group(l.ident, r.asset), "key": string(r.key),
	}
}

func (l *location) failureRow(stream string, r *record) map[string]any {
	row := l.partRow(r)
	row["frun"], row["frev"] = stream, tieEvent(stream, r.seq)
	return row
}

func (l *location) madeRow(stream string, r *record) map[string]any {
	row, a := l.partRow(r), r.event.Attempt
	row["stream"], row["seq"], row["p"], row["mrev"] = stream, r.seq, r.payload, tieEvent(stream, r.seq)
	row["step"], row["skey"], row["number"] = a.Name, string(a.Key), a.Number
	return row
}

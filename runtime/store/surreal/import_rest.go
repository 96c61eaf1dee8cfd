package surreal

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/transfer"
)

// WriteLogs replaces the logs of a run.
func (i importer) WriteLogs(ctx context.Context, st transfer.Stream, lines iter.Seq2[[]store.LogLine, error]) error {
	if err := i.l.deleteLogs(ctx, st.Ident); err != nil {
		return err
	}
	w := &logImport{importer: i, run: st.Ident, bytes: map[logSource]int64{}}
	for batch, err := range lines {
		for len(batch) > 0 && err == nil {
			n := blockOf(batch)
			err = w.block(ctx, batch[:n])
			batch = batch[n:]
		}
		if err != nil {
			return err
		}
	}
	return w.finish(ctx, st.Run.Logs)
}

// blockOf is how many lines are of one block of numbers and fit a transaction.
func blockOf(lines []store.LogLine) int {
	n, size := 0, 0
	for n < len(lines) && (lines[n].Seq-1)/logBlock == (lines[0].Seq-1)/logBlock {
		if size += lines[n].Size(); size > logStepBytes && n > 0 {
			break
		}
		n++
	}
	return n
}

// logImport is the logs of a run on their way.
type logImport struct {
	importer
	run   string
	bytes map[logSource]int64
}

// block writes lines of one block of numbers, those of one source together.
func (w *logImport) block(ctx context.Context, lines []store.LogLine) error {
	stored := map[logSource][]storedLine{}
	var order []logSource
	for k := range lines {
		line := &lines[k]
		src := logSource{line.Attempt, line.Stream}
		if stored[src] == nil {
			order = append(order, src)
		}
		s := newLine(line, int64(line.Seq)) //nolint:gosec // counts up from 1
		stored[src] = append(stored[src], s)
		w.bytes[src] += s.size()
	}
	writing := &logWriting{logAppend: &logAppend{l: w.l, run: w.run}, head: &logHead{}, first: int64(lines[0].Seq-1)/logBlock*logBlock + 1} //nolint:gosec // counts up from 1
	for _, src := range order {
		if err := writing.chunks(src, stored[src]); err != nil {
			return err
		}
	}
	s := w.l.db.begin()
	s.upsertEach(writing.rows)
	s.do("COMMIT")
	return w.l.db.read(ctx, "copy logs", s, nil)
}

// finish writes how much there is of each source, and where the logs end.
func (w *logImport) finish(ctx context.Context, last int64) error {
	var sums []map[string]any
	send := func() error {
		s := newScript()
		s.upsertEach(sums)
		sums = nil
		return w.l.db.read(ctx, "copy logs", s, nil)
	}
	for src, n := range w.bytes {
		sums = append(sums, map[string]any{"id": recordID("log_source", w.l.sourceKey(w.run, src)...), "bytes": n})
		if len(sums) >= writersAtOnce {
			if err := send(); err != nil {
				return err
			}
		}
	}
	if len(sums) > 0 {
		if err := send(); err != nil {
			return err
		}
	}
	s := newScript()
	s.do("UPSERT ", s.arg(recordID("log_head", w.l.ident, w.run)), " CONTENT ", s.arg(map[string]any{"seq": last}), " RETURN NONE")
	return w.l.db.read(ctx, "copy logs", s, nil)
}

// WriteCatalogue writes what is declared.
func (i importer) WriteCatalogue(ctx context.Context, c transfer.Catalogue) error {
	d, err := draftOf(c)
	if err != nil {
		return err
	}
	s := newScript()
	prefix := s.arg(i.l.ident)
	s.do("DELETE catalogue:[", prefix, "]..=[", prefix, ", ..] RETURN NONE")
	if err := i.l.db.read(ctx, "copy the catalogue", s, nil); err != nil {
		return err
	}
	for _, chunk := range d.chunks {
		s := newScript()
		s.upsertEach([]map[string]any{{
			"id": recordID("catalogue", i.l.ident, kindDefinitions, chunk.N), "n": chunk.N, "digest": chunk.Digest,
			"names": chunk.Names, "defs": chunk.Definitions,
		}})
		if err := i.l.db.read(ctx, "copy the catalogue", s, nil); err != nil {
			return err
		}
	}
	if len(c.Removed) > 0 {
		raw, err := json.Marshal(c.Removed)
		if err != nil {
			return fmt.Errorf("%w: %w", store.ErrInvalid, err)
		}
		s := newScript()
		s.do("UPSERT ", s.arg(recordID("catalogue", i.l.ident, kindRemoved, 0)), " SET names = ", s.arg(raw), " RETURN NONE")
		if err := i.l.db.read(ctx, "copy the catalogue", s, nil); err != nil {
			return err
		}
	}
	for names := c.Known; len(names) > 0; names = names[min(len(names), writersAtOnce):] {
		var marks []map[string]any
		for _, name := range names[:min(len(names), writersAtOnce)] {
			marks = append(marks, map[string]any{"id": recordID("asset", i.l.ident, name)})
		}
		s := newScript() // a mark may tell more by now
		s.do("FOR $x IN ", s.arg(marks), " { UPSERT $x.id RETURN NONE }")
		if err := i.l.db.read(ctx, "copy the catalogue", s, nil); err != nil {
			return err
		}
	}
	return nil
}

// draftOf makes a draft of definitions as they are stored.
func draftOf(c transfer.Catalogue) (*draft, error) {
	raws := make([]json.RawMessage, len(c.Definitions))
	d := &draft{}
	for k, def := range c.Definitions {
		d.names, raws[k] = append(d.names, def.Name), def.Raw
	}
	d.digest = digestOf(raws)
	return d, d.cut(raws)
}

// WriteFacts replaces what is known about keys.
func (i importer) WriteFacts(ctx context.Context, facts []transfer.Fact) error {
	rows, recs := make([]map[string]any, len(facts)), make([]record, len(facts))
	highest := int64(0)
	for k := range facts {
		rows[k] = i.l.factRow(&facts[k])
		recs[k] = record{asset: facts[k].Asset, key: facts[k].Key, subject: true}
		if m := facts[k].Made; m != nil {
			highest = max(highest, m.Place)
		}
		if f := facts[k].Failed; f != nil {
			highest = max(highest, f.Place)
		}
	}
	s := i.l.db.begin()
	s.do("FOR $x IN ", s.arg(rows), " { UPSERT $x.id MERGE $x RETURN NONE }") // what was observed is there
	i.l.markKeyed(s, recs)
	i.raiseClock(s, highest)
	s.do("COMMIT")
	return i.l.db.read(ctx, "copy partitions", s, nil)
}

// factRow is what is known about a key as writeParts stores it.
func (l *location) factRow(f *transfer.Fact) map[string]any {
	row := map[string]any{"id": recordID("part", l.ident, f.Asset, string(f.Key)), "g": group(l.ident, f.Asset), "key": string(f.Key)}
	if m := f.Made; m != nil {
		row["mt"], row["mrev"], row["t"] = m.At, down(m.Place)+tieEvent(m.Run, m.Seq), m.Time
		row["stream"], row["seq"], row["p"] = m.Run, m.Seq, []byte(m.Payload)
		row["step"], row["skey"], row["number"] = m.Attempt.Name, string(m.Attempt.Key), m.Attempt.Number
	}
	if x := f.Failed; x != nil {
		row["ft"], row["frev"], row["frun"] = x.At, down(x.Place)+tieEvent(x.Run, x.Seq), x.Run
	}
	return row
}

// WriteRequests replaces what is remembered of requests.
func (i importer) WriteRequests(ctx context.Context, list []transfer.Request) error {
	rows := make([]map[string]any, len(list))
	for k, r := range list {
		rows[k] = map[string]any{
			"id": recordID("request", i.l.ident, r.Kind, r.ID), "at": r.At, "method": r.Method, "digest": r.Digest, "answer": r.Answer,
		}
	}
	s := newScript()
	s.upsertEach(rows)
	return i.l.db.read(ctx, "copy requests", s, nil)
}

// Finish gives the location its name and revision, and ends the claim.
func (i importer) Finish(ctx context.Context, c transfer.Catalogue) error {
	d, err := draftOf(c)
	if err != nil {
		return err
	}
	s := i.l.change()
	if c.Revision > 0 {
		s.do("UPSERT ", s.arg(recordID("location", i.l.ident)), " CONTENT ", s.arg(map[string]any{
			"ident": i.l.ident, "name": c.Name, "image": c.Image, "hash": c.Hash, "digest": d.digest, "assets": len(d.names),
			"revision": c.Revision, "registered_at": c.RegisteredAt,
		}), " RETURN NONE")
	}
	s.do("DELETE ", s.arg(recordID("request", i.l.ident, requestCopy, "")), " RETURN NONE")
	s.do("UPSERT ", s.arg(recordID("pulse", i.l.ident, pulseCatalogue, "")), " SET loc = ", s.arg(i.l.ident),
		", what = 'c', ident = '', seq = 0, at = $at, n += 1, catalogue_at = $at, kinds = ['catalogue'], assets = [] RETURN NONE")
	s.do("COMMIT")
	return i.l.db.read(ctx, "finish a copy", s, nil)
}

package surreal

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/transfer"
)

// The bounds of what an export reads at once.
const (
	exportStreams = 100
	exportLines   = 1000
	exportFacts   = 200
)

// export reads what is stored of a location.
type export struct{ l *location }

var (
	_ transfer.Database = (*DB)(nil)
	_ transfer.Source   = export{}
)

// Export returns what is stored of a location.
func (d *DB) Export(location string) transfer.Source { return export{d.at(location)} }

func (d *DB) at(ident string) *location { return &location{db: d, ident: ident} }

// Catalogue returns what the location declares.
func (e export) Catalogue(ctx context.Context) (transfer.Catalogue, error) {
	var state *catalogueState
	err := e.l.db.repeat(ctx, "export the catalogue", func(bool) (err error) {
		state, err = e.l.catalogue(ctx, false)
		return err
	})
	if err != nil {
		return transfer.Catalogue{}, err
	}
	out := transfer.Catalogue{
		Name: state.Name, Image: state.Image, Hash: state.Hash, Revision: state.Revision, RegisteredAt: state.RegisteredAt,
	}
	if out.Known, out.Removed, err = e.known(ctx); err != nil {
		return out, err
	}
	if state.Revision == 0 {
		if err := e.exists(ctx); err != nil {
			return out, err
		}
	}
	_, err = e.l.walkCatalogue(ctx, "names, defs", func(c *catalogueChunk) error {
		var names []string
		var raws []json.RawMessage
		if err := json.Unmarshal(c.Names, &names); err != nil {
			return fmt.Errorf("stored names of assets: %w: %w", store.ErrCorrupt, err)
		}
		if err := json.Unmarshal(c.Definitions, &raws); err != nil || len(raws) != len(names) {
			return fmt.Errorf("stored definitions of assets: %w: %w", store.ErrCorrupt, err)
		}
		for i, name := range names {
			out.Definitions = append(out.Definitions, transfer.Definition{Name: name, Raw: raws[i]})
		}
		return nil
	}, func() { out.Definitions = nil })
	return out, err
}

// known are the assets that were ever declared, and those that are no more. A copy
// that is not whole has them before the location has a record.
func (e export) known(ctx context.Context) (names, removed []string, err error) {
	s := newScript()
	loc := s.arg(e.l.ident)
	s.answer("RETURN {names: (SELECT VALUE id[1] FROM asset:[", loc, "]..=[", loc, ", ..]), removed: ",
		s.arg(recordID("catalogue", e.l.ident, kindRemoved, 0)), ".names}")
	var got struct {
		Names   []string `json:"names"`
		Removed []byte   `json:"removed"`
	}
	if err := e.l.db.read(ctx, "export the catalogue", s, &got); err != nil {
		return nil, nil, err
	}
	if len(got.Removed) > 0 {
		if err := json.Unmarshal(got.Removed, &removed); err != nil {
			return nil, nil, fmt.Errorf("removed assets: %w: %w", store.ErrCorrupt, err)
		}
	}
	if len(removed) == 0 {
		removed = nil
	}
	slices.Sort(got.Names)
	return got.Names, removed, nil
}

// exists is ErrNotFound when nothing is stored of the location that was never
// registered.
func (e export) exists(ctx context.Context) error {
	s := newScript()
	e.l.askUsed(s)
	var used bool
	err := e.l.db.read(ctx, "export the catalogue", s, &used)
	if err == nil && !used {
		err = notFound("location", e.l.ident)
	}
	return err
}

// askUsed asks whether anything is stored of the location.
func (l *location) askUsed(s *script) {
	loc := s.arg(l.ident)
	var tests []string
	for _, table := range []string{"asset", "asset_head", "batch", "part", "request", "run_count"} {
		tests = append(tests, "count(SELECT VALUE id FROM "+table+":["+loc+"]..=["+loc+", ..]) > 0")
	}
	s.answer("RETURN record::exists(", s.arg(recordID("location", l.ident)), ") OR ", strings.Join(tests, " OR "))
}

// Streams gives the runs, the oldest first, then the streams of assets.
func (e export) Streams(ctx context.Context) iter.Seq2[transfer.Stream, error] {
	return func(yield func(transfer.Stream, error) bool) {
		runs, err := e.runs(ctx)
		if err != nil {
			yield(transfer.Stream{}, err)
			return
		}
		assets, err := e.assets(ctx)
		if err != nil {
			yield(transfer.Stream{}, err)
			return
		}
		for _, s := range append(runs, assets...) {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// runs returns all runs, the oldest first. The engine walks them from the newest on.
func (e export) runs(ctx context.Context) ([]transfer.Stream, error) {
	var all []transfer.Stream
	for after := ""; ; {
		page, last, err := e.runPage(ctx, after)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if last == "" {
			break
		}
		after = last
	}
	slices.Reverse(all)
	return all, nil
}

// runPage returns the runs behind a place, and the place of the last unless there
// are no more. What is told of a page is of one state.
func (e export) runPage(ctx context.Context, after string) ([]transfer.Stream, string, error) {
	s := newScript()
	s.answer("SELECT ident, loc, rev FROM head WHERE loc = ", s.arg(e.l.ident), " AND rev > ", s.arg(after), " ORDER BY loc, rev LIMIT ", s.arg(exportStreams))
	var places []struct {
		Ident string `json:"ident"`
		Rev   string `json:"rev"`
	}
	if err := e.l.db.read(ctx, "export runs", s, &places); err != nil || len(places) == 0 {
		return nil, "", err
	}
	s = newScript()
	loc, parts := s.arg(e.l.ident), make([]string, len(places))
	for i, p := range places {
		run := s.arg(p.Ident)
		parts[i] = "{h: (SELECT * FROM ONLY " + s.arg(e.l.headID(p.Ident)) + "), digest: " + s.arg(recordID("run", p.Ident)) + ".digest ?? '', logs: " +
			s.arg(recordID("log_head", e.l.ident, p.Ident)) + ".seq ?? 0, writers: (SELECT id[2] AS who, n FROM writer:[" + loc + ", " + run + "]..=[" + loc + ", " + run + ", ..])}"
	}
	s.answer("RETURN [", strings.Join(parts, ", "), "]")
	var rows []runRow
	if err := e.l.db.read(ctx, "export runs", s, &rows); err != nil {
		return nil, "", err
	}
	var page []transfer.Stream
	for i := range rows {
		if rows[i].Head == nil {
			continue // deleted meanwhile
		}
		st, err := rows[i].stream()
		if err != nil {
			return nil, "", err
		}
		page = append(page, st)
	}
	if len(places) < exportStreams {
		return page, "", nil
	}
	return page, places[len(places)-1].Rev, nil
}

// runRow is what is stored of a run beside its events and logs.
type runRow struct {
	Head    *head  `json:"h"`
	Digest  string `json:"digest"`
	Logs    int64  `json:"logs"`
	Writers []struct {
		ID string `json:"who"`
		N  uint64 `json:"n"`
	} `json:"writers"`
}

func (r *runRow) stream() (transfer.Stream, error) {
	h := r.Head
	run := &transfer.Run{
		Digest: r.Digest, Status: h.status(), CreatedAt: h.CreatedAt, StartedAt: h.StartedAt, EndedAt: h.EndedAt, Epoch: h.Epoch,
		Executor: h.Executor, Canceling: h.Canceling, Cause: h.Cause, Priority: h.Priority, Block: h.Block, Launcher: h.Launcher,
		Counts: h.counts(), Logs: r.Logs,
	}
	for _, w := range r.Writers {
		run.Writers = append(run.Writers, transfer.Writer{ID: w.ID, Counter: w.N})
	}
	slices.SortFunc(run.Writers, func(a, b transfer.Writer) int { return cmp.Compare(a.ID, b.ID) })
	var live []liveAttempt
	if len(h.Live) > 0 {
		if err := json.Unmarshal(h.Live, &live); err != nil {
			return transfer.Stream{}, fmt.Errorf("run %s: its attempts: %w: %w", h.Ident, store.ErrCorrupt, err)
		}
	}
	slices.SortFunc(live, func(a, b liveAttempt) int { return compareAttempts(a.attempt(), b.attempt()) })
	for _, a := range live {
		made := transfer.Live{Attempt: a.attempt(), Token: a.Token}
		for _, d := range a.Done {
			name, key, _ := strings.Cut(d, sep)
			made.Made = append(made.Made, store.AssetKey{Asset: name, Key: partition.Key(key)})
		}
		run.Live = append(run.Live, made)
	}
	return transfer.Stream{Ident: h.Ident, Seq: h.Seq, Time: h.Time, Run: run}, nil
}

// assets returns the streams of assets.
func (e export) assets(ctx context.Context) ([]transfer.Stream, error) {
	s := newScript()
	loc := s.arg(e.l.ident)
	s.answer("SELECT id[1] AS ident, seq, time FROM asset_head:[", loc, "]..=[", loc, ", ..]")
	var rows []head
	if err := e.l.db.read(ctx, "export streams of assets", s, &rows); err != nil {
		return nil, err
	}
	var list []transfer.Stream
	for _, r := range rows {
		list = append(list, transfer.Stream{Ident: r.Ident, Seq: r.Seq, Time: r.Time})
	}
	return list, nil
}

// Events gives the events of a stream above a number.
func (e export) Events(ctx context.Context, stream string, after int64) iter.Seq2[[]transfer.Event, error] {
	return func(yield func([]transfer.Event, error) bool) {
		r := e.l.readerOf(stream, uint64(max(after, 0))) //nolint:gosec // never negative
		for done := false; !done; {
			var batches []batchRow
			var err error
			if batches, done, err = r.next(ctx); err != nil {
				yield(nil, err)
				return
			}
			for i := range batches {
				page, err := e.batch(ctx, stream, &batches[i], after)
				if err != nil {
					yield(nil, err)
					return
				}
				if len(page) > 0 && !yield(page, nil) {
					return
				}
			}
		}
	}
}

// batch returns the events of a batch above a number.
func (e export) batch(ctx context.Context, stream string, b *batchRow, after int64) ([]transfer.Event, error) {
	var list []storedEvent
	if err := json.Unmarshal(b.Events, &list); err != nil {
		return nil, fmt.Errorf("events up to %d of %s: %w: %w", b.Last, stream, store.ErrCorrupt, err)
	}
	var page []transfer.Event
	telling := false
	for i, se := range list {
		seq := b.First + int64(i)
		if seq <= after {
			continue
		}
		page = append(page, transfer.Event{
			Seq: seq, Time: b.T, Type: se.Type, Payload: se.Payload,
			Attempt: event.Attempt{Step: event.Step{Name: se.Name, Key: se.Key}, Number: se.Number},
		})
		_, tells := historyClasses[se.Type]
		telling = telling || tells
	}
	if !telling {
		return page, nil
	}
	return page, e.places(ctx, stream, b, page)
}

// places sets the places of events that tell something about assets.
func (e export) places(ctx context.Context, stream string, b *batchRow, page []transfer.Event) error {
	s := newScript()
	prefix := s.arg(e.l.ident) + ", " + s.arg(stream) + ", "
	s.answer("SELECT seq, rev FROM history:[", prefix, s.arg(b.First), "]..=[", prefix, s.arg(b.Last), "]")
	var rows []historyRow
	if err := e.l.db.read(ctx, "export events", s, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		i := int(r.Seq - page[0].Seq)
		if i < 0 {
			continue
		}
		if i >= len(page) {
			return fmt.Errorf("event %d of %s is told of an asset and is not there: %w", r.Seq, stream, store.ErrCorrupt)
		}
		at, err := placeOf(r.Rev)
		if err != nil {
			return fmt.Errorf("event %d of %s: %w: %w", r.Seq, stream, store.ErrCorrupt, err)
		}
		page[i].Place = math.MaxInt64 - at[0]
	}
	return nil
}

// Logs gives the lines of a run.
func (e export) Logs(ctx context.Context, run string) iter.Seq2[[]store.LogLine, error] {
	return func(yield func([]store.LogLine, error) bool) {
		for after := uint64(0); ; {
			page, err := e.l.LogLines(ctx, run, store.LogFilter{}, after, exportLines)
			if err != nil {
				yield(nil, err)
				return
			}
			if len(page) == 0 || !yield(page, nil) {
				return
			}
			after = page[len(page)-1].Seq
		}
	}
}

// Requests gives the requests that are remembered.
func (e export) Requests(ctx context.Context) iter.Seq2[[]transfer.Request, error] {
	return func(yield func([]transfer.Request, error) bool) {
		for _, kind := range []string{requestRun, requestAnswer} {
			page, err := e.requests(ctx, kind)
			if err != nil {
				yield(nil, err)
				return
			}
			for part := range slices.Chunk(page, exportFacts) {
				if !yield(part, nil) {
					return
				}
			}
		}
	}
}

func (e export) requests(ctx context.Context, kind string) ([]transfer.Request, error) {
	s := newScript()
	prefix := s.arg(e.l.ident) + ", " + s.arg(kind)
	s.answer("SELECT id[2] AS key, at, method, digest, answer FROM request:[", prefix, "]..=[", prefix, ", ..]")
	var rows []struct {
		Key    string `json:"key"`
		At     int64  `json:"at"`
		Method string `json:"method"`
		Digest string `json:"digest"`
		Answer []byte `json:"answer"`
	}
	if err := e.l.db.read(ctx, "export requests", s, &rows); err != nil {
		return nil, err
	}
	page := make([]transfer.Request, len(rows))
	for i, r := range rows {
		page[i] = transfer.Request{Kind: kind, ID: r.Key, At: r.At, Method: r.Method, Digest: r.Digest, Answer: r.Answer}
	}
	return page, nil
}

package storetest

import (
	"context"
	"slices"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// patience bounds how long a test waits for what must come; it is no promise
// about speed.
const patience = 2 * time.Minute

// hintsUntil watches a location in the background and returns a function that
// waits for a hint that holds.
type hintWatch struct {
	f      *fixture
	hints  chan store.Hints
	cancel context.CancelFunc
	cursor string
}

func (f *fixture) watchLocation(l store.Location, cursor string) *hintWatch {
	f.Helper()
	ctx, cancel := context.WithTimeout(f.ctx, patience)
	f.Cleanup(cancel)
	w := &hintWatch{f: f, hints: make(chan store.Hints, 1000), cancel: cancel}
	go func() {
		defer close(w.hints)
		for h, err := range l.WatchLocation(ctx, cursor) {
			if err != nil {
				return
			}
			w.hints <- h
		}
	}()
	first := w.next()
	f.equal(0, len(first.Hints))
	return w
}

func (w *hintWatch) next() store.Hints {
	w.f.Helper()
	h, ok := <-w.hints
	if !ok {
		w.f.Fatal("the watch ended before the hint came")
	}
	w.cursor = h.Cursor
	return h
}

// until waits for a hint about a stream with a kind.
func (w *hintWatch) until(stream string, kind store.HintKind) store.Hint {
	w.f.Helper()
	for {
		for _, h := range w.next().Hints {
			if h.Stream == stream && slices.Contains(h.Kinds, kind) {
				return h
			}
		}
	}
}

// collect watches a stream until it ends, and returns the numbers it gave.
func collect(ctx context.Context, l store.Location, stream string, after uint64) ([]uint64, error) {
	var seqs []uint64
	for list, err := range l.WatchStream(ctx, stream, after) {
		if err != nil {
			return seqs, err
		}
		for _, e := range list {
			seqs = append(seqs, e.Seq)
		}
	}
	return seqs, nil
}

func upTo(from, to uint64) []uint64 {
	var list []uint64
	for n := from; n <= to; n++ {
		list = append(list, n)
	}
	return list
}

var watchTests = []promise{
	{"a stream is watched from anywhere to its end", func(f *fixture) {
		s := f.start()
		s.do(attempt("a", "", 1), "v")
		s.finish(event.Succeeded)
		for _, after := range []uint64{0, 2, 5} {
			got, err := collect(f.ctx, f.l, s.id, after)
			f.ok(err)
			f.equal(upTo(after+1, 6), got)
		}
	}},
	{"events reach watchers of this and of another process", func(f *fixture) {
		other := f.open(Options{ReadOnly: true})
		s := f.start()
		ctx, cancel := context.WithTimeout(f.ctx, patience)
		defer cancel()
		type result struct {
			seqs []uint64
			err  error
		}
		results := make(chan result)
		for _, l := range []store.Location{f.l, other.Location("location-1")} {
			go func() {
				seqs, err := collect(ctx, l, s.id, 1)
				results <- result{seqs, err}
			}()
		}
		s.do(attempt("a", "", 1), "v")
		s.finish(event.Succeeded)
		for range 2 {
			r := <-results
			f.ok(r.err)
			f.equal(upTo(2, 6), r.seqs)
		}
	}},
	{"a watch ends with its context, with its consumer and with the store", func(f *fixture) {
		s := f.start()
		ctx, cancel := context.WithCancel(f.ctx)
		defer cancel()
		for _, err := range f.l.WatchStream(ctx, s.id, 0) {
			f.ok(err)
			cancel()
		}
		for _, err := range f.l.WatchStream(f.ctx, s.id, 0) {
			f.ok(err)
			break
		}
		other := f.open(Options{})
		l := other.Location("location-1")
		var last error
		for _, err := range l.WatchStream(f.ctx, s.id, 0) {
			last = err
			f.ok(other.Close())
		}
		f.is(last, store.ErrUnavailable)
	}},
	{"watching an unknown run is an error", func(f *fixture) {
		_, err := collect(f.ctx, f.l, newID(), 0)
		f.is(err, store.ErrNotFound)
		for _, err := range f.l.WatchLogs(f.ctx, newID(), store.LogFilter{}, 0) {
			f.is(err, store.ErrNotFound)
		}
	}},
	{"a watch of an asset begins before its stream exists", func(f *fixture) {
		_, err := f.l.Register(f.ctx, catalogue("1", "a"))
		f.ok(err)
		ctx, cancel := context.WithTimeout(f.ctx, patience)
		defer cancel()
		got := make(chan event.Event)
		go func() {
			defer close(got)
			for list, err := range f.l.WatchStream(ctx, event.AssetStream("a"), 0) {
				if err != nil {
					return
				}
				for _, e := range list {
					got <- e
				}
			}
		}()
		want, err := f.l.Observe(f.ctx, "a", event.Observation{DataVersion: "1"})
		f.ok(err)
		f.equal(want, <-got)
		cancel()
		for range got {
			f.Error("an event came after the watch was given up")
		}
	}},
	{"hints tell what changed", func(f *fixture) {
		_, err := f.l.Register(f.ctx, catalogue("1", "a"))
		f.ok(err)
		w := f.watchLocation(f.l, "")
		s := f.start()
		for w.until(s.id, store.HintRun).Seq < 2 {
		}
		s.append(s.owner(launch(attempt("a", "", 1), "ta")))
		f.equal(uint64(3), w.until(s.id, store.HintEvents).Seq)
		s.append(worker("ta", materialized(attempt("a", "", 1), "v")))
		f.equal([]string{"a"}, w.until(s.id, store.HintAsset).Assets)
		f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{{Stream: store.Process, Text: "x"}}))
		w.until(s.id, store.HintLogs)
		_, err = f.l.Observe(f.ctx, "a", event.Observation{})
		f.ok(err)
		f.equal([]string{"a"}, w.until(event.AssetStream("a"), store.HintAsset).Assets)
		_, err = f.l.Register(f.ctx, catalogue("2", "a", "b"))
		f.ok(err)
		w.until("", store.HintCatalogue)
		s.finish(event.Succeeded)
		w.until(s.id, store.HintRun)
		f.ok(f.l.DeleteRun(f.ctx, s.id))
		for !w.until(s.id, store.HintRun).Deleted {
		}
	}},
	{"a cursor continues where the hints ended", func(f *fixture) {
		w := f.watchLocation(f.l, "")
		first := f.create()
		w.until(first.ID, store.HintRun)
		cursor := w.cursor
		w.cancel()
		missed := []string{f.create().ID, f.create().ID}
		again := f.watchLocation(f.open(Options{ReadOnly: true}).Location("location-1"), cursor)
		var seen []string
		for len(seen) < len(missed) {
			for _, h := range again.next().Hints {
				seen = append(seen, h.Stream)
			}
		}
		f.equal(missed, seen)
	}},
	{"many changes coalesce to one hint a stream", func(f *fixture) {
		w := f.watchLocation(f.l, "")
		cursor := w.cursor
		w.cancel()
		s := f.start()
		for i := range 20 {
			s.append(s.owner(launch(attempt("a", "", i+1), "t")))
		}
		again := f.watchLocation(f.l, cursor)
		h := again.next()
		f.equal(1, len(h.Hints))
		f.equal(uint64(22), h.Hints[0].Seq)
	}},
	{"a hint that would name too many assets names none", func(f *fixture) {
		w := f.watchLocation(f.l, "")
		cursor := w.cursor
		w.cancel()
		s := f.start()
		var parts []store.Part
		for i := range 101 {
			a := attempt("asset-"+string(rune('A'+i%26))+string(rune('a'+i/26)), "", 1)
			parts = append(parts, s.owner(launch(a, "t"), materialized(a, "v"), succeeded(a)))
		}
		s.append(parts...)
		h := f.watchLocation(f.l, cursor).until(s.id, store.HintAsset)
		f.equal(0, len(h.Assets))
	}},
	{"a malformed cursor is refused", func(f *fixture) {
		for _, err := range f.l.WatchLocation(f.ctx, "yesterday") {
			f.is(err, store.ErrInvalid)
		}
	}},
	{"logs are watched to the end of the run", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		ctx, cancel := context.WithTimeout(f.ctx, patience)
		defer cancel()
		lines := make(chan string, 10)
		go func() {
			defer close(lines)
			for list, err := range f.l.WatchLogs(ctx, s.id, store.LogFilter{Streams: []store.LogStream{store.Stdout}}, 0) {
				if err != nil {
					return
				}
				for _, line := range list {
					lines <- line.Text
				}
			}
		}()
		f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{{Attempt: a, Stream: store.Stdout, Text: "one"}, {Attempt: a, Stream: store.Stderr, Text: "no"}}))
		f.equal("one", <-lines)
		f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{{Attempt: a, Stream: store.Stdout, Text: "two"}}))
		f.equal("two", <-lines)
		s.finish(event.Succeeded)
		if text, open := <-lines; open {
			f.Fatalf("got %q after the end", text)
		}
		f.ok(ctx.Err())
	}},
}

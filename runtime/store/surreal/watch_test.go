package surreal

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"rivers.io/internal/chaosproxy"
	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// liveQueries is how many live queries on pulses the engine runs.
func liveQueries(t *testing.T, db *surrealtest.Database) string {
	t.Helper()
	return fmt.Sprint(db.SQL(t, "RETURN (INFO FOR TABLE pulse).lives.len()"))
}

// hintSink collects the streams that a watch names.
type hintSink struct {
	cancel context.CancelFunc
	first  chan struct{}
	seen   chan store.Hints
	done   chan struct{}
}

func watchHints(t *testing.T, l store.Location, cursor string) *hintSink {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &hintSink{cancel: cancel, first: make(chan struct{}), seen: make(chan store.Hints, 1000), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		began := false
		for h, err := range l.WatchLocation(ctx, cursor) {
			if err != nil {
				t.Errorf("the watch ended: %v", err)
				return
			}
			if !began {
				began = true
				close(s.first)
				continue
			}
			s.seen <- h
		}
	}()
	t.Cleanup(s.stop)
	<-s.first
	return s
}

func (s *hintSink) stop() {
	s.cancel()
	<-s.done
}

// until collects hints until every stream of want was named.
func (s *hintSink) until(t *testing.T, want ...string) {
	t.Helper()
	left := map[string]bool{}
	for _, w := range want {
		left[w] = true
	}
	timer := time.NewTimer(time.Minute)
	defer timer.Stop()
	for len(left) > 0 {
		select {
		case h := <-s.seen:
			for _, x := range h.Hints {
				delete(left, x.Stream)
			}
		case <-timer.C:
			t.Fatalf("%d of %d streams were never named", len(left), len(want))
		}
	}
}

// TestWatchesShareOneLiveQuery counts what the engine runs for many watches.
func TestWatchesShareOneLiveQuery(t *testing.T) {
	db := surrealtest.Shared(t)
	d := openDB(t, config(t, db))
	l := d.Location("l")
	run := newRun(t, l)
	var sinks []*hintSink
	for range 20 {
		sinks = append(sinks, watchHints(t, l, ""))
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	began := make(chan struct{})
	go func() {
		defer close(ended)
		for list, err := range l.WatchStream(ctx, run, 0) {
			if err == nil && len(list) > 0 {
				close(began)
			}
		}
	}()
	<-began
	if got := liveQueries(t, db); got != "[1]" {
		t.Errorf("%s live queries", got)
	}
	other := newRun(t, l)
	for _, s := range sinks {
		s.until(t, other)
		s.stop()
	}
	if got := liveQueries(t, db); got != "[1]" {
		t.Errorf("%s live queries while one watch goes on", got)
	}
	cancel()
	<-ended
	eventually(t, "the live query ends with the last watch", func() bool { return liveQueries(t, db) == "[0]" })
}

// through puts a proxy before a database.
func through(t *testing.T, db *surrealtest.Database) (Config, *chaosproxy.Proxy) {
	t.Helper()
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := chaosproxy.Start(t, u.Host)
	cfg := config(t, db)
	cfg.Endpoint = "ws://" + p.Addr()
	return cfg, p
}

// TestWatchesAreCompleteAfterGaps breaks the connection of two watches while
// another process writes.
func TestWatchesAreCompleteAfterGaps(t *testing.T) {
	db := surrealtest.Shared(t)
	writer := openDB(t, config(t, db)).Location("l")
	cfg, proxy := through(t, db)
	l := openDB(t, reading(cfg, db)).Location("l")
	run := newRun(t, writer)
	claim, err := writer.TakeOver(t.Context(), run, store.TakeOver{Executor: "e", Lease: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	hints := watchHints(t, l, "")
	events := make(chan []uint64, 1)
	go func() {
		var seqs []uint64
		for list, err := range l.WatchStream(t.Context(), run, 0) {
			if err != nil {
				t.Error(err)
			}
			for _, e := range list {
				seqs = append(seqs, e.Seq)
			}
		}
		events <- seqs
	}()
	total := uint64(2)
	write := func(p event.Payload, at event.Attempt) {
		t.Helper()
		got, err := writer.Append(t.Context(), run, store.Append{Writer: "w", Counter: total, Parts: []store.Part{
			{Epoch: claim.Epoch, Events: []event.Event{{Attempt: at, Payload: p}}}}})
		if err != nil {
			t.Fatal(err)
		}
		total = got.Last
	}
	for round := range 20 {
		if round%2 == 0 {
			proxy.Set(chaosproxy.Refuse())
			proxy.Reset()
		}
		other := newRun(t, writer)
		write(&event.StepLaunched{Token: "t", Worker: event.InProcess}, event.Attempt{Step: event.Step{Name: "a"}, Number: round + 1})
		proxy.Set(chaosproxy.None)
		if round%3 == 0 {
			proxy.Reset()
		}
		hints.until(t, other, run)
	}
	write(&event.RunFinished{Outcome: event.Succeeded}, event.Attempt{})
	var want []uint64
	for n := uint64(1); n <= total; n++ {
		want = append(want, n)
	}
	if diff := cmp.Diff(want, <-events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestCursors resumes watches from cursors of every kind.
func TestCursors(t *testing.T) {
	l := openDB(t, config(t, surrealtest.Shared(t))).Location("l")
	first := newRun(t, l)
	future := newPosition()
	future.at = time.Now().Add(time.Hour).UnixNano()
	for why, cursor := range map[string]string{
		"of the beginning":                     newPosition().cursor(),
		"of a database that was replaced":      future.cursor(),
		"of an hour ago":                       (&position{at: time.Now().Add(-time.Hour).UnixNano()}).cursor(),
		"of the window, with marks of nothing": (&position{at: time.Now().UnixNano(), old: map[uint64]bool{1: true, 2: true}}).cursor(),
	} {
		t.Log(why)
		s := watchHints(t, l, cursor)
		s.until(t, first)
		s.stop()
	}
	many := watchHints(t, l, "")
	var runs []string
	for range cursorMarks * 2 {
		runs = append(runs, newRun(t, l))
	}
	many.until(t, runs...)
	many.stop()
	p := newPosition()
	view := &view{l: l.(*location), pos: p}
	err := view.catchUp(t.Context(), func(list []*pulse, _ int64) error {
		for _, q := range list {
			p.note(q)
		}
		return nil
	})
	if err != nil || len(p.seen) != len(runs)+1 {
		t.Fatalf("%d pulses, %v", len(p.seen), err)
	}
	s := watchHints(t, l, p.cursor())
	last := newRun(t, l)
	s.until(t, last)
	for _, bad := range []string{"yesterday", "AAAA", strings.Repeat("A", 5000), p.cursor() + "A", p.cursor() + "\n", "//8"} {
		for _, err := range l.WatchLocation(t.Context(), bad) {
			if !errors.Is(err, store.ErrInvalid) || len(err.Error()) > 200 {
				t.Errorf("%q: %v", bad, err)
			}
		}
	}
}

// TestManyChangesOfOneInstant pages through more of them than a page holds.
func TestManyChangesOfOneInstant(t *testing.T) {
	db := surrealtest.Shared(t)
	l := openDB(t, config(t, db)).Location("l").(*location)
	db.SQL(t, fmt.Sprintf(`FOR $i IN 0..%d { CREATE pulse:['l', 'e', <string>$i] SET loc = 'l', what = 'e', ident = <string>$i, n = 1, at = 7, seq = 1, kinds = ['run'], run_at = 7 };
		CREATE pulse:['l', 'e', 'last'] SET loc = 'l', what = 'e', ident = 'last', n = 1, at = 8, seq = 1, kinds = ['run'], run_at = 8`, 2*pulsePage))
	seen := map[string]bool{}
	view := &view{l: l, pos: newPosition()}
	err := view.catchUp(t.Context(), func(list []*pulse, _ int64) error {
		for _, p := range list {
			seen[p.Ident] = true
		}
		return nil
	})
	if err != nil || len(seen) != 2*pulsePage+1 {
		t.Errorf("%d, %v", len(seen), err)
	}
}

// TestPositions checks that what was noted is known from the cursor as well,
// and that later changes are not.
func TestPositions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPosition()
		state := map[string]*pulse{}
		at := int64(1 << 40)
		for range rapid.IntRange(1, cursorMarks).Draw(t, "changes") {
			ident := rapid.StringMatching("[a-f]").Draw(t, "ident")
			at += rapid.SampledFrom([]int64{0, 1, int64(time.Second)}).Draw(t, "step")
			q := &pulse{What: pulseEvents, Ident: ident, At: at, N: 1, Seq: 1}
			if before := state[ident]; before != nil {
				q.N = before.N + 1
			}
			if p.knows(q) {
				t.Fatalf("%+v is known before it was seen", q)
			}
			if q.N == 1 || state[ident] != nil {
				if !p.follows(q) {
					t.Fatalf("%+v does not follow", q)
				}
			}
			state[ident] = q
			p.note(q)
		}
		again, err := parseCursor(p.cursor())
		if err != nil || again.at != p.at {
			t.Fatal(again, err)
		}
		for _, q := range state {
			if !p.knows(q) || q.At >= p.from() && !again.knows(q) {
				t.Fatalf("%+v is not known", q)
			}
			later := *q
			later.N++
			if p.knows(&later) || again.knows(&later) {
				t.Fatalf("%+v is known", later)
			}
		}
	})
}

// TestPositionsStaySmall notes far more streams than a position remembers.
func TestPositionsStaySmall(t *testing.T) {
	for why, step := range map[string]int64{"of one instant": 0, "of many": int64(time.Millisecond), "far apart": int64(time.Minute)} {
		p := newPosition()
		for i := range int64(3 * positionMarks) {
			p.note(&pulse{Ident: fmt.Sprint(i), At: i * step, N: 1})
		}
		if len(p.seen) > positionMarks || len(p.cursor()) > 2000 {
			t.Errorf("%s: %d marks, a cursor of %d bytes", why, len(p.seen), len(p.cursor()))
		}
	}
}

func FuzzCursor(f *testing.F) {
	f.Add(newPosition().cursor())
	f.Add((&position{at: 1, old: map[uint64]bool{3: true}}).cursor())
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseCursor(text)
		switch {
		case err != nil && !errors.Is(err, store.ErrInvalid):
			t.Error(err)
		case err == nil && p.at < 0:
			t.Error(p.at)
		}
	})
}

func TestPulsesBecomeHints(t *testing.T) {
	run, events, assets, logs := store.HintRun, store.HintEvents, store.HintAsset, store.HintLogs
	e := func(n int64, names []string, kinds ...store.HintKind) *pulse {
		return &pulse{What: pulseEvents, Ident: "r", Seq: n, N: n, Kinds: kinds, Assets: names}
	}
	var many []string
	for i := range hintAssets {
		many = append(many, fmt.Sprint(i))
	}
	slices.Sort(many)
	for _, c := range []struct {
		why    string
		pulses []*pulse
		want   store.Hint
	}{
		{"kinds and assets add up", []*pulse{e(1, nil, run), e(2, []string{"b"}, events, assets), e(3, []string{"a", "b"}, assets)},
			store.Hint{Seq: 3, Kinds: []store.HintKind{run, events, assets}, Assets: []string{"a", "b"}}},
		{"as many assets as a hint names", []*pulse{e(1, many, assets)}, store.Hint{Seq: 1, Kinds: []store.HintKind{assets}, Assets: many}},
		{"one more is many", []*pulse{e(1, many, assets), e(2, []string{"x"}, assets)}, store.Hint{Seq: 2, Kinds: []store.HintKind{assets}}},
		{"many stays many", []*pulse{e(1, nil, assets), e(2, []string{"x"}, assets)}, store.Hint{Seq: 2, Kinds: []store.HintKind{assets}}},
		{"many makes many", []*pulse{e(1, []string{"x"}, assets), e(2, nil, assets)}, store.Hint{Seq: 2, Kinds: []store.HintKind{assets}}},
		{"what came late changes nothing", []*pulse{e(2, nil, events), e(1, nil, run)}, store.Hint{Seq: 2, Kinds: []store.HintKind{events}}},
		{"logs are of the same stream", []*pulse{e(4, []string{"a"}, events, assets), {What: pulseLogs, Ident: "r", N: 1, Kinds: []store.HintKind{logs}}},
			store.Hint{Seq: 4, Kinds: []store.HintKind{events, assets, logs}, Assets: []string{"a"}}},
	} {
		w := &watcher{news: map[pulseKey]*pulse{}, wake: make(chan struct{}, 1)}
		for _, p := range c.pulses {
			w.push(p)
		}
		news, _ := w.take()
		got := hints(news)
		c.want.Stream = "r"
		if diff := cmp.Diff([]store.Hint{c.want}, got); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
	w := &watcher{news: map[pulseKey]*pulse{}, wake: make(chan struct{}, 1)}
	for range maxNews + 1 {
		w.push(&pulse{Ident: uuid.NewString()})
	}
	if news, gap := w.take(); len(news) != 0 || !gap {
		t.Errorf("%d pulses were kept, gap %v", len(news), gap)
	}
}

// TestSweep removes what is old, and only that.
func TestSweep(t *testing.T) {
	db := surrealtest.Shared(t)
	d := openDB(t, config(t, db))
	ago := func(after time.Duration) string {
		return fmt.Sprintf("(time::nano(time::now()) - %d)", after)
	}
	db.SQL(t, fmt.Sprintf(`FOR $i IN 0..%d { CREATE request SET at = %s };
		CREATE request:young SET at = %s;
		CREATE pulse:old SET gone_at = %s; CREATE pulse:young SET gone_at = %s; CREATE pulse:alive SET at = 1, loc = 'l';
		CREATE owner:old SET until = %s, dead = true; CREATE owner:young SET until = %s, dead = true; CREATE owner:alive SET until = %s, dead = false`,
		sweepBatch+10, ago(store.RequestTTL+time.Minute), ago(store.RequestTTL-time.Minute),
		ago(goneAfter+time.Minute), ago(goneAfter-time.Minute),
		ago(ownerAfter+time.Minute), ago(ownerAfter-time.Minute), ago(-time.Minute)))
	errs := make(chan error)
	for range 2 {
		go func() { errs <- d.sweep(t.Context()) }()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	got := fmt.Sprint(db.SQL(t, "SELECT VALUE id FROM request; SELECT VALUE id FROM pulse; SELECT VALUE id FROM owner"))
	if got != "[[request:young] [pulse:alive pulse:young] [owner:alive owner:young]]" {
		t.Errorf("left is %s", got)
	}
}

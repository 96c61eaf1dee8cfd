package live_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/store"
	"rivers.io/ui/live"
)

// feed is a location whose watch a test drives; nothing else of it is called.
type feed struct {
	store.Location
	mu    sync.Mutex
	opens int
	hints chan store.Hints
	fail  chan error
	// opening tells a test that waits of a new watch.
	opening chan struct{}
}

func newFeed() *feed {
	return &feed{hints: make(chan store.Hints), fail: make(chan error), opening: make(chan struct{})}
}

func (f *feed) WatchLocation(ctx context.Context, _ string) iter.Seq2[store.Hints, error] {
	f.mu.Lock()
	f.opens++
	f.mu.Unlock()
	select {
	case f.opening <- struct{}{}:
	default:
	}
	return func(yield func(store.Hints, error) bool) {
		if !yield(store.Hints{Cursor: "now"}, nil) {
			return
		}
		for {
			select {
			case <-ctx.Done():
				yield(store.Hints{}, ctx.Err())
				return
			case err := <-f.fail:
				yield(store.Hints{}, err)
				return
			case h := <-f.hints:
				if !yield(h, nil) {
					return
				}
			}
		}
	}
}

func (f *feed) opened() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.opens
}

func newHub(f *feed) *live.Hub {
	return live.NewHub(func(string) store.Location { return f }, slog.New(slog.DiscardHandler))
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason, list string
		want         []live.Channel
	}{
		{"known names in the order asked", "assets,runs", []live.Channel{live.Assets, live.Runs}},
		{"unknown names are left out", "runs,pools, events ", []live.Channel{live.Runs, live.Events}},
		{"repeats count once", "runs,runs", []live.Channel{live.Runs}},
		{"none is known", "pools,backfills", nil},
		{"nothing", "", nil},
	} {
		if d := cmp.Diff(c.want, live.Parse(c.list)); d != "" {
			t.Errorf("%s:\n%s", c.reason, d)
		}
	}
}

// serve runs a stream inside of a bubble and returns its output when it ended.
func serve(h *live.Hub, channels string, limit time.Duration) (*httptest.ResponseRecorder, context.CancelFunc, chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	w := httptest.NewRecorder()
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.Serve(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/events", nil), "loc", live.Parse(channels), limit)
	}()
	return w, cancel, done
}

func TestEventsCarryIDsOfTheChannelsAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		h := newHub(f)
		w, cancel, done := serve(h, "runs,assets", time.Hour)
		synctest.Wait()
		f.hints <- store.Hints{Hints: []store.Hint{
			{Stream: "r1", Kinds: []store.HintKind{store.HintRun, store.HintEvents, store.HintAsset}, Assets: []string{"b", "a"}},
			{Stream: "r2", Kinds: []store.HintKind{store.HintLogs}},
		}}
		synctest.Wait()
		cancel()
		<-done
		h.Close()
		want := "event: runs-changed\ndata: {\"location\":\"loc\",\"ids\":[\"r1\"]}\n\nevent: assets-changed\ndata: {\"location\":\"loc\",\"ids\":[\"a\",\"b\"]}\n\n"
		if !strings.HasSuffix(w.Body.String(), want) || strings.Contains(w.Body.String(), "events-changed") {
			t.Errorf("stream:\n%s\nwant at its end:\n%s", w.Body, want)
		}
	})
}

func TestManyIDsBecomeAll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		h := newHub(f)
		sub := h.Subscribe("loc", []live.Channel{live.Runs})
		synctest.Wait()
		for i := range 101 {
			f.hints <- store.Hints{Hints: []store.Hint{{Stream: fmt.Sprint("r", i), Kinds: []store.HintKind{store.HintRun}}}}
		}
		synctest.Wait()
		if n := len(sub.Take()); n != 1 {
			t.Errorf("a slow consumer has %d events pending, want one a channel", n)
		}
		sub.Release()
		h.Close()
	})
}

func TestLostSourceIsWatchedAgainAndEverythingMayHaveChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		h := newHub(f)
		w, cancel, done := serve(h, "runs,lineage", time.Hour)
		synctest.Wait()
		began := time.Now()
		for range 3 {
			f.fail <- errors.New("database is gone")
			<-f.opening
			synctest.Wait()
		}
		if waited := time.Since(began); waited < 1750*time.Millisecond {
			t.Errorf("three attempts in %v: the wait does not grow from 250 ms", waited)
		}
		cancel()
		<-done
		h.Close()
		for _, name := range []string{"runs", "lineage"} {
			if n := strings.Count(w.Body.String(), "event: "+name+"-changed\ndata: {\"location\":\"loc\",\"all\":true}\n\n"); n != 3 {
				t.Errorf("%d events say that all of %s may have changed, want one after each loss", n, name)
			}
		}
	})
}

func TestStreamEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		end    func(h *live.Hub, cancel context.CancelFunc)
		within time.Duration
	}{
		{"after its limit", func(*live.Hub, context.CancelFunc) {}, time.Minute},
		{"when the client leaves", func(_ *live.Hub, cancel context.CancelFunc) { cancel() }, 0},
		{"when the server drains", func(h *live.Hub, _ context.CancelFunc) { h.Close() }, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFeed()
			h := newHub(f)
			w, cancel, done := serve(h, "runs", time.Minute)
			defer cancel()
			synctest.Wait()
			began := time.Now()
			c.end(h, cancel)
			<-done
			if got := time.Since(began); got != c.within {
				t.Errorf("%s: ended after %v, want %v", c.reason, got, c.within)
			}
			if c.within > 0 && strings.Count(w.Body.String(), ": alive\n\n") < 3 {
				t.Errorf("%s: heartbeats in a minute of 15 s: %q", c.reason, w.Body)
			}
			h.Close()
		})
	}
}

func TestWatchEndsWithItsLastSubscriber(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFeed()
		h := newHub(f)
		a, b := h.Subscribe("loc", []live.Channel{live.Runs}), h.Subscribe("loc", []live.Channel{live.Runs})
		synctest.Wait()
		if c := h.Counters(); c.Connections != 2 || c.Locations != 1 || f.opened() != 1 {
			t.Errorf("two subscribers: %+v, %d watches", c, f.opened())
		}
		a.Release()
		a.Release()
		b.Release()
		synctest.Wait()
		if c := h.Counters(); c.Connections != 0 || c.Locations != 0 {
			t.Errorf("after the last left: %+v", c)
		}
		h.Close()
	})
}

func TestNotify(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHub(newFeed())
		sub := h.Subscribe("loc", []live.Channel{live.Location})
		h.Notify("other", live.Location)
		if len(sub.Take()) != 0 {
			t.Error("a change of another location was told")
		}
		h.Notify("", live.Location)
		<-sub.Ready
		if len(sub.Take()) != 1 {
			t.Error("a change of every location was not told")
		}
		sub.Release()
		h.Close()
	})
}

// TestOverTheWire reads a real stream, with the headers that keep it flowing.
func TestOverTheWire(t *testing.T) {
	t.Parallel()
	f := newFeed()
	h := newHub(f)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.Serve(w, r, "loc", []live.Channel{live.Events}, time.Hour)
	}))
	defer server.Close()
	defer h.Close()
	answer, err := (&http.Client{Timeout: time.Minute}).Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("media type %q", got)
	}
	f.hints <- store.Hints{Hints: []store.Hint{{Stream: "r1", Kinds: []store.HintKind{store.HintLogs}}}}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var payload struct {
			Location string
			IDs      []string
		}
		if err := json.Unmarshal([]byte(data), &payload); err != nil || payload.Location != "loc" || len(payload.IDs) != 1 {
			t.Errorf("data %q: %v", data, err)
		}
		return
	}
	t.Error("no event came")
}

func TestPageThatWasOnItsWay(t *testing.T) {
	t.Parallel()
	hint := store.Hints{Hints: []store.Hint{{Stream: "r1", Kinds: []store.HintKind{store.HintRun}}}}
	for name, c := range map[string]struct {
		between func(f *feed)
		mark    func(mark string) string
		want    bool
	}{
		"nothing changed":          {func(*feed) {}, func(m string) string { return m }, false},
		"a run changed":            {func(f *feed) { f.hints <- hint }, func(m string) string { return m }, true},
		"the watch was lost":       {func(f *feed) { f.fail <- errors.New("gone"); <-f.opening }, func(m string) string { return m }, true},
		"the page bears no mark":   {func(*feed) {}, func(string) string { return "" }, true},
		"the mark is another's":    {func(*feed) {}, func(string) string { return "0-0-0" }, true},
		"nobody listened for long": {func(*feed) { <-time.After(2 * time.Minute) }, func(m string) string { return m }, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFeed()
				h := newHub(f)
				mark := h.Attend(t.Context(), "loc")
				if mark == "" {
					t.Fatal("the watch stands and the page bears no mark")
				}
				c.between(f)
				synctest.Wait()
				sub := h.SubscribeSince("loc", []live.Channel{live.Runs}, c.mark(mark))
				synctest.Wait()
				if got := sub.Take()[live.Runs] != nil; got != c.want {
					t.Errorf("told that anything may have changed: %v", got)
				}
				sub.Release()
				h.Close()
				<-time.After(2 * time.Minute) // the last timer of a watch
			})
		})
	}
}

func TestWatchOfAPageThatNobodyOpensEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHub(newFeed())
		h.Attend(t.Context(), "loc")
		if n := h.Counters().Locations; n != 1 {
			t.Fatalf("%d locations are watched", n)
		}
		<-time.After(2 * time.Minute)
		if n := h.Counters().Locations; n != 0 {
			t.Errorf("%d locations are watched for nobody", n)
		}
		h.Close()
	})
}

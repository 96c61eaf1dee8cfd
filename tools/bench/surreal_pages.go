package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal"
	"rivers.io/ui"
	"rivers.io/ui/uitest"
)

// largePages are the pages of the UI, and what their scripts fetch, on the large
// history; RUN is a run of ten thousand steps, and SMALL the newest run.
var largePages = []struct{ name, path string }{
	{"overview", ""},
	{"assets", "/assets"},
	{"asset", "/assets/asset_0500"},
	{"asset, events", "/assets/asset_0500?tab=events"},
	{"asset, lineage", "/assets/asset_0500?tab=lineage"},
	{"asset, preview", "/assets/asset_0500?tab=preview"},
	{"asset of 100,000 keys", "/assets/hours"},
	{"asset of 100,000 keys, events", "/assets/hours?tab=events"},
	{"asset of 100,000 keys, partitions", "/assets/hours?tab=partitions"},
	{"asset of 100,000 keys, missing keys", "/assets/hours?tab=partitions&only=missing"},
	{"map of 100,000 keys", "/assets/hours/partitions.json"},
	{"page of keys", "/assets/hours/keys?offset=50000&limit=200"},
	{"graph", "/graph"},
	{"graph, drawing", "/graph.json"},
	{"graph, status", "/graph/status.json"},
	{"runs", "/runs"},
	{"runs, failed", "/runs?status=failure"},
	{"runs, active", "/runs?status=progress"},
	{"runs of an asset", "/runs?asset=asset_0500"},
	{"runs of a tag", "/runs?tag=team%3Dteam-3"},
	{"runs of a launcher", "/runs?by=sensor"},
	{"runs of a key", "/runs?partition=2015-01-20"},
	{"runs of a tag and a status", "/runs?tag=team%3Dteam-3&status=failure"},
	{"runs, by the beginning of the id", "/runs?id=PREFIX"},
	{"run", "/runs/SMALL"},
	{"run, events", "/runs/SMALL?tab=events"},
	{"run, graph", "/runs/SMALL?tab=graph"},
	{"run, logs", "/runs/SMALL?tab=logs"},
	{"run of 10,000 steps", "/runs/RUN"},
	{"run of 10,000 steps, events", "/runs/RUN?tab=events"},
	{"run of 10,000 steps, chart", "/runs/RUN/gantt.json"},
	{"run of 10,000 steps, graph", "/runs/RUN/graph.json"},
	{"run of 10,000 steps, graph status", "/runs/RUN/graph/status.json"},
	{"deployment", "/deployment"},
	{"materialize", "/materialize?selection=asset_0500"},
	{"search", "/search?q=500"},
}

// measurePages serves every page from the large history, and tells how long its
// calls of the store took: the first time after the UI was opened, and the median
// of those that follow.
func measurePages(string) ([]figure, error) {
	ctx := context.Background()
	e, built, err := largeHistory(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = e.stop() }()
	out := []figure{}
	if built > 0 {
		out = append(out, figure{Name: "1,000,000 events of 100,000 runs written", Value: built.Seconds(), Unit: "s"})
	}
	db, err := e.open(ctx, "state", surreal.ReadOnly)
	if err != nil {
		return nil, err
	}
	large, small, err := largeSubjects(ctx, db.Location("bench"))
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	for _, p := range largePages {
		path := strings.NewReplacer("RUN", large, "SMALL", small, "PREFIX", small[:8]).Replace(p.path)
		f, err := measurePage(ctx, e, path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		f.Name = p.name + ", store time"
		out = append(out, f)
	}
	return out, nil
}

// largeSubjects finds a run of many steps and the newest run.
func largeSubjects(ctx context.Context, loc store.Location) (large, small string, err error) {
	many, _, err := loc.ListRuns(ctx, store.RunFilter{Asset: "hours"}, store.Page{Size: 1})
	if err != nil {
		return "", "", err
	}
	newest, _, err := loc.ListRuns(ctx, store.RunFilter{}, store.Page{Size: 1})
	if err != nil {
		return "", "", err
	}
	if len(many) == 0 || len(newest) == 0 {
		return "", "", errors.New("the large history has no runs")
	}
	return many[0].ID, newest[0].ID, nil
}

// measurePage opens a UI and asks it for one page some times.
func measurePage(ctx context.Context, e *engine, path string) (figure, error) {
	db, err := e.open(ctx, "state", surreal.ReadOnly)
	if err != nil {
		return figure{}, err
	}
	defer func() { _ = db.Close() }()
	watch := &stopwatch{Store: db}
	server, err := ui.New(ui.Config{
		Store: watch, Logger: slog.New(slog.DiscardHandler),
		Locations: uitest.NewLocations(ui.Location{Namespace: "local", Name: "bench", ID: "bench", Phase: ui.PhaseReady}),
	})
	if err != nil {
		return figure{}, err
	}
	defer func() { _ = server.Close() }()
	const times = 9
	first, calls, bytes := time.Duration(0), 0, 0
	all, err := sampled(1, times, func(_, i int) (time.Duration, error) {
		watch.reset()
		answer := httptest.NewRecorder()
		request := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1/locations/local/bench"+path, nil)
		request.Header.Set("Accept-Encoding", "gzip")
		server.ServeHTTP(answer, request)
		if answer.Code != http.StatusOK {
			return 0, fmt.Errorf("GET %s: %d %s", path, answer.Code, answer.Body)
		}
		took, n := watch.read()
		if i == 0 {
			first, calls, bytes = took, n, answer.Body.Len()
		}
		return took, nil
	})
	return figure{
		Value: all.percentile(50), Unit: "ms", Aim: "under 100 ms",
		Beside: fmt.Sprintf("%.1f ms the first time, %d calls; %d kB", milliseconds(first), calls, bytes/1024),
	}, err
}

// stopwatch measures how long calls of a store are under way: those beside each
// other count once.
type stopwatch struct {
	store.Store

	mu    sync.Mutex
	open  int
	since time.Time
	total time.Duration
	calls int
}

func (w *stopwatch) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.total, w.calls = 0, 0
}

func (w *stopwatch) read() (time.Duration, int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.total, w.calls
}

// call begins a call; the result ends it.
func (w *stopwatch) call() func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	if w.open++; w.open == 1 {
		w.since = time.Now()
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.open--; w.open == 0 {
			w.total += time.Since(w.since)
		}
	}
}

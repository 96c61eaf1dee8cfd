package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/plan"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
	"rivers.io/ui"
	"rivers.io/ui/uitest"
)

// keys is the number of partitions of the large asset; every second one, at
// random, has a value.
const keys = 1_000_000

func partitionMeasurements() []measurement {
	return []measurement{
		{name: "partitions/1,000,000, half materialized", run: measurePartitions},
		{name: "page/graph of 10,000 assets", run: measureGraphPage},
	}
}

// questions are what a page asks about the large asset, each asked of a process
// that has just opened the database.
var questions = []struct{ name, path string }{
	{"count and missing (partitions tab)", "/assets/hours?tab=partitions"},
	{"page of missing keys", "/assets/hours?tab=partitions&only=missing&page=2000"},
	{"page of keys (picker)", "/assets/hours/keys?offset=500000&limit=200"},
	{"map", "/assets/hours/partitions.json"},
}

func measurePartitions(dir string) ([]figure, error) {
	ctx := context.Background()
	path := filepath.Join(dir, "rivers.db")
	fill, err := timed(func() error { return fillPartitions(ctx, path) })
	if err != nil {
		return nil, err
	}
	out := []figure{{Name: "materialize and fold 500,000 keys", Value: fill.Seconds(), Unit: "s"}}
	for i, q := range questions {
		r, err := cold(dir, i)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.name, err)
		}
		out = append(out, r.Figures...)
	}
	return out, nil
}

// cold asks one question in a process of its own.
func cold(dir string, question int) (report, error) {
	var r report
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.Command(self, "-measure", fmt.Sprintf("cold/%d", question), dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	return r, err
}

// coldMeasurements are carried out by processes that measurePartitions starts.
func coldMeasurements() []measurement {
	var all []measurement
	for i, q := range questions {
		all = append(all, measurement{name: fmt.Sprintf("cold/%d", i), run: func(dir string) ([]figure, error) {
			took, bytes, err := askUI(filepath.Join(dir, "rivers.db"), "hours", q.path)
			return []figure{{Name: q.name, Value: milliseconds(took), Unit: "ms", Aim: "under 50 ms", Beside: fmt.Sprintf("%d kB, first request after opening", bytes/1024)}}, err
		}})
	}
	return all
}

// askUI opens the database as a UI does and answers one request.
func askUI(path, location, page string) (time.Duration, int, error) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path, Mode: sqlite.ReadOnly})
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = db.Close() }()
	server, err := ui.New(ui.Config{
		Store: db, Logger: slog.New(slog.DiscardHandler),
		Locations: uitest.NewLocations(ui.Location{Namespace: "local", Name: location, ID: location, Phase: ui.PhaseReady}),
	})
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = server.Close() }()
	answer := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1/locations/local/"+location+page, nil)
	request.Header.Set("Accept-Encoding", "gzip")
	took, _ := timed(func() error { server.ServeHTTP(answer, request); return nil })
	if answer.Code != http.StatusOK {
		return 0, 0, fmt.Errorf("GET %s: %d %s", page, answer.Code, answer.Body)
	}
	return took, answer.Body.Len(), nil
}

// million declares an asset of a million hourly partitions.
func million() asset.Definition {
	start := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	return asset.Definition{Name: "hours", Partitions: &partition.Definition{
		Kind: partition.Hourly, Start: hour(start), End: hour(start.Add((keys - 1) * time.Hour)),
	}}
}

func hour(t time.Time) string { return t.Format("2006-01-02T15:00") }

// fillPartitions materializes a random half of the keys, as runs of MaxSteps
// steps would.
func fillPartitions(ctx context.Context, path string) error {
	def := million()
	graph, err := asset.Resolve([]asset.Definition{def})
	if err != nil {
		return err
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path, Mode: sqlite.ReadWrite})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	loc := db.Location("hours")
	if _, err := loc.Register(ctx, store.Catalogue{Name: "hours", Hash: graph.Hash(), Definitions: []asset.Definition{def}}); err != nil {
		return err
	}
	space := graph.Space(0)
	chosen := rand.New(rand.NewPCG(1, 2)).Perm(keys)[:keys/2]
	for at := 0; at < len(chosen); at += plan.MaxSteps {
		if err := fillRun(ctx, loc, space, chosen[at:min(at+plan.MaxSteps, len(chosen))]); err != nil {
			return err
		}
	}
	return loc.FoldPartitions(ctx, "hours", space, time.Now().UTC())
}

func fillRun(ctx context.Context, loc store.Location, space partition.Space, ordinals []int) error {
	id := uuid.Must(uuid.NewV7()).String()
	created := event.RunCreated{Steps: len(ordinals), Assets: []string{"hours"}, Launcher: event.Launcher{Kind: "manual"}}
	if _, _, err := loc.CreateRun(ctx, store.NewRun{ID: id, Status: store.NotStarted, Created: created}); err != nil {
		return err
	}
	claim, err := loc.TakeOver(ctx, id, store.TakeOver{Executor: "bench", Lease: time.Minute})
	if err != nil {
		return err
	}
	add := store.Append{Writer: id, Lease: time.Minute}
	flush := func() error {
		add.Counter++
		_, err := loc.Append(ctx, id, add)
		add.Parts = nil
		return err
	}
	for i, o := range ordinals {
		key, ok := space.Key(uint64(o), time.Now())
		if !ok {
			return fmt.Errorf("no key has the ordinal %d", o)
		}
		add.Parts = append(add.Parts, oneStep(claim.Epoch, key, fmt.Sprint(id, i))...)
		if len(add.Parts) >= 512 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	counts := event.Counts{Total: len(ordinals), Succeeded: len(ordinals)}
	add.Parts = append(add.Parts, store.Part{Epoch: claim.Epoch, Events: []event.Event{
		{Payload: &event.RunFinished{Outcome: event.Succeeded, Counts: counts}},
	}})
	return flush()
}

// oneStep is the history of a step that succeeded at once.
func oneStep(epoch uint64, key partition.Key, token string) []store.Part {
	a := event.Attempt{Step: event.Step{Name: "hours", Key: key}, Number: 1}
	return []store.Part{
		{Epoch: epoch, Events: []event.Event{{Attempt: a, Payload: &event.StepLaunched{Token: token, Worker: event.InProcess}}}},
		{Token: token, Events: []event.Event{
			{Attempt: a, Payload: &event.Materialization{DataVersion: "1"}},
			{Attempt: a, Payload: &event.StepSucceeded{}},
		}},
	}
}

// measureGraphPage serves the lineage of a large location.
func measureGraphPage(dir string) ([]figure, error) {
	ctx := context.Background()
	path := filepath.Join(dir, "rivers.db")
	defs := make([]asset.Definition, 10_000)
	for i := range defs {
		defs[i] = asset.Definition{Name: fmt.Sprintf("asset_%05d", i), Group: fmt.Sprintf("group_%02d", i/200), Kinds: []string{"table"}}
		for _, back := range []int{13, 40, 200} {
			if i >= back && i%5 != 0 {
				defs[i].Inputs = append(defs[i].Inputs, asset.Input{Asset: defs[i-back].Name, Kind: asset.Data})
			}
		}
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path, Mode: sqlite.ReadWrite})
	if err != nil {
		return nil, err
	}
	_, err = db.Location("large").Register(ctx, store.Catalogue{Name: "large", Hash: "1", Definitions: defs})
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	var out []figure
	for _, page := range []string{"/graph", "/graph.json", "/graph/status.json", "/assets"} {
		took, bytes, err := askUI(path, "large", page)
		if err != nil {
			return nil, err
		}
		out = append(out, figure{
			Name: "GET " + strings.TrimPrefix(page, "/"), Value: milliseconds(took), Unit: "ms",
			Beside: fmt.Sprintf("%d kB compressed, first request after opening", bytes/1024),
		})
	}
	return out, nil
}

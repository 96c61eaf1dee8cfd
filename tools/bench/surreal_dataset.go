package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal"
)

// The large history: its events come to a million.
const (
	largeRuns    = 100_000
	largeAssets  = 1000
	largeDaily   = 20      // assets with a key for each day
	largeKeys    = 100_000 // keys of the asset "hours", all materialized
	keysPerRun   = 10_000
	largeWriters = 16
	// largeVersion changes with what is stored, and with the schema.
	largeVersion = 1
)

// largeDir is where the history is kept between measurements.
func largeDir() (string, error) {
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "rivers", "bench", fmt.Sprintf("surreal-%d", largeVersion)), err
}

// largeHistory returns a server with the large history, which it builds when there
// is none, and how long that took; zero when it was there.
func largeHistory(ctx context.Context) (*engine, time.Duration, error) {
	dir, err := largeDir()
	if err != nil {
		return nil, 0, err
	}
	done := filepath.Join(dir, "complete")
	if _, err := os.Stat(done); err == nil {
		e, err := startEngine(ctx, filepath.Join(dir, "rocksdb"))
		return e, 0, err
	}
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return nil, 0, err
	}
	e, err := startEngine(ctx, filepath.Join(dir, "rocksdb"))
	if err != nil {
		return nil, 0, err
	}
	took, err := timed(func() error { return fillLarge(ctx, e) })
	if err != nil {
		return nil, 0, errors.Join(err, e.stop())
	}
	return e, took, os.WriteFile(done, []byte(took.String()), 0o600)
}

// largeDefinitions are the assets, some with keys, each fed by three before it.
func largeDefinitions() []asset.Definition {
	defs := make([]asset.Definition, largeAssets)
	for i := range defs {
		defs[i] = asset.Definition{Name: largeName(i), Group: fmt.Sprintf("group_%02d", i/50), Kinds: []string{"table"}, CodeVersion: "1"}
		for _, back := range []int{3, 10, 50} {
			if i >= largeDaily+back && i%5 != 0 {
				defs[i].Inputs = append(defs[i].Inputs, asset.Input{Asset: defs[i-back].Name, Kind: asset.Data})
			}
		}
		if i < largeDaily {
			defs[i].Inputs = nil
			defs[i].Partitions = &partition.Definition{Kind: partition.Daily, Start: "2015-01-01", End: "2025-01-01"}
		}
	}
	start := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
	defs[0].Name, defs[0].Partitions = "hours", &partition.Definition{
		Kind: partition.Hourly, Start: hour(start), End: hour(start.Add((largeKeys - 1) * time.Hour)),
	}
	return defs
}

func largeName(i int) string { return fmt.Sprintf("asset_%04d", i) }

// fillLarge writes the history by the driver: each run is created, taken over and
// ended by one append.
func fillLarge(ctx context.Context, e *engine) error {
	defs := largeDefinitions()
	graph, err := asset.Resolve(defs)
	if err != nil {
		return err
	}
	handles := make([]*surreal.DB, largeWriters)
	for i := range handles {
		if handles[i], err = e.open(ctx, "state", surreal.ReadWrite); err != nil {
			return err
		}
		defer func() { _ = handles[i].Close() }()
	}
	loc := handles[0].Location("bench")
	if _, err := loc.Register(ctx, store.Catalogue{Name: "bench", Hash: graph.Hash(), Definitions: defs}); err != nil {
		return err
	}
	var next atomic.Int64
	began := time.Now()
	err = clientsOf(largeWriters, func(c int) error {
		loc := handles[c].Location("bench")
		for i := int(next.Add(1)) - 1; i < largeRuns; i = int(next.Add(1)) - 1 {
			if i%10_000 == 0 {
				fmt.Fprintf(os.Stderr, "large history: %d runs after %v\n", i, time.Since(began).Round(time.Second))
			}
			if err := fillLargeRun(ctx, loc, i, defs); err != nil {
				return fmt.Errorf("run %d: %w", i, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, d := range defs {
		if d.Partitions == nil {
			continue
		}
		if err := loc.FoldPartitions(ctx, d.Name, graph.Space(i), time.Now().UTC()); err != nil {
			return err
		}
	}
	return nil
}

// fillLargeRun writes one run: of one asset mostly, of twelve at times, and now
// and then of many keys of one.
func fillLargeRun(ctx context.Context, loc store.Location, i int, defs []asset.Definition) error {
	var steps []event.Step
	created := event.RunCreated{Launcher: event.Launcher{Kind: []string{"manual", "schedule", "sensor"}[i%3]}, Tags: map[string]string{"team": fmt.Sprint("team-", i%7)}}
	n := 1
	if i%33 == 0 {
		n = 12
	}
	for k := range n {
		d := &defs[1+(i+k*largeDaily)%(largeAssets-1)]
		s := event.Step{Name: d.Name}
		if d.Partitions != nil {
			s.Key = partition.Key(time.Date(2015, 1, 1+i/largeAssets, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
		}
		steps = append(steps, s)
		created.Assets = append(created.Assets, d.Name)
	}
	if i%keysPerRun == 0 {
		created.Assets, steps = []string{"hours"}, nil
		start := time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)
		for k := range largeKeys * keysPerRun / largeRuns {
			steps = append(steps, event.Step{Name: "hours", Key: partition.Key(hour(start.Add(time.Duration(i*largeKeys/largeRuns+k) * time.Hour)))})
		}
	}
	created.Steps = len(steps)
	return carryOutAtOnce(ctx, loc, created, steps, i%10 == 9)
}

// carryOutAtOnce writes the history of a run whose steps ended at once.
func carryOutAtOnce(ctx context.Context, loc store.Location, created event.RunCreated, steps []event.Step, failed bool) error {
	id := uuid.Must(uuid.NewV7()).String()
	if _, _, err := loc.CreateRun(ctx, store.NewRun{ID: id, Status: store.NotStarted, Created: created}); err != nil {
		return err
	}
	claim, err := loc.TakeOver(ctx, id, store.TakeOver{Executor: "bench", Lease: time.Minute})
	if err != nil {
		return err
	}
	add := store.Append{Writer: id, Lease: time.Minute}
	counts := event.Counts{Total: len(steps)}
	for i, s := range steps {
		a, token := event.Attempt{Step: s, Number: 1}, fmt.Sprint(id, i)
		end := []event.Event{{Attempt: a, Payload: &event.Materialization{DataVersion: "1", CodeVersion: "1"}}, {Attempt: a, Payload: &event.StepSucceeded{Duration: time.Millisecond}}}
		counts.Succeeded++
		if failed && i == 0 {
			end = []event.Event{{Attempt: a, Payload: &event.StepFailed{Reason: "error", Error: "no route to host", Final: true}}}
			counts.Succeeded, counts.Failed = counts.Succeeded-1, 1
		}
		add.Parts = append(add.Parts,
			store.Part{Epoch: claim.Epoch, Events: []event.Event{{Attempt: a, Payload: &event.StepLaunched{Token: token, Worker: event.InProcess}}}},
			store.Part{Token: token, Events: end})
		// The end of a large run is an append of its own: it changes the counts of
		// runs, which others change all the time, and so must be short.
		if len(add.Parts) >= 340 || i == len(steps)-1 && len(steps) > 12 {
			add.Counter++
			if _, err := loc.Append(ctx, id, add); err != nil {
				return err
			}
			add.Parts = nil
		}
	}
	outcome := event.Succeeded
	if counts.Failed > 0 {
		outcome = event.Failed
	}
	add.Counter++
	add.Parts = append(add.Parts, store.Part{Epoch: claim.Epoch, Events: []event.Event{{Payload: &event.RunFinished{Outcome: outcome, Counts: counts}}}})
	_, err = loc.Append(ctx, id, add)
	return err
}

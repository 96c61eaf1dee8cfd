package main

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/executor"
	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/plan"
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
)

const (
	wide = 10_000 // independent assets
	deep = 1_000  // assets in a chain
)

// runMeasurements are runs of trivial assets, beside a bare loop that writes the
// rows which they left.
func runMeasurements() []measurement {
	var all []measurement
	for _, shape := range []string{"independent", "chain"} {
		for _, value := range []string{"no value", "file values"} {
			for _, sync := range []string{"normal", "full"} {
				all = append(all, measurement{
					name: fmt.Sprintf("runs/%s, %s, %s", shape, value, sync),
					run: func(dir string) ([]figure, error) {
						return measureRun(dir, shape == "chain", value == "file values", sync == "full")
					},
				})
			}
		}
	}
	return all
}

// measureRun carries out one run and then writes its rows bare.
func measureRun(dir string, chain, values, full bool) ([]figure, error) {
	ctx := context.Background()
	sync := sqlite.Normal
	if full {
		sync = sqlite.Full
	}
	path := filepath.Join(dir, "rivers.db")
	repo, n := trivialAssets(chain, values)
	took, err := carryOut(ctx, path, valuesURL(dir, full), repo, sync)
	if err != nil {
		return nil, err
	}
	bare, rows, err := writeBare(ctx, path, filepath.Join(dir, "bare.db"), full, true)
	if err != nil {
		return nil, err
	}
	out := []figure{
		{Name: "whole run", Value: took.Seconds(), Unit: "s", Aim: aim(chain, values, full, "under 0.6 s"),
			Beside: fmt.Sprintf("bare %.2f s for its %d rows: %.0f %% of bare", bare.Seconds(), rows, 100*bare.Seconds()/took.Seconds())},
		{Name: "per step", Value: milliseconds(took) / float64(n), Unit: "ms", Aim: aim(!chain, values, full, "under 0.5 ms")},
	}
	if !chain {
		free, _, err := writeBare(ctx, path, filepath.Join(dir, "free.db"), full, false)
		if err != nil {
			return nil, err
		}
		out = append(out, figure{Name: "bare without indexes", Value: free.Seconds(), Unit: "s"})
	}
	return out, nil
}

func aim(other, values, full bool, text string) string {
	if other || values || full {
		return ""
	}
	return text
}

// trivialAssets declares assets that do nothing.
func trivialAssets(chain, values bool) (*rivers.Repository, int) {
	n := wide
	if chain {
		n = deep
	}
	assets := make([]rivers.Declared, n)
	var last rivers.Following
	for i := range n {
		name := fmt.Sprintf("asset_%05d", i)
		var options []rivers.Option
		if chain && i > 0 {
			options = append(options, rivers.After(last))
		}
		if values {
			a := rivers.NewAsset(name, func(*rivers.Context) (int, error) { return i, nil }, options...)
			assets[i], last = a, a
			continue
		}
		a := rivers.NewAsset(name, func(*rivers.Context) (rivers.Materialization, error) {
			return rivers.Materialization{}, nil
		}, options...)
		assets[i], last = a, a
	}
	return rivers.NewRepository("bench", rivers.Assets(assets...)), n
}

// carryOut carries out a run on a new database of SQLite.
func carryOut(ctx context.Context, path, valuesURL string, repo *rivers.Repository, sync sqlite.Synchronous) (time.Duration, error) {
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path, Mode: sqlite.ReadWrite, Synchronous: sync})
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	return carryOutOn(ctx, db, valuesURL, repo)
}

// carryOutOn materializes everything and returns the time from the order to the
// last acknowledged event.
func carryOutOn(ctx context.Context, db store.Store, valuesURL string, repo *rivers.Repository) (time.Duration, error) {
	graph, err := asset.Resolve(repo.Definitions())
	if err != nil {
		return 0, err
	}
	loc := db.Location("bench")
	catalogue := store.Catalogue{Name: "bench", Hash: graph.Hash(), Definitions: repo.Definitions()}
	if _, err := loc.Register(ctx, catalogue); err != nil {
		return 0, err
	}
	blob, err := iohandler.OpenBlob(ctx, valuesURL)
	if err != nil {
		return 0, err
	}
	defer func() { _ = blob.Close() }()
	manager, err := executor.New(executor.Config{
		Location: loc, Graph: graph, Host: rivers.NewHost(repo, rivers.HostConfig{Handler: blob}),
		ID: uuid.NewString(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return 0, err
	}
	manager.Start()
	defer manager.Stop()
	run, err := createRun(ctx, loc, graph)
	if err != nil {
		return 0, err
	}
	return timed(func() error {
		if err := manager.Launch(run); err != nil {
			return err
		}
		return awaitEnd(ctx, loc, manager, run)
	})
}

// awaitEnd asks whether the manager still has the run: a reader of every event
// would be part of what is measured.
func awaitEnd(ctx context.Context, loc store.Location, manager *executor.Manager, run string) error {
	for len(manager.Active()) > 0 {
		time.Sleep(time.Millisecond)
	}
	r, err := loc.Run(ctx, run)
	if err == nil && r.Status != store.Succeeded {
		err = fmt.Errorf("run ended %s: %s", r.Status, r.Cause)
	}
	return err
}

func createRun(ctx context.Context, loc store.Location, graph *asset.Graph) (string, error) {
	all, err := graph.Select("")
	if err != nil {
		return "", err
	}
	now := time.Now().UTC()
	names, partitions, err := plan.Canonical(graph, all, "", now)
	if err != nil {
		return "", err
	}
	p, err := plan.Build(plan.Request{Graph: graph, Assets: all, Partitions: partitions, Now: now})
	if err != nil {
		return "", err
	}
	id := uuid.Must(uuid.NewV7()).String()
	_, _, err = loc.CreateRun(ctx, store.NewRun{ID: id, Status: store.NotStarted, Created: event.RunCreated{
		PlanHash: p.Hash, Steps: len(p.Steps), Assets: names, Partitions: partitions, Launcher: event.Launcher{Kind: "manual"},
	}})
	return id, err
}

// valuesURL is where file values go; with full durability each is synced.
func valuesURL(dir string, full bool) string {
	url := "file://" + filepath.Join(dir, "values")
	if full {
		url += "?sync=true"
	}
	return url
}

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// The history that latencies are measured on.
const (
	latencyRuns   = 300
	latencyAssets = 100
	latencyKeys   = 10_000 // of one asset, every key materialized
	foldAge       = 31 * time.Second
)

// field is a stand with that history.
type field struct {
	*stand
	space partition.Space
	names []string
	long  string // a run of many events
}

// newField fills a stand.
func newField(ctx context.Context, s *stand) (*field, error) {
	f := &field{stand: s}
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	defs := []asset.Definition{{Name: "hours", Partitions: &partition.Definition{
		Kind: partition.Hourly, Start: hour(start), End: hour(start.Add((latencyKeys - 1) * time.Hour)),
	}}}
	for i := range latencyAssets {
		f.names = append(f.names, largeName(i))
		defs = append(defs, asset.Definition{Name: largeName(i)})
	}
	graph, err := asset.Resolve(defs)
	if err != nil {
		return nil, err
	}
	f.space = graph.Space(0)
	loc := s.location(0)
	if _, err := loc.Register(ctx, store.Catalogue{Name: "bench", Hash: graph.Hash(), Definitions: defs}); err != nil {
		return nil, err
	}
	var steps []event.Step
	for k := range latencyKeys {
		steps = append(steps, event.Step{Name: "hours", Key: partition.Key(hour(start.Add(time.Duration(k) * time.Hour)))})
	}
	order := func(steps []event.Step) event.RunCreated {
		return event.RunCreated{Assets: []string{steps[0].Name}, Steps: len(steps), Launcher: event.Launcher{Kind: "manual"}}
	}
	if err := carryOutAtOnce(ctx, loc, order(steps), steps, false); err != nil {
		return nil, err
	}
	runs, _, err := loc.ListRuns(ctx, store.RunFilter{}, store.Page{Size: 1})
	if err != nil {
		return nil, err
	}
	f.long = runs[0].ID
	for i := range latencyRuns {
		step := []event.Step{{Name: f.names[i%latencyAssets]}}
		if err := carryOutAtOnce(ctx, loc, order(step), step, i%10 == 9); err != nil {
			return nil, err
		}
	}
	// A fold covers what changed half a minute before it: what came later is read
	// by each question until the next fold.
	time.Sleep(foldAge)
	return f, loc.FoldPartitions(ctx, "hours", f.space, time.Now().UTC())
}

// reads are what is asked of the history; each is one call.
func (f *field) reads() []struct {
	name string
	ask  func(ctx context.Context, l store.Location) error
} {
	type read = struct {
		name string
		ask  func(ctx context.Context, l store.Location) error
	}
	return []read{
		{"ListRuns, first page", func(ctx context.Context, l store.Location) error {
			_, _, err := l.ListRuns(ctx, store.RunFilter{}, store.Page{})
			return err
		}},
		{"Run", func(ctx context.Context, l store.Location) error {
			_, err := l.Run(ctx, f.long)
			return err
		}},
		{"Events, 1000", func(ctx context.Context, l store.Location) error {
			_, err := l.Events(ctx, f.long, 5000, 1000)
			return err
		}},
		{"AssetStates, 100", func(ctx context.Context, l store.Location) error {
			_, err := l.AssetStates(ctx, f.names)
			return err
		}},
		{"AssetHistory, a page", func(ctx context.Context, l store.Location) error {
			_, _, err := l.AssetHistory(ctx, "hours", store.HistoryFilter{}, store.Page{})
			return err
		}},
		{"PartitionSets, 10,000 keys", func(ctx context.Context, l store.Location) error {
			_, err := l.PartitionSets(ctx, "hours", f.space, time.Now().UTC())
			return err
		}},
	}
}

// measureLatency asks an engine and SQLite the same, with few and many clients.
func measureLatency(dir, name string) ([]figure, error) {
	ctx := context.Background()
	var fields [2]*field
	for i, engine := range []string{name, onSQLite} {
		s, err := openStand(ctx, engine, dir, crowds[len(crowds)-1])
		if err != nil {
			return nil, err
		}
		defer func() { _ = s.close() }()
		if fields[i], err = newField(ctx, s); err != nil {
			return nil, err
		}
	}
	var out []figure
	compare := func(what string, times int, op func(f *field, client int) (time.Duration, error)) error {
		for _, clients := range crowds {
			var got [2]sample
			for i, f := range fields {
				var err error
				began := time.Now()
				if got[i], err = sampled(clients, max(times/clients, 3), func(c, _ int) (time.Duration, error) { return op(f, c) }); err != nil {
					return fmt.Errorf("%s on %s after %v: %w", what, f.name, time.Since(began), err)
				}
			}
			out = append(out, figure{
				Name: fmt.Sprintf("%s, %d clients, p50", what, clients), Value: got[0].percentile(50), Unit: "ms",
				Beside: fmt.Sprintf("p95 %.2f ms; SQLite %v", got[0].percentile(95), got[1]),
			})
		}
		return nil
	}
	if err := compare("claim (CreateRun and TakeOver)", 200, (*field).claim); err != nil {
		return out, err
	}
	for _, r := range fields[0].reads() {
		err := compare(r.name, 200, func(f *field, c int) (time.Duration, error) {
			for _, own := range f.reads() {
				if own.name == r.name {
					return timed(func() error { return own.ask(ctx, f.location(c)) })
				}
			}
			return 0, fmt.Errorf("no read %s", r.name)
		})
		if err != nil {
			return out, err
		}
	}
	err := compare("append until WatchStream delivers", 200, (*field).delivery)
	return out, err
}

// claim makes a run and takes it over.
func (f *field) claim(client int) (time.Duration, error) {
	ctx, id := context.Background(), uuid.Must(uuid.NewV7()).String()
	created := event.RunCreated{Steps: 1, Assets: []string{f.names[client]}, Launcher: event.Launcher{Kind: "manual"}}
	return timed(func() error {
		if _, _, err := f.location(client).CreateRun(ctx, store.NewRun{ID: id, Status: store.NotStarted, Created: created}); err != nil {
			return err
		}
		_, err := f.location(client).TakeOver(ctx, id, store.TakeOver{Executor: "bench", Lease: time.Minute})
		return err
	})
}

// delivery appends one event to a run of its own, which another handle watches,
// and waits until the watch has it. Only the last is timed.
func (f *field) delivery(client int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	l, err := newLoad(ctx, f.location(client), client, 3, 2)
	if err != nil {
		return 0, err
	}
	arrived := make(chan error, len(l.appends)+1)
	ready := make(chan struct{})
	go func() {
		began := sync.OnceFunc(func() { close(ready) })
		for events, err := range f.reader.Location("bench").WatchStream(ctx, l.run, 0) {
			if err != nil {
				arrived <- err
				return
			}
			began()
			if events[len(events)-1].Seq > 2 {
				arrived <- nil
				return
			}
		}
		arrived <- ctx.Err()
	}()
	select {
	case <-ready:
	case err := <-arrived:
		return 0, err
	}
	return timed(func() error {
		if _, err := f.location(client).Append(ctx, l.run, l.appends[0]); err != nil {
			return err
		}
		return <-arrived
	})
}

package sqlite

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

const (
	benchSteps = 10_000
	benchBatch = 512
)

// benchLocation opens a database with as many assets as the run has steps, and
// a run that is owned.
func benchLocation(b *testing.B, sync Synchronous) (*DB, store.Location, string, uint64) {
	b.Helper()
	ctx := b.Context()
	db, err := Open(ctx, Config{Path: filepath.Join(b.TempDir(), "state.db"), Mode: ReadWrite, Synchronous: sync})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	l := db.Location("bench")
	defs := make([]asset.Definition, benchSteps)
	names := make([]string, benchSteps)
	for i := range defs {
		names[i] = fmt.Sprintf("asset_%05d", i)
		defs[i].Name = names[i]
	}
	if _, err := l.Register(ctx, store.Catalogue{Name: "bench", Definitions: defs}); err != nil {
		b.Fatal(err)
	}
	id := uuid.Must(uuid.NewV7()).String()
	if _, _, err := l.CreateRun(ctx, store.NewRun{ID: id, Status: store.NotStarted, Created: event.RunCreated{Steps: benchSteps, Assets: names}}); err != nil {
		b.Fatal(err)
	}
	claim, err := l.TakeOver(ctx, id, store.TakeOver{Executor: "bench", Lease: store.MaxLease})
	if err != nil {
		b.Fatal(err)
	}
	return db, l, id, claim.Epoch
}

func benchAttempt(i int) (event.Attempt, string) {
	return event.Attempt{Step: event.Step{Name: fmt.Sprintf("asset_%05d", i)}, Number: 1}, fmt.Sprintf("0199b5f4-9e1c-7000-8000-%012d", i)
}

func launched(i int) event.Event {
	a, token := benchAttempt(i)
	return event.Event{Attempt: a, Payload: &event.StepLaunched{Token: token, Worker: event.InProcess}}
}

func finished(i int) store.Part {
	a, token := benchAttempt(i)
	return store.Part{Token: token, Events: []event.Event{
		{Attempt: a, Payload: &event.Materialization{DataVersion: "0199b5f4-9e1c-7000-8000-000000000000", CodeVersion: "1"}},
		{Attempt: a, Payload: &event.StepSucceeded{Duration: time.Millisecond}},
	}}
}

// benchAppends are the appends of a run of independent steps: each holds the
// launches of some steps and the results of those launched before.
func benchAppends(epoch uint64) []store.Append {
	const each = benchBatch / 3
	var list []store.Append
	add := func(parts ...store.Part) {
		list = append(list, store.Append{Writer: "bench", Counter: uint64(len(list) + 1), Lease: store.MaxLease, Parts: parts})
	}
	done := 0
	for next := 0; done < benchSteps; {
		var parts []store.Part
		if next > 0 {
			for ; done < next; done++ {
				parts = append(parts, finished(done))
			}
		}
		to := min(next+each, benchSteps)
		var launches []event.Event
		for ; next < to; next++ {
			launches = append(launches, launched(next))
		}
		if len(launches) > 0 {
			parts = append(parts, store.Part{Epoch: epoch, Events: launches})
		}
		add(parts...)
	}
	return list
}

// BenchmarkRun appends all events of a run of 10,000 independent steps.
func BenchmarkRun(b *testing.B) {
	for name, sync := range map[string]Synchronous{"normal": Normal, "full": Full} {
		b.Run(name, func(b *testing.B) {
			ctx := b.Context()
			for b.Loop() {
				b.StopTimer()
				db, l, id, epoch := benchLocation(b, sync)
				appends := benchAppends(epoch)
				b.StartTimer()
				for _, add := range appends {
					if _, err := l.Append(ctx, id, add); err != nil {
						b.Fatal(err)
					}
				}
				b.StopTimer()
				_ = db.Close()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkChained appends the result of a step and the launch of the next.
func BenchmarkChained(b *testing.B) {
	for name, sync := range map[string]Synchronous{"normal": Normal, "full": Full} {
		b.Run(name, func(b *testing.B) {
			ctx := b.Context()
			_, l, id, epoch := benchLocation(b, sync)
			i, counter := 0, uint64(0)
			next := func(parts ...store.Part) {
				counter++
				if _, err := l.Append(ctx, id, store.Append{Writer: "bench", Counter: counter, Lease: store.MaxLease, Parts: parts}); err != nil {
					b.Fatal(err)
				}
			}
			next(store.Part{Epoch: epoch, Events: []event.Event{launched(0)}})
			for b.Loop() {
				part := finished(i)
				i++
				next(part, store.Part{Epoch: epoch, Events: []event.Event{launched(i)}})
			}
		})
	}
}

package executor_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/executor"
	"rivers.io/runtime/host"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
)

// trivial materializes without a value.
type trivial struct{}

func (trivial) Execute(_ context.Context, req host.Request, _ host.Env) (host.Result, error) {
	return host.Result{Outputs: []host.Output{{Asset: req.Step, DataVersion: "1"}}}, nil
}

func benchRun(b *testing.B, defs []asset.Definition, sync sqlite.Synchronous) {
	b.Helper()
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		g, err := asset.Resolve(defs)
		if err != nil {
			b.Fatal(err)
		}
		db, err := sqlite.Open(b.Context(), sqlite.Config{Path: b.TempDir() + "/rivers.db", Mode: sqlite.ReadWrite, Synchronous: sync})
		if err != nil {
			b.Fatal(err)
		}
		loc := db.Location("bench")
		if _, err := loc.Register(b.Context(), store.Catalogue{Name: "bench", Hash: g.Hash(), Definitions: defs}); err != nil {
			b.Fatal(err)
		}
		m, err := executor.New(executor.Config{Location: loc, Graph: g, Host: trivial{}, ID: "bench", Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			b.Fatal(err)
		}
		m.Start()
		id, err := (&rig{loc: loc, graph: g}).record(b.Context(), order{})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		began := time.Now()
		if err := m.Launch(id); err != nil {
			b.Fatal(err)
		}
		for _, err := range loc.WatchStream(b.Context(), id, 0) {
			if err != nil {
				b.Fatal(err)
			}
		}
		took := time.Since(began)
		b.StopTimer()
		b.ReportMetric(float64(took.Microseconds())/float64(len(defs)), "µs/step")
		b.ReportMetric(float64(appends(b, loc, id)), "appends")
		m.Stop()
		_ = db.Close()
		b.StartTimer()
	}
}

// appends counts the times of record of a run's events.
func appends(b *testing.B, loc store.Location, id string) int {
	b.Helper()
	times := map[time.Time]bool{}
	for after := uint64(0); ; {
		page, err := loc.Events(b.Context(), id, after, 0)
		if err != nil {
			b.Fatal(err)
		}
		if len(page) == 0 {
			return len(times)
		}
		for _, e := range page {
			times[e.Time], after = true, e.Seq
		}
	}
}

func independent(n int) []asset.Definition {
	defs := make([]asset.Definition, n)
	for i := range defs {
		defs[i].Name = fmt.Sprintf("asset_%05d", i)
	}
	return defs
}

func chain(n int) []asset.Definition {
	defs := independent(n)
	for i := 1; i < n; i++ {
		defs[i].Inputs = []asset.Input{{Asset: defs[i-1].Name, Kind: asset.Lineage}}
	}
	return defs
}

func BenchmarkIndependent10000(b *testing.B) {
	b.Run("normal", func(b *testing.B) { benchRun(b, independent(10_000), sqlite.Normal) })
	b.Run("full", func(b *testing.B) { benchRun(b, independent(10_000), sqlite.Full) })
}

func BenchmarkChain1000(b *testing.B) {
	b.Run("normal", func(b *testing.B) { benchRun(b, chain(1000), sqlite.Normal) })
	b.Run("full", func(b *testing.B) { benchRun(b, chain(1000), sqlite.Full) })
}

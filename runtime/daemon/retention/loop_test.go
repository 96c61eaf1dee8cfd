package retention_test

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/daemon/retention"
	"rivers.io/runtime/partition"
)

// nothing is a store of values that counts how often it was listed.
type nothing struct{ listed *atomic.Int64 }

func (n nothing) Objects(context.Context, string) iter.Seq2[retention.Object, error] {
	n.listed.Add(1)
	return func(yield func(retention.Object, error) bool) { yield(retention.Object{}, errors.New("no store")) }
}
func (nothing) Directory(string, partition.Key) string         { return "" }
func (nothing) Newest(context.Context, string) (string, error) { return "", nil }
func (nothing) Delete(context.Context, string) error           { return nil }
func none(context.Context) ([]retention.Record, error)         { return nil, nil }

func loopOver(t *testing.T, interval time.Duration) (*retention.Loop, *atomic.Int64) {
	t.Helper()
	graph, err := asset.Resolve([]asset.Definition{{Name: "report"}})
	if err != nil {
		t.Fatal(err)
	}
	var listed atomic.Int64
	s := retention.New(retention.Config{Values: nothing{&listed}, Graph: graph, Records: none, Grace: time.Hour})
	return retention.NewLoop(retention.LoopConfig{Sweeper: s, Interval: interval}), &listed
}

func TestLoop(t *testing.T) {
	for name, c := range map[string]struct {
		interval, after time.Duration
		least, most     int64
	}{
		"not at once":                        {time.Hour, 5*time.Minute - 1, 0, 0},
		"a while after the start":            {time.Hour, 6 * time.Minute, 1, 1},
		"every hour and a little, on errors": {time.Hour, 24 * time.Hour, 21, 24},
		"never":                              {0, 240 * time.Hour, 0, 0},
		"more often than the first wait":     {time.Minute, 10*time.Minute + 1, 9, 10},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, listed := loopOver(t, c.interval)
				for range 2 {
					l.Start()
				}
				<-time.After(c.after) // by the bubble's clock
				synctest.Wait()
				if n := listed.Load(); n < c.least || n > c.most {
					t.Errorf("%d sweeps, want %d to %d", n, c.least, c.most)
				}
				for range 2 {
					l.Stop()
				}
			})
		})
	}
	l, _ := loopOver(t, time.Hour)
	l.Stop() // that was never started
	l.Start()
}

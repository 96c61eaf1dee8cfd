package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// each runs f for 0 to n-1 at once and waits for all.
func (f *fixture) each(n int, do func(i int) error) {
	f.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := do(i); err != nil {
				f.Errorf("%d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if f.Failed() {
		f.FailNow()
	}
}

// handles opens the database n times and returns a location of each.
func (f *fixture) handles(n int) []store.Location {
	f.Helper()
	var list []store.Location
	for range n {
		list = append(list, f.open(Options{Now: f.clock.Now}).Location("location-1"))
	}
	return list
}

var concurrencyTests = []promise{
	{"of many takeovers at once one wins", func(f *fixture) {
		handles := f.handles(3)
		for range 5 {
			run := f.create()
			var won atomic.Int32
			f.each(6, func(i int) error {
				_, err := handles[i%3].TakeOver(f.ctx, run.ID, take(fmt.Sprintf("e%d", i)))
				if err == nil {
					won.Add(1)
					return nil
				}
				if errors.Is(err, store.ErrLeaseHeld) {
					return nil
				}
				return err
			})
			f.equal(int32(1), won.Load())
			f.equal(uint64(1), f.run(run.ID).Epoch)
		}
	}},
	{"of many appends with one counter one counts", func(f *fixture) {
		handles := f.handles(2)
		s := f.start()
		var fresh atomic.Int32
		f.each(8, func(i int) error {
			got, err := handles[i%2].Append(f.ctx, s.id, store.Append{Writer: "w", Counter: 1, Parts: []store.Part{
				s.owner(launch(attempt("a", "", 1), "t")),
			}})
			if err == nil && !got.Duplicate {
				fresh.Add(1)
			}
			return err
		})
		f.equal(int32(1), fresh.Load())
		f.equal(uint64(3), f.run(s.id).Seq)
	}},
	{"of many terminal events one settles the attempt", func(f *fixture) {
		handles := f.handles(2)
		s := f.start()
		a := attempt("a", "", 1)
		s.append(s.owner(launch(a, "t")))
		var won atomic.Int32
		f.each(8, func(i int) error {
			_, err := handles[i%2].Append(f.ctx, s.id, store.Append{Writer: fmt.Sprint(i), Counter: 1, Parts: []store.Part{
				worker("t", materialized(a, fmt.Sprint(i)), succeeded(a)),
			}})
			if err == nil {
				won.Add(1)
				return nil
			}
			if errors.Is(err, store.ErrTokenRevoked) {
				return nil
			}
			return err
		})
		f.equal(int32(1), won.Load())
		f.equal(1, f.run(s.id).Counts.Succeeded)
	}},
	{"of many calls with one request id one makes a run", func(f *fixture) {
		handles := f.handles(2)
		var made atomic.Int32
		var got sync.Map
		f.each(8, func(i int) error {
			run, created, err := handles[i%2].CreateRun(f.ctx, order(request("r")))
			if created {
				made.Add(1)
			}
			got.Store(run.ID, true)
			return err
		})
		f.equal(int32(1), made.Load())
		n := 0
		got.Range(func(any, any) bool { n++; return true })
		f.equal(1, n)
	}},
	{"one caller's refusal leaves the others", func(f *fixture) {
		s := f.start()
		f.each(16, func(i int) error {
			add := store.Append{Writer: fmt.Sprint(i), Counter: 1, Parts: []store.Part{s.owner(launch(attempt("a", "", i+1), "t"))}}
			if i%2 == 1 {
				add.Parts[0].Epoch = 99
			}
			_, err := f.l.Append(f.ctx, s.id, add)
			if i%2 == 1 && errors.Is(err, store.ErrStaleEpoch) {
				return nil
			}
			return err
		})
		f.equal(uint64(2+8), f.run(s.id).Seq)
	}},
	{"a caller that gives up leaves the others", func(f *fixture) {
		s := f.start()
		f.each(16, func(i int) error {
			ctx, cancel := context.WithCancel(f.ctx)
			defer cancel()
			if i%2 == 1 {
				go cancel()
			}
			_, err := f.l.Append(ctx, s.id, store.Append{Writer: fmt.Sprint(i), Counter: 1, Parts: []store.Part{
				s.owner(launch(attempt("a", "", i+1), "t")),
			}})
			if i%2 == 1 && errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		})
		if seq := f.run(s.id).Seq; seq < 10 || seq > 18 {
			f.Fatalf("sequence %d", seq)
		}
	}},
	{"a watch has no gap while four writers append", func(f *fixture) {
		const writers, each = 4, 50
		handles := f.handles(writers)
		s := f.start()
		ctx, cancel := context.WithTimeout(f.ctx, patience)
		defer cancel()
		watchers := append(f.handles(1), f.l, f.open(Options{ReadOnly: true}).Location("location-1"))
		results := make(chan []uint64, len(watchers))
		for _, l := range watchers {
			go func() {
				seqs, err := collect(ctx, l, s.id, 0)
				if err != nil {
					f.Errorf("watch: %v", err)
				}
				results <- seqs
			}()
		}
		f.each(writers, func(w int) error {
			for i := range each {
				_, err := handles[w].Append(f.ctx, s.id, store.Append{Writer: fmt.Sprint(w), Counter: uint64(i + 1), Parts: []store.Part{
					s.owner(launch(attempt("a", "", w*each+i+1), "t")),
				}})
				if err != nil {
					return err
				}
			}
			return nil
		})
		s.finish(event.Succeeded)
		for range watchers {
			f.equal(upTo(1, 2+writers*each+1), <-results)
		}
	}},
	{"several handles write different runs at once", func(f *fixture) {
		handles := f.handles(4)
		f.each(4, func(i int) error {
			l := handles[i]
			run, _, err := l.CreateRun(f.ctx, order())
			if err != nil {
				return err
			}
			claim, err := l.TakeOver(f.ctx, run.ID, take(fmt.Sprintf("e%d", i)))
			if err != nil {
				return err
			}
			for n := range 25 {
				a := attempt(fmt.Sprintf("asset-%d", n), "", 1)
				_, err := l.Append(f.ctx, run.ID, store.Append{Writer: "w", Counter: uint64(n + 1), Parts: []store.Part{
					{Epoch: claim.Epoch, Events: []event.Event{launch(a, "t")}}, worker("t", materialized(a, "v"), succeeded(a)),
				}})
				if err != nil {
					return err
				}
			}
			return nil
		})
		counts, err := f.l.CountRuns(f.ctx)
		f.ok(err)
		f.equal(map[store.Status]int64{store.Started: 4}, counts)
		latest, err := f.l.Latest(f.ctx, []store.AssetKey{{Asset: "asset-0"}, {Asset: "asset-24"}})
		f.ok(err)
		f.equal(2, len(latest))
	}},
	{"folds beside appends lose no key", func(f *fixture) {
		handles := f.handles(3)
		keys := make([]string, 60)
		for i := range keys {
			keys[i] = fmt.Sprintf("k%02d", i)
		}
		space := f.space(static(keys...))
		s := f.start()
		f.each(3, func(h int) error {
			for i := h; i < len(keys); i += 3 {
				p := attempt("a", partition.Key(keys[i]), 1)
				_, err := handles[h].Append(f.ctx, s.id, store.Append{Writer: keys[i], Counter: 1, Parts: []store.Part{
					s.owner(launch(p, "t"), materialized(p, "v"), succeeded(p)),
				}})
				if err == nil {
					err = handles[h].FoldPartitions(f.ctx, "a", space, f.clock.Now())
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		m, _ := f.sets(f.l, space)
		f.equal(keys, m)
	}},
}

package surreal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// barrier lets transactions overlap: the first so many that are to be committed
// wait for each other, when all that they were computed from was read.
type barrier struct {
	mu    sync.Mutex
	left  int
	ready chan struct{}
}

func (b *barrier) arrive() {
	b.mu.Lock()
	if b.left--; b.left == 0 {
		close(b.ready)
	}
	wait := b.left >= 0
	b.mu.Unlock()
	if wait {
		<-b.ready
	}
}

// gated is a connection whose transactions meet at a barrier.
type gated struct {
	link
	mu sync.Mutex
	at *barrier
}

func (g *gated) Query(ctx context.Context, sql string, vars map[string]any) (conn.Results, error) {
	g.mu.Lock()
	at := g.at
	g.mu.Unlock()
	if at != nil && strings.Contains(sql, "COMMIT") {
		at.arrive()
	}
	return g.link.Query(ctx, sql, vars)
}

// crowd are clients that do something at once.
type crowd struct {
	*scene
	links []*gated
	all   []*location
}

const crowdSize = 4

// atOnce lets every client make a call whose transactions overlap, and returns
// what became of each.
func (c *crowd) atOnce(call func(i int, l *location) error) []error {
	b := &barrier{left: len(c.all), ready: make(chan struct{})}
	for _, g := range c.links {
		g.mu.Lock()
		g.at = b
		g.mu.Unlock()
	}
	errs := make([]error, len(c.all))
	var work sync.WaitGroup
	for i, l := range c.all {
		work.Go(func() { errs[i] = call(i, l) })
	}
	work.Wait()
	for _, g := range c.links {
		g.mu.Lock()
		g.at = nil
		g.mu.Unlock()
	}
	return errs
}

// one checks that one call succeeded, and that the others failed as they may.
func (c *crowd) one(errs []error, allowed error) {
	c.t.Helper()
	n := 0
	for _, err := range errs {
		switch {
		case err == nil:
			n++
		case !errors.Is(err, allowed):
			c.t.Errorf("%s: %v", c.name, err)
		}
	}
	c.same("calls that succeeded", 1, n)
}

func (c *crowd) every(errs []error) {
	c.t.Helper()
	for _, err := range errs {
		c.ok(err)
	}
}

var overlaps = map[string]func(*crowd){
	"one takes a run over": func(c *crowd) {
		c.create(store.NotStarted)
		c.one(c.atOnce(func(i int, l *location) error {
			_, err := l.TakeOver(c.t.Context(), c.run, store.TakeOver{Executor: fmt.Sprint("e", i), Lease: time.Minute})
			return err
		}), store.ErrLeaseHeld)
		c.told(created, began)
	},
	"one admits a run": func(c *crowd) {
		c.create(store.Queued)
		c.one(c.atOnce(func(_ int, l *location) error { _, err := l.AdmitRun(c.t.Context(), c.run); return err }), store.ErrConflict)
		c.told(created, event.TypeRunQueued, event.TypeRunDequeued)
	},
	"one holds an executor": func(c *crowd) {
		c.one(c.atOnce(func(_ int, l *location) error {
			hold, err := l.db.HoldOwner("e-" + uuid.NewSHA1(uuid.Nil, []byte(c.l.ident)).String())
			if err == nil {
				c.t.Cleanup(func() { _ = hold.Close() }) // the store is closed before, or says so
			}
			return err
		}), store.ErrConflict)
	},
	"one run is made for one request": func(c *crowd) {
		ids := make([]string, crowdSize)
		c.every(c.atOnce(func(i int, l *location) error {
			run, _, err := l.CreateRun(c.t.Context(), c.order(store.NotStarted, "r"))
			ids[i] = run.ID
			return err
		}))
		slices.Sort(ids)
		c.same("runs", 1, len(slices.Compact(ids)))
		c.counts(map[store.Status]int64{store.NotStarted: 1})
	},
	"one run has an id": func(c *crowd) {
		order := c.order(store.NotStarted, "")
		c.every(c.atOnce(func(_ int, l *location) error { _, _, err := l.CreateRun(c.t.Context(), order); return err }))
		c.run = order.ID
		c.told(created)
		c.counts(map[store.Status]int64{store.NotStarted: 1})
	},
	"counts add up": func(c *crowd) {
		var ids []string
		for len(ids) < crowdSize { // all of one shard
			id := uuid.Must(uuid.NewV7()).String()
			if store.CountShard(id) == 0 {
				ids = append(ids, id)
			}
		}
		c.every(c.atOnce(func(i int, l *location) error {
			order := c.order(store.NotStarted, "")
			order.ID = ids[i]
			_, _, err := l.CreateRun(c.t.Context(), order)
			return err
		}))
		c.counts(map[store.Status]int64{store.NotStarted: crowdSize})
		c.every(c.atOnce(func(i int, l *location) error { _, err := l.RequestCancel(c.t.Context(), ids[i], nil); return err }))
		c.counts(map[store.Status]int64{store.Canceled: crowdSize})
		c.every(c.atOnce(func(i int, l *location) error { return l.DeleteRun(c.t.Context(), ids[i]) }))
		c.counts(map[store.Status]int64{})
	},
	"one settles an attempt": func(c *crowd) {
		c.started()
		c.ok(c.put(c.other, "o", 1, store.Part{Epoch: c.epoch, Events: makes("k1", 1)[:1]}))
		c.one(c.atOnce(func(i int, l *location) error {
			return c.put(l, fmt.Sprint("w", i), 1, store.Part{Token: "t", Events: makes("k1", 1)[1:]})
		}), store.ErrTokenRevoked)
		c.told(created, began, launched, made, succeeded)
	},
	"one append has a counter": func(c *crowd) {
		c.started()
		c.every(c.atOnce(func(_ int, l *location) error {
			return c.put(l, "w", 1, store.Part{Epoch: c.epoch, Events: makes("k1", 1)})
		}))
		c.told(created, began, launched, made, succeeded)
	},
	"no append passes a takeover": func(c *crowd) {
		c.started()
		c.ok(c.other.Release(c.t.Context(), c.run, c.epoch))
		errs := c.atOnce(func(i int, l *location) error {
			if i == 0 {
				_, err := l.TakeOver(c.t.Context(), c.run, store.TakeOver{Executor: "f", Lease: time.Minute})
				return err
			}
			return c.put(l, fmt.Sprint("w", i), 1, store.Part{Epoch: c.epoch, Events: makes("k1", i)})
		})
		c.ok(errs[0])
		list, err := c.other.Events(c.t.Context(), c.run, 0, 0)
		c.ok(err)
		acked, before := 0, 0
		for _, err := range errs[1:] {
			switch {
			case err == nil:
				acked++
			case !errors.Is(err, store.ErrStaleEpoch):
				c.t.Errorf("%s: %v", c.name, err)
			}
		}
		for _, e := range list {
			if e.Type() == event.TypeRunTakenOver {
				break
			}
			if e.Type() == succeeded {
				before++
			}
		}
		c.same("events before the takeover", acked, before)
		c.same("events", 3+3*acked, len(list))
	},
	"a cancel and a takeover follow each other": func(c *crowd) {
		c.create(store.NotStarted)
		errs := c.atOnce(func(i int, l *location) error {
			if i%2 == 0 {
				_, err := l.RequestCancel(c.t.Context(), c.run, nil)
				return err
			}
			_, err := l.TakeOver(c.t.Context(), c.run, store.TakeOver{Executor: fmt.Sprint("e", i), Lease: time.Minute})
			return err
		})
		switch run, err := c.other.Run(c.t.Context(), c.run); {
		case err != nil:
			c.ok(err)
		case run.Status == store.Started:
			c.told(created, began, event.TypeRunCancelRequested)
		default:
			c.told(created, event.TypeRunCancelRequested, finished)
			c.same("it was taken", false, errs[1] == nil || errs[3] == nil)
		}
	},
	"a key's last word is the newest": func(c *crowd) {
		runs := make([]*scene, crowdSize)
		for i := range runs {
			s := *c.scene
			s.started()
			runs[i] = &s
		}
		c.every(c.atOnce(func(i int, l *location) error {
			return runs[i].put(l, "w", 1, store.Part{Epoch: 1, Events: makes("k1", i+1)})
		}))
		var newest event.Event
		for _, s := range runs {
			list, err := c.other.Events(c.t.Context(), s.run, 2, 0)
			c.ok(err)
			if at := list[1]; at.Time.After(newest.Time) {
				newest = at
			}
		}
		k := store.AssetKey{Asset: "a", Key: "k1"}
		got, err := c.other.Latest(c.t.Context(), []store.AssetKey{k})
		c.ok(err)
		c.same("run of the latest", newest.Stream, got[k].Run)
		history, _, err := c.other.AssetHistory(c.t.Context(), "a", store.HistoryFilter{}, store.Page{})
		c.ok(err)
		c.same("history", crowdSize, len(history))
		c.same("newest of the history", newest.Stream, history[0].Stream)
	},
	"observations are numbered": func(c *crowd) {
		c.create(store.NotStarted)
		c.every(c.atOnce(func(i int, l *location) error {
			_, err := l.Observe(c.t.Context(), "a", event.Observation{DataVersion: fmt.Sprint(i)})
			return err
		}))
		list, err := c.other.Events(c.t.Context(), event.AssetStream("a"), 0, 0)
		c.ok(err)
		c.same("events", crowdSize, len(list))
		for i, e := range list {
			c.same("number", uint64(i+1), e.Seq)
		}
	},
	"lines of logs are numbered": func(c *crowd) {
		c.started()
		c.every(c.atOnce(func(i int, l *location) error { return c.log(l, fmt.Sprint(i, "x"), fmt.Sprint(i, "y")) }))
		list, err := c.other.LogLines(c.t.Context(), c.run, store.LogFilter{}, 0, 0)
		c.ok(err)
		c.same("lines", 2*crowdSize, len(list))
		for i := 0; i+1 < len(list); i += 2 {
			c.same("number", uint64(i+1), list[i].Seq)
			c.same("the line after "+list[i].Text, strings.TrimSuffix(list[i].Text, "x")+"y", list[i+1].Text)
		}
	},
	"no line outlives its run": func(c *crowd) {
		c.create(store.NotStarted)
		_, err := c.other.RequestCancel(c.t.Context(), c.run, nil)
		c.ok(err)
		for _, err := range c.atOnce(func(i int, l *location) error {
			if i == 0 {
				return l.DeleteRun(c.t.Context(), c.run)
			}
			return c.log(l, "x")
		}) {
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				c.t.Errorf("%s: %v", c.name, err)
			}
		}
		s := newScript()
		prefix := s.arg(c.l.ident) + ", " + s.arg(c.run)
		s.answer("RETURN array::len((SELECT VALUE id FROM log:[", prefix, "]..=[", prefix, ", ..]))")
		left := 0
		c.ok(c.other.db.read(c.t.Context(), "look", s, &left))
		c.same("records of lines", 0, left)
	},
	"registrations follow each other": func(c *crowd) {
		names := []string{"a", "b", "c", "d"}
		infos := make([]store.CatalogueInfo, crowdSize)
		c.every(c.atOnce(func(i int, l *location) (err error) {
			infos[i], err = l.Register(c.t.Context(), declares(names[i], names[i], "always"))
			return err
		}))
		slices.SortFunc(infos, func(a, b store.CatalogueInfo) int { return int(a.Revision - b.Revision) })
		for i, info := range infos {
			c.same("revision", int64(i+1), info.Revision)
			c.same("removed", i, len(info.Removed))
		}
		list, err := c.other.Definitions(c.t.Context())
		c.ok(err)
		c.same("first definition", infos[crowdSize-1].Hash, list[0].Name)
		states, err := c.other.AssetStates(c.t.Context(), nil)
		c.ok(err)
		c.same("declared assets", 2, len(states))
	},
	"folds lose no key": func(c *crowd) {
		c.started()
		c.every(c.atOnce(func(i int, l *location) error {
			return c.put(l, fmt.Sprint("w", i), 1, store.Part{Epoch: c.epoch, Events: makes(partition.Key(fmt.Sprint("k", i%3+1)), i+1)})
		}))
		c.every(c.atOnce(func(_ int, l *location) error {
			return l.FoldPartitions(c.t.Context(), "a", threeKeys(c.t), time.Now())
		}))
		c.sets("k1", "k2", "k3")
	},
	"one answer stays": func(c *crowd) {
		c.every(c.atOnce(func(i int, l *location) error {
			return l.RememberAnswer(c.t.Context(), "r", "M", "d", fmt.Appendf(nil, `"%d"`, i))
		}))
		first, err := c.all[0].Answer(c.t.Context(), "r", "M", "d")
		c.ok(err)
		c.ok(c.other.RememberAnswer(c.t.Context(), "r", "M", "d", []byte(`"late"`)))
		again, err := c.all[1].Answer(c.t.Context(), "r", "M", "d")
		c.ok(err)
		c.same("answer", string(first), string(again))
	},
}

// put appends one part.
func (s *scene) put(l *location, writer string, counter uint64, part store.Part) error {
	_, err := l.Append(s.t.Context(), s.run, store.Append{Writer: writer, Counter: counter, Parts: []store.Part{part}})
	return err
}

// TestOverlap lets transactions of four clients overlap wherever it would hurt if
// each saw a database without the others.
func TestOverlap(t *testing.T) {
	const rounds = 5
	for engine, start := range engines {
		t.Run(engine, func(t *testing.T) {
			cfg := config(t, start(t)(t))
			c := &crowd{}
			var dbs []*DB
			for range crowdSize {
				d := openDB(t, cfg)
				g := &gated{link: d.link}
				d.link = g
				c.links, dbs = append(c.links, g), append(dbs, d)
			}
			other := openDB(t, cfg)
			for name, do := range overlaps {
				for round := range rounds {
					ident := fmt.Sprintf("%s %d", name, round)
					c.scene = &scene{t: t, name: fmt.Sprintf("%s, round %d", name, round)}
					c.all = nil
					for _, d := range dbs {
						c.all = append(c.all, d.Location(ident).(*location))
					}
					c.l, c.other = c.all[0], other.Location(ident).(*location)
					do(c)
				}
			}
		})
	}
}

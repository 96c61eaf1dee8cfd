package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rivers.io/internal/chaosproxy"
	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal"
	"rivers.io/runtime/store/surreal/conn"
)

const (
	location = "location-1"
	writers  = 4
	watchers = 2
	// patience bounds what is waited for: far longer than it ever takes.
	patience = 3 * time.Minute
)

// assets are declared and worked on, keys are those of each.
var (
	assets = []string{"a", "b", "c", "d"}
	keys   = []partition.Key{"k1", "k2", "k3", "k4", "k5"}
)

// world is one engine with everybody who works on it.
type world struct {
	testing.TB
	seed   uint64
	ctx    context.Context
	engine *surrealtest.Engine
	db     *surrealtest.Database
	space  partition.Space

	proxies  []*chaosproxy.Proxy // of the writers, then of the watchers
	writers  []*writer
	watchers []*watcher
	stopping atomic.Bool
	notes    *notes
	deaths   []time.Time // of the engine, in order
}

// newWorld opens a new database on an engine for all writers and watchers.
func newWorld(t testing.TB, engine *surrealtest.Engine, seed uint64) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	w := &world{TB: t, seed: seed, ctx: ctx, engine: engine, db: engine.NewDatabase(t), notes: newNotes()}
	space, err := partition.New(*definition("").Partitions)
	w.ok(err)
	w.space = space
	w.declare(w.direct())
	for i := range writers {
		l := w.open(false)
		draw := rand.New(rand.NewPCG(seed, uint64(i)+1))
		w.writers = append(w.writers, &writer{w: w, name: fmt.Sprintf("w%d", i), l: l, draw: draw, logs: i == 0})
	}
	for range watchers {
		w.watchers = append(w.watchers, newWatcher(w, w.open(true)))
	}
	return w
}

func definition(name string) asset.Definition {
	def := partition.Definition{Kind: partition.Static}
	for _, k := range keys {
		def.Keys = append(def.Keys, string(k))
	}
	return asset.Definition{Name: name, Partitions: &def}
}

func (w *world) declare(l store.Location) {
	w.Helper()
	c := store.Catalogue{Name: "chaos", Image: "i", Hash: "h"}
	for _, name := range assets {
		c.Definitions = append(c.Definitions, definition(name))
	}
	_, err := l.Register(w.ctx, c)
	w.ok(err)
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatalf("seed %d: %v", w.seed, err)
	}
}

// wrong reports what must not be.
func (w *world) wrong(format string, args ...any) {
	w.Helper()
	w.Errorf("seed %d: %s", w.seed, fmt.Sprintf(format, args...))
}

func (w *world) config() surreal.Config {
	return surreal.Config{
		Endpoint: w.db.URL, Namespace: w.db.Namespace, Database: w.db.Database, Mode: surreal.ReadWrite,
		Credentials: conn.Credentials{User: w.db.Owner.User, Password: w.db.Owner.Password},
		Busy:        2 * time.Second,
		Silence:     300 * time.Millisecond, MaxBackoff: 50 * time.Millisecond,
		Logger: slog.New(slog.DiscardHandler),
	}
}

// direct opens the database with nothing in between.
func (w *world) direct() store.Location {
	w.Helper()
	return w.opened(w.config())
}

// open opens the database by way of a proxy of its own.
func (w *world) open(watch bool) store.Location {
	w.Helper()
	u, err := url.Parse(w.db.URL)
	w.ok(err)
	p := chaosproxy.Start(w, u.Host)
	w.proxies = append(w.proxies, p)
	cfg := w.config()
	cfg.Endpoint = "ws://" + p.Addr()
	if watch {
		cfg.Mode = surreal.ReadOnly
		cfg.Credentials = conn.Credentials{User: w.db.Viewer.User, Password: w.db.Viewer.Password}
	}
	return w.opened(cfg)
}

func (w *world) opened(cfg surreal.Config) store.Location {
	w.Helper()
	db, err := surreal.Open(w.ctx, cfg)
	for errors.Is(err, store.ErrUnavailable) && w.ctx.Err() == nil { // a busy machine; Open asks once
		db, err = surreal.Open(w.ctx, cfg)
	}
	w.ok(err)
	w.Cleanup(func() {
		if err := db.Close(); err != nil {
			w.wrong("close: %v", err)
		}
	})
	return db.Location(location)
}

// begin lets everybody work; the result waits until all writers stopped.
func (w *world) begin() (stop func()) {
	for _, v := range w.watchers {
		v.begin()
	}
	var work sync.WaitGroup
	for _, x := range w.writers {
		work.Go(x.work)
	}
	return func() {
		w.stopping.Store(true)
		work.Wait()
	}
}

// storm lets every proxy go through so many faults, kills the engine now and then
// meanwhile, and returns how many faults there were.
func (w *world) storm(faults, kills int) int {
	var mu sync.Mutex
	total := 0
	var storms sync.WaitGroup
	for i, p := range w.proxies {
		storms.Go(func() {
			counts, err := p.Storm(w.ctx, chaosproxy.Weather{Seed: w.seed*31 + uint64(i), Rounds: faults, Calm: 300 * time.Millisecond})
			if err != nil {
				w.wrong("storm: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, n := range counts {
				total += n
			}
		})
	}
	draw := rand.New(rand.NewPCG(w.seed, 0))
	for range kills {
		w.pause(time.Duration(draw.Int64N(int64(time.Second))))
		w.kill()
		w.pause(time.Duration(draw.Int64N(int64(200 * time.Millisecond))))
		w.engine.Restart()
	}
	storms.Wait()
	return total
}

// kill ends the engine by SIGKILL.
func (w *world) kill() {
	w.engine.Kill()
	w.deaths = append(w.deaths, time.Now())
}

// died reports whether the engine died right after an instant.
func (w *world) died(at time.Time) bool {
	for _, death := range w.deaths {
		if d := death.Sub(at); d >= 0 && d < 5*time.Second {
			return true
		}
	}
	return false
}

// pause lets time pass, in which others work.
func (w *world) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.ctx.Done():
	}
}

// persist repeats a call for as long as the store is unavailable, or the call's
// own time was too short. Repeated tells whether a call may have been carried out
// without an answer.
func (w *world) persist(draw *rand.Rand, call func(ctx context.Context) error) (repeated bool, err error) {
	for {
		ctx, cancel := context.WithTimeout(w.ctx, limit(draw))
		err := call(ctx)
		cancel()
		if w.ctx.Err() != nil || !unsure(err) {
			return repeated, err
		}
		repeated = true
	}
}

// limit is how long a call may take: mostly long, now and then too short.
func limit(draw *rand.Rand) time.Duration {
	if draw.IntN(5) == 0 {
		return time.Duration(1+draw.IntN(150)) * time.Millisecond
	}
	return 5 * time.Second
}

// unsure reports whether a call with that error may have been carried out, or may
// be if it is repeated.
func unsure(err error) bool {
	return errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded)
}

// tally tells how much was done, so that storms that let nothing through show.
type tally struct {
	faults, deaths                     int
	runs, events, acked, refused, told int
}

func (t *tally) add(o tally) {
	t.runs += o.runs
	t.events += o.events
	t.acked += o.acked
	t.refused += o.refused
	t.told += o.told
}

// String is the tally in words.
func (t *tally) String() string {
	return fmt.Sprintf("%d faults, %d deaths of the engine; %d runs, %d events, %d appends acknowledged and %d refused, %d other writes",
		t.faults, t.deaths, t.runs, t.events, t.acked, t.refused, t.told)
}

func (w *world) tally() tally {
	t := tally{runs: len(w.notes.runs), told: len(w.notes.seen)}
	for _, run := range w.notes.runs {
		for _, a := range run.appends {
			if a.err == nil {
				t.acked++
			} else {
				t.refused++
			}
		}
		t.told += len(run.logs) + len(run.claims) + run.admitted + run.canceled
	}
	for _, list := range w.watchers[0].streams {
		t.events += len(list)
	}
	if t.acked == 0 {
		w.wrong("no append came through")
	}
	return t
}

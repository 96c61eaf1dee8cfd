package executor_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/executor"
	"rivers.io/runtime/host"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/plan"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// funcs is a host whose functions are Go closures; a nil entry succeeds.
type funcs map[string]func(ctx context.Context, req host.Request, env host.Env) (host.Result, error)

func (f funcs) Execute(ctx context.Context, req host.Request, env host.Env) (host.Result, error) {
	if fn := f[req.Step]; fn != nil {
		return fn(ctx, req, env)
	}
	return value(req), nil
}

// value is a result with a stored value, whose path tells who wrote it.
func value(req host.Request) host.Result {
	path := fmt.Sprintf("%s/%s/%s-%d", req.Step, req.Key, req.Run, req.Attempt)
	return host.Result{Outputs: []host.Output{{Asset: req.Step, Value: &host.Ref{Handler: "test", Path: path}, DataVersion: path}}}
}

func failed(text string) host.Result { return host.Result{Failure: &host.Failure{Message: text}} }

// rig is one location on a real database.
type rig struct {
	t     *testing.T
	path  string
	store store.Store
	loc   store.Location
	graph *asset.Graph
}

func newRig(t *testing.T, defs ...asset.Definition) *rig {
	t.Helper()
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "rivers.db")}
	g, err := asset.Resolve(defs)
	if err != nil {
		t.Fatal(err)
	}
	r.graph = g
	r.store = r.open()
	r.loc = r.store.Location("test")
	if _, err := r.loc.Register(t.Context(), store.Catalogue{Name: "test", Hash: g.Hash(), Definitions: defs}); err != nil {
		t.Fatal(err)
	}
	return r
}

// open opens the database once more, as another process would.
func (r *rig) open() store.Store {
	r.t.Helper()
	s, err := sqlite.Open(r.t.Context(), sqlite.Config{Path: r.path, Mode: sqlite.ReadWrite})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = s.Close() })
	return s
}

func (r *rig) config(h host.Host) executor.Config {
	return executor.Config{
		Location: r.loc, Graph: r.graph, Host: h, ID: uuid.NewString(), Parallelism: 4,
		Lease: 3 * time.Second, Trust: 2 * time.Second, Renew: time.Second,
		CancelGrace: 100 * time.Millisecond, Sweep: 50 * time.Millisecond,
		Logger: slog.New(slog.NewTextHandler(r.t.Output(), nil)),
	}
}

func (r *rig) start(cfg executor.Config) *executor.Manager {
	r.t.Helper()
	m, err := executor.New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	m.Start()
	r.t.Cleanup(m.Stop)
	return m
}

type order struct {
	selection, partitions string
	config                json.RawMessage
	only                  []event.Step
	source                string
}

// create records a run as the server would.
func (r *rig) create(o order) string {
	r.t.Helper()
	id, err := r.record(r.t.Context(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func (r *rig) record(ctx context.Context, o order) (string, error) {
	now := time.Now().UTC()
	assets, err := r.graph.Select(o.selection)
	if err != nil {
		return "", err
	}
	names, partitions, err := plan.Canonical(r.graph, assets, o.partitions, now)
	if err != nil {
		return "", err
	}
	p, err := plan.Build(plan.Request{Graph: r.graph, Assets: assets, Partitions: partitions, Only: o.only, Now: now})
	if err != nil {
		return "", err
	}
	id := uuid.Must(uuid.NewV7()).String()
	_, _, err = r.loc.CreateRun(ctx, store.NewRun{ID: id, Status: store.NotStarted, Created: event.RunCreated{
		PlanHash: p.Hash, Steps: len(p.Steps), Selection: o.selection, Assets: names, Partitions: partitions,
		Only: o.only, Source: o.source, Config: o.config, Launcher: event.Launcher{Kind: "manual"},
	}})
	return id, err
}

// finish waits for the end of a run and returns it.
func (r *rig) finish(run string) store.Run {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	for _, err := range r.loc.WatchStream(ctx, run, 0) {
		if err != nil {
			r.t.Fatalf("waiting for run %s: %v", run, err)
		}
	}
	got, err := r.loc.Run(r.t.Context(), run)
	if err != nil {
		r.t.Fatal(err)
	}
	if !got.Status.Final() {
		r.t.Fatalf("run %s is %s and its stream ended", run, got.Status)
	}
	return got
}

func (r *rig) events(run string) []event.Event {
	r.t.Helper()
	var all []event.Event
	for after := uint64(0); ; {
		page, err := r.loc.Events(r.t.Context(), run, after, 1000)
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, page...)
		if len(page) < 1000 {
			return all
		}
		after = page[len(page)-1].Seq
	}
}

// types lists the events of a run as "Type step#attempt".
func (r *rig) types(run string) []string {
	var out []string
	for _, e := range r.events(run) {
		text := string(e.Type())
		if !e.Attempt.IsZero() {
			text += " " + e.Attempt.String()
		}
		out = append(out, text)
	}
	return out
}

// gate lets a test hold a function and see that it was reached.
type gate struct {
	reached chan event.Attempt
	open    chan struct{}
	once    sync.Once
}

func newGate() *gate { return &gate{reached: make(chan event.Attempt, 100), open: make(chan struct{})} }

func (g *gate) release() { g.once.Do(func() { close(g.open) }) }

// hold reports the attempt and waits for release or the end of ctx.
func (g *gate) hold(ctx context.Context, req host.Request, _ host.Env) (host.Result, error) {
	g.reached <- event.Attempt{Step: event.Step{Name: req.Step, Key: req.Key}, Number: req.Attempt}
	select {
	case <-g.open:
		return value(req), nil
	case <-ctx.Done():
		return failed(context.Cause(ctx).Error()), nil
	}
}

func data(upstream string) asset.Input { return asset.Input{Asset: upstream, Kind: asset.Data} }

func all(upstream string) asset.Input {
	return asset.Input{Asset: upstream, Kind: asset.Data, Mapping: partition.Mapping{Kind: partition.All}}
}

func daily() *partition.Definition {
	return &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-03-31"}
}

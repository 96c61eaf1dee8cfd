package retention_test

import (
	"context"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/daemon/retention"
	"rivers.io/runtime/event"
	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a database and a directory of values.
type world struct {
	t     testing.TB
	db    *sqlite.DB
	state store.Location
	graph *asset.Graph
	dir   string
	blob  *iohandler.Blob
	// ahead is how far the sweeper's clock is ahead.
	ahead time.Duration
	// values, when not nil, stands before the blobs.
	values func(retention.Values) retention.Values
	record func(retention.Record) retention.Record
}

var keys = &partition.Definition{Kind: partition.Static, Keys: []string{"b", "de", "DE", "x y"}}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), ahead: 48 * time.Hour}
	var err error
	if w.db, err = sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "rivers.db"), Mode: sqlite.ReadWrite}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.db.Close() })
	if w.blob, err = iohandler.OpenBlob(t.Context(), "file://"+filepath.ToSlash(w.dir)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.blob.Close() })
	w.graph, err = asset.Resolve(definitions())
	if err != nil {
		t.Fatal(err)
	}
	w.state = w.location("loc-1")
	return w
}

func definitions() []asset.Definition {
	return []asset.Definition{{Name: "report"}, {Name: "parts", Partitions: keys}}
}

func (w *world) location(id string) store.Location {
	w.t.Helper()
	l := w.db.Location(id)
	if _, err := l.Register(w.t.Context(), store.Catalogue{Name: id, Hash: w.graph.Hash(), Definitions: definitions()}); err != nil {
		w.t.Fatal(err)
	}
	return l
}

func (w *world) sweeper() *retention.Sweeper {
	values := retention.Values(objects{w.blob})
	if w.values != nil {
		values = w.values(values)
	}
	return retention.New(retention.Config{
		Values: values, Handler: iohandler.HandlerName, Graph: w.graph, Grace: 24 * time.Hour,
		Now:     func() time.Time { return time.Now().Add(w.ahead) },
		Records: w.records,
	})
}

func (w *world) records(ctx context.Context) ([]retention.Record, error) {
	found, err := w.db.Locations(ctx)
	var all []retention.Record
	for _, info := range found {
		rec := retention.Record(w.db.Location(info.ID))
		if w.record != nil {
			rec = w.record(rec)
		}
		all = append(all, rec)
	}
	return all, err
}

// sweep returns the reports of a sweep by asset.
func (w *world) sweep(order retention.Order) map[string]retention.Report {
	w.t.Helper()
	out, err := w.try(order)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func (w *world) try(order retention.Order) (map[string]retention.Report, error) {
	if order.Grace == 0 {
		order.Grace = 24 * time.Hour
	}
	out := map[string]retention.Report{}
	err := w.sweeper().Sweep(w.t.Context(), order, func(r retention.Report) error {
		out[r.Asset] = r
		return nil
	})
	return out, err
}

// write stores a value that nothing refers to yet.
func (w *world) write(name string, key partition.Key) rivers.Ref {
	w.t.Helper()
	ref, err := w.blob.HandleOutput(&rivers.OutputContext{
		Context: w.t.Context(), Logger: slog.New(slog.DiscardHandler), Asset: name, Partition: key, Run: "run", Attempt: 1,
		ValueID: uuid.Must(uuid.NewV7()).String(), Type: reflect.TypeFor[int](),
	}, 7)
	if err != nil {
		w.t.Error(err)
	}
	return ref
}

// files lists the paths of everything below the values of an asset.
func (w *world) files(name string) []string {
	w.t.Helper()
	var all []string
	err := filepath.WalkDir(filepath.Join(w.dir, name), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(w.dir, path)
			all = append(all, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func (w *world) has(ref rivers.Ref) bool {
	_, err := os.Stat(filepath.Join(w.dir, filepath.FromSlash(ref.Path)))
	return err == nil
}

// run is a run that is carried out by hand.
type run struct {
	w       *world
	state   store.Location
	id      string
	epoch   uint64
	counter uint64
}

func (w *world) begin(state store.Location, created event.RunCreated) *run {
	w.t.Helper()
	id := uuid.Must(uuid.NewV7()).String()
	created.Assets = []string{"report", "parts"}
	if _, _, err := state.CreateRun(w.t.Context(), store.NewRun{ID: id, Status: store.NotStarted, Created: created}); err != nil {
		w.t.Error(err)
	}
	claim, err := state.TakeOver(w.t.Context(), id, store.TakeOver{Executor: "executor-1", Lease: time.Minute})
	if err != nil {
		w.t.Error(err)
	}
	return &run{w: w, state: state, id: id, epoch: claim.Epoch}
}

func (r *run) append(events ...event.Event) {
	r.w.t.Helper()
	r.counter++
	_, err := r.state.Append(context.Background(), r.id, store.Append{
		Writer: "executor-1-" + r.id, Counter: r.counter, Parts: []store.Part{{Epoch: r.epoch, Events: events}},
	})
	if err != nil {
		r.w.t.Error(err)
	}
}

// publish records a materialization of a value.
func (r *run) publish(name string, key partition.Key, ref rivers.Ref) {
	r.w.t.Helper()
	a := event.Attempt{Step: event.Step{Name: name, Key: key}, Number: 1}
	r.append(event.Event{Attempt: a, Payload: &event.StepLaunched{Token: "t-" + r.id + a.String(), Worker: event.InProcess}})
	r.append(event.Event{Attempt: a, Payload: &event.Materialization{
		Value: &event.ValueRef{Handler: ref.Handler, Path: ref.Path, Format: ref.Format, Bytes: ref.Bytes}, DataVersion: "v1",
	}}, event.Event{Attempt: a, Payload: &event.StepSucceeded{Duration: time.Second}})
}

func (r *run) finish() {
	r.w.t.Helper()
	r.append(event.Event{Payload: &event.RunFinished{Outcome: event.Succeeded}})
}

func (r *run) delete() {
	r.w.t.Helper()
	if err := r.state.DeleteRun(r.w.t.Context(), r.id); err != nil {
		r.w.t.Fatal(err)
	}
}

// made returns a value that a run of its own published.
func (w *world) made(name string, key partition.Key) (*run, rivers.Ref) {
	w.t.Helper()
	r := w.begin(w.state, event.RunCreated{})
	ref := w.write(name, key)
	r.publish(name, key, ref)
	r.finish()
	return r, ref
}

// objects are the stored values.
type objects struct{ *iohandler.Blob }

func (o objects) Objects(ctx context.Context, name string) iter.Seq2[retention.Object, error] {
	return func(yield func(retention.Object, error) bool) {
		for found, err := range o.Blob.Objects(ctx, name) {
			if !yield(retention.Object(found), err) {
				return
			}
		}
	}
}

func (objects) Directory(name string, key partition.Key) string {
	return iohandler.Directory(name, key)
}

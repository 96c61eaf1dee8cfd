package retention_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rivers.io/runtime/daemon/retention"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/store"
)

func TestUnpublishedValuesGo(t *testing.T) {
	w := newWorld(t)
	lost := w.write("report", "")
	_, kept := w.made("report", "")
	lostPart := w.write("parts", "x y")
	_, keptPart := w.made("parts", "x y")

	dry := w.sweep(retention.Order{DryRun: true})
	if !w.has(lost) || !w.has(lostPart) {
		t.Fatal("a dry run removed something")
	}
	got := w.sweep(retention.Order{})
	for _, name := range []string{"report", "parts"} {
		if diff := cmp.Diff(dry[name].Examples, got[name].Examples); diff != "" || got[name].Removed != 1 {
			t.Errorf("%s: a dry run says otherwise, or not one of %d went (-dry +real):\n%s", name, got[name].Removed, diff)
		}
	}
	if w.has(lost) || w.has(lostPart) {
		t.Error("a value that nothing refers to is still there")
	}
	if !w.has(kept) || !w.has(keptPart) {
		t.Error("a value that a materialization refers to is gone")
	}
	if r := got["report"]; r.Objects != 2 || r.Bytes != lost.Bytes || len(r.Problems) > 0 {
		t.Errorf("report = %+v", r)
	}
}

func TestYoungValuesStay(t *testing.T) {
	w := newWorld(t)
	w.ahead = 23 * time.Hour
	lost := w.write("report", "")
	w.made("report", "")
	if r := w.sweep(retention.Order{})["report"]; r.Young != 2 || r.Removed != 0 || !w.has(lost) {
		t.Errorf("report = %+v", r)
	}
}

func TestEverySupersededValueOfARunStays(t *testing.T) {
	w := newWorld(t)
	_, first := w.made("report", "")
	_, second := w.made("report", "")
	w.sweep(retention.Order{})
	if !w.has(first) || !w.has(second) {
		t.Error("a run's value is gone: a rerun could not read what its source read")
	}
}

func TestValuesOfDeletedRuns(t *testing.T) {
	w := newWorld(t)
	oldRun, old := w.made("parts", "b")
	lastRun, last := w.made("parts", "b")
	onlyRun, only := w.made("parts", "DE")
	oddRun, odd := w.made("parts", "gone") // a key that is not declared any more
	w.write("parts", "DE")                 // so that no pointer names what is published
	w.write("parts", "gone")
	for _, r := range []*run{oldRun, lastRun, onlyRun, oddRun} {
		r.delete()
	}
	got := w.sweep(retention.Order{})["parts"]
	for ref, want := range map[rivers.Ref]bool{old: false, last: true, only: true, odd: true} {
		if w.has(ref) != want {
			t.Errorf("%s: there is %v, want %v", ref.Path, !want, want)
		}
	}
	if len(got.Problems) > 0 {
		t.Error(got.Problems)
	}
}

func TestWhatTheLatestPointerNamesStays(t *testing.T) {
	w := newWorld(t)
	earlier := w.write("report", "")
	newest := w.write("report", "")
	w.sweep(retention.Order{})
	if w.has(earlier) || !w.has(newest) {
		t.Error("of two values that nothing refers to, exactly the one that latest names stays")
	}
	if got := w.files("report"); len(got) != 2 {
		t.Errorf("there are %q, want the pointer and its value", got)
	}
}

func TestForeignFilesStay(t *testing.T) {
	w := newWorld(t)
	lost := w.write("report", "")
	w.made("report", "")
	v4 := uuid.NewString()
	v7 := uuid.Must(uuid.NewV7()).String()
	foreign := []string{
		"report/notes.txt", "report/_/notes.json", "report/_/" + v4 + ".json", "report/_/" + v7 + ".csv", "report/_/" + v7,
		"report/" + v7 + ".json", "report/_/deep/" + v7 + ".json", "report/_/" + strings.ToUpper(v7) + ".json", "report/_/.temporary",
	}
	for _, name := range foreign {
		path := filepath.Join(w.dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("mine"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	w.sweep(retention.Order{})
	if w.has(lost) {
		t.Error("the value beside the foreign files is still there")
	}
	for _, name := range foreign {
		if !w.has(rivers.Ref{Path: name}) {
			t.Errorf("%s is gone", name)
		}
	}
}

func TestActiveRunsProtect(t *testing.T) {
	w := newWorld(t)
	active := w.begin(w.state, event.RunCreated{})
	value := w.write("report", "")
	w.write("report", "")
	w.sweep(retention.Order{})
	if !w.has(value) {
		t.Fatal("a value is gone that an active run may still publish")
	}
	active.finish()
	w.sweep(retention.Order{})
	if w.has(value) {
		t.Error("a value that nobody can publish any more is still there")
	}
}

// TestARunThatBeginsWhileSweeping writes values that look old already, as where
// the sweeper's clock is ahead of the writer's.
func TestARunThatBeginsWhileSweeping(t *testing.T) {
	w := newWorld(t)
	w.write("report", "")
	value := w.write("report", "")
	w.write("report", "")
	var active *run
	w.values = func(v retention.Values) retention.Values {
		return failing{Values: v, listed: func(path string) {
			if path == value.Path {
				active = w.begin(w.state, event.RunCreated{})
			}
		}}
	}
	w.sweep(retention.Order{Assets: []string{"report"}})
	if !w.has(value) {
		t.Fatal("a value is gone that the new run may publish")
	}
	active.publish("report", "", value)
}

func TestARetryKeepsTheValuesOfItsDeletedSource(t *testing.T) {
	w := newWorld(t)
	source, value := w.made("report", "")
	w.made("report", "")
	retry := w.begin(w.state, event.RunCreated{Source: source.id})
	source.delete()
	w.sweep(retention.Order{})
	if !w.has(value) {
		t.Fatal("the value is gone that the retry reads")
	}
	retry.finish()
	w.sweep(retention.Order{})
	if w.has(value) {
		t.Error("the value of the deleted run outlives the retry")
	}
}

func TestAnotherLocationOfTheDatabase(t *testing.T) {
	w := newWorld(t)
	other := w.begin(w.location("loc-2"), event.RunCreated{})
	value := w.write("report", "")
	other.publish("report", "", value)
	other.finish()
	w.write("report", "")
	w.sweep(retention.Order{})
	if !w.has(value) {
		t.Error("the value of an equally named asset of another location is gone")
	}
}

func TestCorruptReferencesKeepTheAsset(t *testing.T) {
	w := newWorld(t)
	r := w.begin(w.state, event.RunCreated{})
	r.publish("report", "", rivers.Ref{Handler: "blob", Path: "report/_/what.json"})
	r.finish()
	report := w.write("report", "")
	w.write("report", "")
	part := w.write("parts", "b")
	w.write("parts", "b")
	got := w.sweep(retention.Order{})
	if !w.has(report) || len(got["report"].Problems) == 0 || got["report"].Removed != 0 {
		t.Errorf("report = %+v", got["report"])
	}
	if w.has(part) {
		t.Error("the trouble of one asset kept another from being looked at")
	}
}

// failing refuses some calls of the stored values.
type failing struct {
	retention.Values
	delete  func(path string) error
	pointer error
	listed  func(path string)
}

func (f failing) Delete(ctx context.Context, path string) error {
	if f.delete != nil {
		if err := f.delete(path); err != nil {
			return err
		}
	}
	return f.Values.Delete(ctx, path)
}

func (f failing) Newest(ctx context.Context, dir string) (string, error) {
	if f.pointer != nil {
		return "", f.pointer
	}
	return f.Values.Newest(ctx, dir)
}

func (f failing) Objects(ctx context.Context, name string) iter.Seq2[retention.Object, error] {
	return func(yield func(retention.Object, error) bool) {
		for o, err := range f.Values.Objects(ctx, name) {
			if f.listed != nil {
				f.listed(o.Path)
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

var errBroken = errors.New("broken")

func TestOneObjectThatCannotBeRemoved(t *testing.T) {
	w := newWorld(t)
	stuck, other := w.write("report", ""), w.write("report", "")
	w.made("report", "")
	w.values = func(v retention.Values) retention.Values {
		return failing{Values: v, delete: func(path string) error {
			if path == stuck.Path {
				return errBroken
			}
			return nil
		}}
	}
	got := w.sweep(retention.Order{})["report"]
	if w.has(other) || got.Removed != 1 || got.Failed != 1 || len(got.Problems) != 1 || !errors.Is(got.Problems[0], errBroken) {
		t.Errorf("report = %+v", got)
	}
	w.values = nil
	if got := w.sweep(retention.Order{})["report"]; got.Removed != 1 || w.has(stuck) {
		t.Errorf("once it can be removed: %+v", got)
	}
}

func TestAPointerThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	lost := w.write("report", "")
	w.made("report", "")
	w.values = func(v retention.Values) retention.Values { return failing{Values: v, pointer: errBroken} }
	if got := w.sweep(retention.Order{})["report"]; !w.has(lost) || got.Failed != 1 || len(got.Problems) != 1 {
		t.Errorf("report = %+v", got)
	}
}

func TestCutShortAndRepeated(t *testing.T) {
	w := newWorld(t)
	var lost []rivers.Ref
	for range 5 {
		lost = append(lost, w.write("report", ""))
	}
	_, kept := w.made("report", "")
	ctx, cancel := context.WithCancel(t.Context())
	w.values = func(v retention.Values) retention.Values {
		return failing{Values: v, delete: func(path string) error {
			if path == lost[2].Path {
				cancel()
			}
			return ctx.Err()
		}}
	}
	err := w.sweeper().Sweep(ctx, retention.Order{Grace: time.Hour}, func(retention.Report) error { return nil })
	if !errors.Is(err, context.Canceled) || w.has(lost[0]) || !w.has(lost[4]) {
		t.Fatalf("cut short: %v", err)
	}
	w.values = nil
	if got := w.sweep(retention.Order{})["report"]; got.Removed != 3 || !w.has(kept) {
		t.Errorf("repeated: %+v", got)
	}
}

// TestPublishedWhileSweeping publishes an old value between the reading of
// references and the removal: it is seen when candidates are settled.
func TestPublishedWhileSweeping(t *testing.T) {
	w := newWorld(t)
	w.made("report", "")
	value := w.write("report", "")
	other := w.write("report", "")
	w.made("report", "")
	var once sync.Once
	w.values = func(v retention.Values) retention.Values {
		return failing{Values: v, listed: func(path string) {
			if path == other.Path {
				once.Do(func() {
					r := w.begin(w.state, event.RunCreated{})
					r.publish("report", "", value)
					r.finish()
				})
			}
		}}
	}
	w.sweep(retention.Order{})
	if !w.has(value) || w.has(other) {
		t.Errorf("published %v, lost %v; want true, false", w.has(value), w.has(other))
	}
}

// TestBesideRuns sweeps over and over while runs write and publish: nothing that
// is published may be missing.
func TestBesideRuns(t *testing.T) {
	w := newWorld(t)
	w.ahead = 0
	ctx, cancel := context.WithCancel(t.Context())
	var sweeps sync.WaitGroup
	sweeps.Go(func() {
		s := w.sweeper()
		for ctx.Err() == nil {
			err := s.Sweep(ctx, retention.Order{Grace: time.Nanosecond}, func(r retention.Report) error { return errors.Join(r.Problems...) })
			if err != nil && ctx.Err() == nil {
				t.Error(err)
				return
			}
		}
	})
	var writers sync.WaitGroup
	var mu sync.Mutex
	var published []rivers.Ref
	for _, key := range []partition.Key{"b", "de", "DE"} {
		writers.Go(func() {
			for range 15 {
				r := w.begin(w.state, event.RunCreated{})
				w.write("parts", key) // of an attempt that fails
				ref := w.write("parts", key)
				r.publish("parts", key, ref)
				r.finish()
				mu.Lock()
				published = append(published, ref)
				mu.Unlock()
			}
		})
	}
	writers.Wait()
	cancel()
	sweeps.Wait()
	for _, ref := range published {
		if !w.has(ref) {
			t.Errorf("%s is published and gone", ref.Path)
		}
	}
	if got := w.sweep(retention.Order{Grace: time.Nanosecond})["parts"]; len(got.Problems) > 0 || len(w.files("parts")) > len(published)+3 {
		t.Errorf("%d files for %d values and 3 pointers: %+v", len(w.files("parts")), len(published), got)
	}
}

func TestAnotherDatabaseKeepsEverything(t *testing.T) {
	w := newWorld(t)
	lost := w.write("report", "")
	w.made("report", "")
	shared := &retention.SharedError{Claim: ".rivers/databases/x"}
	s := retention.New(retention.Config{
		Values: objects{w.blob}, Handler: "blob", Graph: w.graph, Records: w.records,
		Exclusive: func(context.Context) error { return shared }, Now: func() time.Time { return time.Now().Add(48 * time.Hour) },
	})
	err := s.Sweep(t.Context(), retention.Order{}, func(retention.Report) error { return nil })
	if !errors.Is(err, shared) || !w.has(lost) {
		t.Errorf("err = %v", err)
	}
}

// broken has a history that cannot be read.
type broken struct{ retention.Record }

func (broken) AssetHistory(context.Context, string, store.HistoryFilter, store.Page) ([]event.Event, string, error) {
	return nil, "", store.ErrCorrupt
}

func TestAHistoryThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	lost := w.write("report", "")
	w.made("report", "")
	w.record = func(r retention.Record) retention.Record { return broken{r} }
	got := w.sweep(retention.Order{})["report"]
	if !w.has(lost) || len(got.Problems) != 1 || !errors.Is(got.Problems[0], store.ErrCorrupt) {
		t.Errorf("report = %+v", got)
	}
}

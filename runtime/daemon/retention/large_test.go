package retention_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/daemon/retention"
	"rivers.io/runtime/event"
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/store"
)

// paged answers with one row a page.
type paged struct{ retention.Record }

func (p paged) AssetHistory(ctx context.Context, asset string, f store.HistoryFilter, page store.Page) ([]event.Event, string, error) {
	page.Size = 1
	return p.Record.AssetHistory(ctx, asset, f, page)
}

func (p paged) ListRuns(ctx context.Context, f store.RunFilter, page store.Page) ([]store.Run, string, error) {
	page.Size = 1
	return p.Record.ListRuns(ctx, f, page)
}

func TestManyValues(t *testing.T) {
	w := newWorld(t)
	w.record = func(r retention.Record) retention.Record { return paged{r} }
	var kept []rivers.Ref
	for range 5 {
		_, ref := w.made("report", "")
		kept = append(kept, ref)
	}
	for n := range 2100 {
		path := filepath.Join(w.dir, "report", "_", uuid.Must(uuid.NewV7()).String()+".json")
		if err := os.WriteFile(path, fmt.Append(nil, n%10), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := w.sweep(retention.Order{Assets: []string{"report"}})
	if r := got["report"]; len(got) != 1 || r.Removed != 2100 || r.Bytes != 2100 || len(r.Examples) != 10 || r.Objects != 2105 {
		t.Errorf("removed %d of %d, %d bytes, %d examples, %d assets", r.Removed, r.Objects, r.Bytes, len(r.Examples), len(got))
	}
	for _, ref := range kept {
		if !w.has(ref) {
			t.Errorf("%s is gone", ref.Path)
		}
	}
}

func TestOfSeveralActiveRunsTheOldestCounts(t *testing.T) {
	w := newWorld(t)
	w.record = func(r retention.Record) retention.Record { return paged{r} }
	oldest := w.begin(w.state, event.RunCreated{})
	for range 2 {
		w.begin(w.state, event.RunCreated{})
	}
	created, err := w.state.Run(t.Context(), oldest.id)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.sweep(retention.Order{})["report"].Before; !got.Equal(created.CreatedAt.Add(-time.Minute)) {
		t.Errorf("values before %s, want a minute before %s", got, created.CreatedAt)
	}
}

// TestTheEventThatWasLookedAtLastVanishes deletes the newest run between the
// reading of references and the removal.
func TestTheEventThatWasLookedAtLastVanishes(t *testing.T) {
	w := newWorld(t)
	_, kept := w.made("report", "")
	last, lastRef := w.made("report", "")
	lost := w.write("report", "")
	w.write("report", "")
	var once sync.Once
	w.values = func(v retention.Values) retention.Values {
		return failing{Values: v, listed: func(path string) {
			if path == lost.Path {
				once.Do(last.delete)
			}
		}}
	}
	got := w.sweep(retention.Order{})["report"]
	if !w.has(kept) || !w.has(lastRef) || w.has(lost) || len(got.Problems) > 0 {
		t.Errorf("report = %+v", got)
	}
}

func TestASweepWaitsForAnother(t *testing.T) {
	w := newWorld(t)
	s := w.sweeper()
	err := s.Sweep(t.Context(), retention.Order{}, func(retention.Report) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Sweep(ctx, retention.Order{}, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("a second sweep: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

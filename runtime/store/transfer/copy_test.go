package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
	"rivers.io/runtime/store/surreal"
	"rivers.io/runtime/store/surreal/conn"
	"rivers.io/runtime/store/transfer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database is a store that can be copied from and to.
type database interface {
	store.Store
	transfer.Database
}

// kinds open a new database of each kind.
var kinds = map[string]func(testing.TB, *clock) database{"sqlite": newFile, "surreal": newServer}

func newFile(t testing.TB, c *clock) database {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "rivers.db"), Mode: sqlite.ReadWrite, Now: c.Now})
	return opened(t, db, err)
}

func newServer(t testing.TB, c *clock) database {
	t.Helper()
	on := surrealtest.Shared(t)
	db, err := surreal.Open(t.Context(), surreal.Config{
		Endpoint: on.URL, Namespace: on.Namespace, Database: on.Database, Mode: surreal.ReadWrite, Now: c.Now,
		Credentials: conn.Credentials{User: on.Owner.User, Password: on.Owner.Password},
	})
	return opened(t, db, err)
}

func opened(t testing.TB, db database, err error) database {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

const (
	here  = "location-1"
	there = "location-2"
)

func copied(t testing.TB, from database, id string, to database, as string) transfer.Report {
	t.Helper()
	r, err := transfer.Copy(t.Context(), from.Export(id), to.Import(as), to.Export(as), transfer.Options{Origin: "origin"})
	if err != nil {
		t.Fatal(err, r.Differences)
	}
	same(t, from, id, to, as)
	return r
}

// same compares every answer of two stores.
func same(t testing.TB, a database, id string, b database, as string) {
	t.Helper()
	if diff := cmp.Diff(answers(t, a, id), answers(t, b, as)); diff != "" {
		t.Fatalf("the copy answers otherwise (-want +got):\n%s", diff)
	}
	differences, err := transfer.Compare(t.Context(), a.Export(id), b.Export(as))
	if err != nil || len(differences) > 0 {
		t.Fatal(err, differences)
	}
	if differences, err = transfer.Check(t.Context(), b.Export(as)); err != nil || len(differences) > 0 {
		t.Fatal("what is stored does not follow from the events: ", err, differences)
	}
	whole, ok := b.(interface {
		Compare(ctx context.Context) ([]string, error)
	})
	if !ok {
		return
	}
	if differences, err = whole.Compare(t.Context()); err != nil || len(differences) > 0 {
		t.Fatal("what is stored does not follow from the events: ", err, differences)
	}
}

// TestThereAndBack copies a location to every kind of database under another
// identity, and back.
func TestThereAndBack(t *testing.T) {
	for from, open := range kinds {
		for to, target := range kinds {
			t.Run(from+" to "+to, func(t *testing.T) {
				c := newClock()
				a, b, back := open(t, c), target(t, c), open(t, c)
				s := tell(t, a.Location(here))
				if from != to {
					s.much()
				}
				r := copied(t, a, here, b, there)
				if r.Runs != len(s.ids) || len(r.Active) != 4 || r.Copied != r.Runs+r.Streams {
					t.Fatalf("%+v, want %d runs, 4 of them active", r, len(s.ids))
				}
				copied(t, b, there, back, here)
				same(t, a, here, back, here)
				goOn(t, back, c, s)
			})
		}
	}
}

// goOn shows that a copy can be worked with as its source could.
func goOn(t *testing.T, db database, c *clock, s *story) {
	ctx, l := t.Context(), db.Location(here)
	live := s.ids["live"]
	_, err := l.Append(ctx, live, store.Append{Writer: "w", Counter: 1, Parts: []store.Part{{Token: "live-1", Events: []event.Event{made(at("days", "2024-01-02", 1), "again")}}}})
	if !errors.Is(err, store.ErrPrecondition) {
		t.Fatalf("a second materialization of an attempt: %v", err)
	}
	appended, err := l.Append(ctx, live, store.Append{Writer: "writer-" + live, Counter: 1, Parts: []store.Part{{Token: "live-1"}}})
	if err != nil || !appended.Duplicate {
		t.Fatalf("a resend is not recognised: %+v, %v", appended, err)
	}
	_, err = l.Append(ctx, live, store.Append{Writer: "w", Counter: 2, Parts: []store.Part{{Token: "live-2", Events: []event.Event{
		made(at("plain", "", 1), "new"), of(at("plain", "", 1), &event.StepSucceeded{})}}}})
	if err != nil {
		t.Fatalf("the token of a live attempt: %v", err)
	}
	states, err := l.AssetStates(ctx, []string{"plain"})
	if err != nil || states[0].Last == nil || states[0].Last.Event.DataVersion != "new" {
		t.Fatalf("the newest materialization is %+v, %v", states, err)
	}
	events, _, err := l.AssetHistory(ctx, "plain", store.HistoryFilter{}, store.Page{Size: 1})
	if err != nil || len(events) != 1 || events[0].Stream != live {
		t.Fatalf("the newest of the history is %+v, %v", events, err)
	}
	orphans, err := l.Orphans(ctx, 10)
	if err != nil || len(orphans) != 3 {
		t.Fatalf("%d runs are to be taken over: %v", len(orphans), err)
	}
	claim, err := l.TakeOver(ctx, live, store.TakeOver{Executor: "new", Lease: 1e9, Adopt: []string{"live-1"}})
	if err != nil || claim.Epoch != 2 {
		t.Fatalf("takeover: %+v, %v", claim, err)
	}
	_, err = l.Append(ctx, live, store.Append{Writer: "w", Counter: 3, Parts: []store.Part{{Epoch: claim.Epoch, Events: []event.Event{{Payload: &event.RunFinished{Outcome: event.Canceled}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.DeleteRun(ctx, live); err != nil {
		t.Fatal(err)
	}
	if err := l.AppendLogs(ctx, s.ids["succeeded"], []store.LogLine{line(at("days", "2024-01-01", 1), store.Stdout, "late")}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Observe(ctx, "seen", event.Observation{DataVersion: "late"}); err != nil {
		t.Fatal(err)
	}
	counts, err := l.CountRuns(ctx)
	want := map[store.Status]int64{store.Queued: 1, store.NotStarted: 1, store.Started: 1, store.Succeeded: 1, store.Failed: 2, store.Canceled: 1}
	if diff := cmp.Diff(want, counts); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
}

// TestAgain repeats copies.
func TestAgain(t *testing.T) {
	for name, open := range kinds {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			a, b := newFile(t, c), open(t, c)
			s := tell(t, a.Location(here))
			for n := 1; ; n++ {
				r, err := transfer.Copy(t.Context(), a.Export(here), &dying{Target: b.Import(there), left: n/2 + 2}, b.Export(there), transfer.Options{Origin: "origin"})
				if err == nil && n > 7 {
					break
				}
				if !errors.Is(err, errDied) {
					t.Fatal(err, r.Differences)
				}
				if list, err := b.Locations(t.Context()); err != nil || len(list) > 0 {
					t.Fatalf("a copy that is not whole is listed: %v, %v", list, err)
				}
				switch n {
				case 3: // the source goes on meanwhile
					if _, err := a.Location(here).Observe(t.Context(), "seen", event.Observation{}); err != nil {
						t.Fatal(err)
					}
				case 5:
					if err := a.Location(here).FailLaunch(t.Context(), s.ids["waiting"], "meanwhile"); err != nil {
						t.Fatal(err)
					}
				case 7:
					if err := a.Location(here).DeleteRun(t.Context(), s.ids["retried"]); err != nil {
						t.Fatal(err)
					}
				}
			}
			same(t, a, here, b, there)
			_, err := transfer.Copy(t.Context(), a.Export(here), b.Import(there), b.Export(there), transfer.Options{Origin: "origin"})
			if !errors.Is(err, store.ErrExists) {
				t.Fatalf("a copy onto a location that is there: %v", err)
			}
			_, err = transfer.Copy(t.Context(), a.Export(here), b.Import("location-3"), b.Export("location-3"), transfer.Options{Origin: "origin"})
			if !errors.Is(err, store.ErrExists) {
				t.Fatalf("runs that belong to another location: %v", err)
			}
		})
	}
}

var errDied = errors.New("the process died")

// dying is a target whose process dies after some writes: it carries out the
// last, or does not.
type dying struct {
	transfer.Target
	left int
}

func (d *dying) do(write func() error) error {
	d.left--
	if d.left < 0 {
		return errDied
	}
	if err := write(); err != nil {
		return err
	}
	if d.left == 0 {
		return errDied
	}
	return nil
}

func (d *dying) WriteEvents(ctx context.Context, s transfer.Stream, events []transfer.Event) error {
	half := len(events) / 2
	if d.left == 1 && half > 0 {
		return d.do(func() error { return d.Target.WriteEvents(ctx, s, events[:half]) })
	}
	return d.do(func() error { return d.Target.WriteEvents(ctx, s, events) })
}

func (d *dying) WriteLogs(ctx context.Context, s transfer.Stream, lines iter.Seq2[[]store.LogLine, error]) error {
	if d.left == 1 {
		d.left = -1
		return d.Target.WriteLogs(ctx, s, func(yield func([]store.LogLine, error) bool) {
			for batch, err := range lines {
				if !yield(batch, err) {
					return
				}
				break
			}
			yield(nil, errDied)
		})
	}
	return d.do(func() error { return d.Target.WriteLogs(ctx, s, lines) })
}

func (d *dying) WriteStream(ctx context.Context, s transfer.Stream) error {
	return d.do(func() error { return d.Target.WriteStream(ctx, s) })
}

func (d *dying) WriteFacts(ctx context.Context, facts []transfer.Fact) error {
	return d.do(func() error { return d.Target.WriteFacts(ctx, facts) })
}

func (d *dying) WriteCatalogue(ctx context.Context, c transfer.Catalogue) error {
	return d.do(func() error { return d.Target.WriteCatalogue(ctx, c) })
}

func (d *dying) WriteRequests(ctx context.Context, list []transfer.Request) error {
	return d.do(func() error { return d.Target.WriteRequests(ctx, list) })
}

func (d *dying) Finish(ctx context.Context, c transfer.Catalogue) error {
	if d.left == 0 {
		return errDied
	}
	return d.Target.Finish(ctx, c) // after that there is nothing to repeat
}

// TestCompareNames tells each kind of difference by what it is.
func TestCompareNames(t *testing.T) {
	c := newClock()
	a, b := newFile(t, c), newFile(t, c)
	s := tell(t, a.Location(here))
	copied(t, a, here, b, here)
	l := b.Location(here)
	for name, change := range map[string]func() error{
		"run " + s.ids["waiting"]: func() error { return l.FailLaunch(t.Context(), s.ids["waiting"], "x") },
		"run " + s.ids["succeeded"]: func() error {
			return l.AppendLogs(t.Context(), s.ids["succeeded"], []store.LogLine{line(event.Attempt{}, store.Process, "x")})
		},
		"stream asset:seen":        func() error { _, err := l.Observe(t.Context(), "seen", event.Observation{}); return err },
		"run " + s.ids["canceled"]: func() error { return l.DeleteRun(t.Context(), s.ids["canceled"]) },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		differences, err := transfer.Compare(t.Context(), a.Export(here), b.Export(here))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, d := range differences {
			found = found || len(d) > len(name) && d[:len(name)] == name
		}
		if !found {
			t.Errorf("%s is not among %v", name, differences)
		}
	}
	if differences, err := transfer.Compare(t.Context(), a.Export("nowhere"), b.Export(here)); !errors.Is(err, store.ErrNotFound) {
		t.Error(fmt.Sprint(differences), err)
	}
}

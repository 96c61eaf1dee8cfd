package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// Clock is a clock that only moves when it is told to.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that shows a fixed instant.
func NewClock() *Clock { return &Clock{now: time.Date(2001, 2, 3, 4, 5, 6, 7, time.UTC)} }

// Now returns what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move moves the clock, backwards when d is negative.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fixture is what a test of the suite works with.
type fixture struct {
	*testing.T
	ctx   context.Context
	db    Database
	clock *Clock
	st    store.Store
	l     store.Location
}

const lease = 15 * time.Second

func newFixture(t *testing.T, db Database) *fixture {
	f := &fixture{T: t, ctx: t.Context(), db: db, clock: NewClock()}
	f.st = f.open(Options{Now: f.clock.Now})
	f.l = f.st.Location("location-1")
	return f
}

// open opens the database once more.
func (f *fixture) open(opt Options) store.Store {
	f.Helper()
	st, err := f.db.Open(f.ctx, opt)
	f.ok(err)
	f.Cleanup(func() {
		if err := st.Close(); err != nil {
			f.Errorf("close: %v", err)
		}
	})
	return st
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// is fails unless err is the sentinel.
func (f *fixture) is(err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Fatalf("got error %v, want %v", err, want)
	}
}

func (f *fixture) equal(want, got any, opts ...cmp.Option) {
	f.Helper()
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		f.Fatalf("differs (-want +got):\n%s", diff)
	}
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// order is the smallest order of a run.
func order(mutate ...func(*store.NewRun)) store.NewRun {
	run := store.NewRun{ID: newID(), Status: store.NotStarted, Created: event.RunCreated{
		PlanHash: "plan", Steps: 3, Assets: []string{"a", "b"}, Launcher: event.Launcher{Kind: "manual"},
	}}
	for _, m := range mutate {
		m(&run)
	}
	return run
}

func (f *fixture) create(mutate ...func(*store.NewRun)) store.Run {
	f.Helper()
	run, created, err := f.l.CreateRun(f.ctx, order(mutate...))
	f.ok(err)
	if !created {
		f.Fatalf("run %s was not created", run.ID)
	}
	return run
}

// started is a run with an owner.
type started struct {
	f       *fixture
	l       store.Location
	id      string
	epoch   uint64
	writer  string
	counter uint64
}

func (f *fixture) start(mutate ...func(*store.NewRun)) *started {
	f.Helper()
	run := f.create(mutate...)
	claim, err := f.l.TakeOver(f.ctx, run.ID, store.TakeOver{Executor: "executor-1", Image: "image", Lease: lease})
	f.ok(err)
	return &started{f: f, l: f.l, id: run.ID, epoch: claim.Epoch, writer: "writer-1"}
}

func (s *started) try(parts ...store.Part) (store.Appended, error) {
	s.counter++
	return s.l.Append(s.f.ctx, s.id, store.Append{Writer: s.writer, Counter: s.counter, Parts: parts, Lease: lease})
}

func (s *started) append(parts ...store.Part) store.Appended {
	s.f.Helper()
	got, err := s.try(parts...)
	s.f.ok(err)
	return got
}

// owner is a part under the run's epoch.
func (s *started) owner(events ...event.Event) store.Part {
	return store.Part{Epoch: s.epoch, Events: events}
}

func worker(token string, events ...event.Event) store.Part {
	return store.Part{Token: token, Events: events}
}

func attempt(name string, key partition.Key, n int) event.Attempt {
	return event.Attempt{Step: event.Step{Name: name, Key: key}, Number: n}
}

func of(a event.Attempt, p event.Payload) event.Event { return event.Event{Attempt: a, Payload: p} }

func launch(a event.Attempt, token string) event.Event {
	return of(a, &event.StepLaunched{Token: token, Worker: event.InProcess})
}

func materialized(a event.Attempt, version string) event.Event {
	return of(a, &event.Materialization{DataVersion: version, CodeVersion: "c1"})
}

func succeeded(a event.Attempt) event.Event {
	return of(a, &event.StepSucceeded{Duration: time.Second})
}

func failed(a event.Attempt, final bool) event.Event {
	return of(a, &event.StepFailed{Reason: event.ReasonError, Error: "boom", Final: final})
}

func finished(o event.Outcome) event.Event {
	return event.Event{Payload: &event.RunFinished{Outcome: o, Cause: causeOf(o)}}
}

func causeOf(o event.Outcome) string {
	if o == event.Succeeded {
		return ""
	}
	return "because"
}

// do carries out one step from launch to success.
func (s *started) do(a event.Attempt, version string) {
	s.f.Helper()
	token := "token-" + a.String()
	s.append(s.owner(launch(a, token)))
	s.append(worker(token, materialized(a, version), succeeded(a)))
}

// fail carries out one step from launch to its final failure.
func (s *started) fail(a event.Attempt) {
	s.f.Helper()
	token := "token-" + a.String()
	s.append(s.owner(launch(a, token)))
	s.append(worker(token, failed(a, true)))
}

func (s *started) finish(o event.Outcome) {
	s.f.Helper()
	s.append(s.owner(finished(o)))
}

// events reads the whole stream.
func (f *fixture) events(stream string) []event.Event {
	f.Helper()
	list, err := f.l.Events(f.ctx, stream, 0, 0)
	f.ok(err)
	for i, e := range list {
		if e.Seq != uint64(i+1) || e.Stream != stream {
			f.Fatalf("event %d of %s has number %d of %s", i+1, stream, e.Seq, e.Stream)
		}
	}
	return list
}

// types lists the types of a stream's events.
func (f *fixture) types(stream string) []event.Type {
	f.Helper()
	var list []event.Type
	for _, e := range f.events(stream) {
		list = append(list, e.Type())
	}
	return list
}

func (f *fixture) run(id string) store.Run {
	f.Helper()
	run, err := f.l.Run(f.ctx, id)
	f.ok(err)
	return run
}

func ids(runs []store.Run) []string {
	var out []string
	for _, r := range runs {
		out = append(out, r.ID)
	}
	return out
}

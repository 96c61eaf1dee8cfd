package transfer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// clock moves with every look at it, so that no two transactions have one time.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2024, 2, 3, 4, 5, 6, 7, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(1237 * time.Nanosecond)
	return c.now
}

// story writes a location in which everything happened at least once.
type story struct {
	t   testing.TB
	ctx context.Context
	l   store.Location
	ids map[string]string // of runs, by what happened to them
}

func (s *story) ok(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// teller writes to one run.
type teller struct {
	*story
	id      string
	epoch   uint64
	counter uint64
}

func (s *story) create(name string, mutate func(*store.NewRun)) string {
	s.t.Helper()
	run := store.NewRun{ID: uuid.Must(uuid.NewV7()).String(), Status: store.NotStarted, Created: event.RunCreated{
		PlanHash: "plan <" + name + ">", Steps: 3, Assets: []string{"days", "plain"}, Partitions: "2024-01-01..2024-01-03,2024-01-09",
		Tags: map[string]string{"team": name, "env": "prod"}, Launcher: event.Launcher{Kind: "manual"},
	}}
	if mutate != nil {
		mutate(&run)
	}
	_, _, err := s.l.CreateRun(s.ctx, run)
	s.ok(err)
	s.ids[name] = run.ID
	return run.ID
}

func (s *story) start(name string, mutate func(*store.NewRun)) *teller {
	s.t.Helper()
	id := s.create(name, mutate)
	claim, err := s.l.TakeOver(s.ctx, id, store.TakeOver{Executor: "executor-" + name, Image: "image", Lease: time.Minute})
	s.ok(err)
	return &teller{story: s, id: id, epoch: claim.Epoch}
}

func (r *teller) owner(events ...event.Event) {
	r.t.Helper()
	r.append(store.Part{Epoch: r.epoch, Events: events})
}

func (r *teller) worker(token string, events ...event.Event) {
	r.t.Helper()
	r.append(store.Part{Token: token, Events: events})
}

func (r *teller) append(parts ...store.Part) {
	r.t.Helper()
	r.counter++
	_, err := r.l.Append(r.ctx, r.id, store.Append{Writer: "writer-" + r.id, Counter: r.counter, Parts: parts, Lease: time.Minute})
	r.ok(err)
}

func at(name string, key partition.Key, n int) event.Attempt {
	return event.Attempt{Step: event.Step{Name: name, Key: key}, Number: n}
}

func of(a event.Attempt, p event.Payload) event.Event { return event.Event{Attempt: a, Payload: p} }

func (r *teller) launch(a event.Attempt, token string) {
	r.t.Helper()
	r.owner(of(a, &event.StepLaunched{Token: token, Worker: event.InProcess}))
}

func made(a event.Attempt, version string) event.Event {
	return of(a, &event.Materialization{DataVersion: version, CodeVersion: "<c&1>"})
}

func (r *teller) succeed(a event.Attempt) {
	r.t.Helper()
	token := "token-" + r.id + a.String()
	r.launch(a, token)
	r.worker(token, made(a, "v-"+a.String()), of(a, &event.StepSucceeded{Duration: time.Second}))
}

func (r *teller) fail(a event.Attempt, final bool) {
	r.t.Helper()
	token := "token-" + r.id + a.String()
	r.launch(a, token)
	r.worker(token, of(a, &event.StepFailed{Reason: event.ReasonError, Error: "boom", Final: final}))
}

func (r *teller) finish(o event.Outcome) {
	r.t.Helper()
	r.owner(event.Event{Payload: &event.RunFinished{Outcome: o, Cause: "because " + string(o)}})
}

func days() partition.Definition {
	return partition.Definition{Kind: partition.Daily, Start: "2024-01-01", End: "2024-01-09"}
}

func definitions() []asset.Definition {
	grid := days()
	return []asset.Definition{
		{Name: "days", Description: "a < b", Partitions: &grid}, {Name: "plain"}, {Name: "seen"}, {Name: "gone", Tags: []string{"old"}},
	}
}

func line(a event.Attempt, stream store.LogStream, text string) store.LogLine {
	return store.LogLine{Time: time.Unix(1700000000, 5).UTC(), Attempt: a, Stream: stream, Text: text}
}

// tell writes the whole story, but for logs beyond what is kept.
func tell(t testing.TB, l store.Location) *story {
	s := &story{t: t, ctx: t.Context(), l: l, ids: map[string]string{}}
	all := definitions()
	_, err := l.Register(s.ctx, store.Catalogue{Name: "shop", Image: "img-1", Hash: "h1", Definitions: all})
	s.ok(err)
	_, err = l.Register(s.ctx, store.Catalogue{Name: "shop", Image: "img-2", Hash: "h2", Definitions: all[:3]})
	s.ok(err)

	one := s.start("succeeded", nil)
	for i := range 3 {
		one.succeed(at("days", partition.Key(fmt.Sprintf("2024-01-%02d", i+1)), 1))
	}
	two := s.start("retried", func(r *store.NewRun) { r.Created.Launcher.Kind = "schedule" })
	two.fail(at("days", "2024-01-01", 1), false)
	two.owner(of(at("days", "2024-01-01", 1), &event.StepRetryScheduled{}))
	two.succeed(at("days", "2024-01-01", 2))
	two.fail(at("days", "2024-01-02", 1), true)
	one.succeed(at("plain", "", 1))
	two.append(store.Part{Epoch: two.epoch, Events: []event.Event{
		{Payload: &event.Unknown{Name: "SlotWaiting", Raw: json.RawMessage(`{"pools":["a"],"n":1}`)}},
		of(at("plain", "", 0), &event.StepSkipped{}),
	}})
	one.finish(event.Succeeded)
	two.finish(event.Failed)
	s.gone()
	s.others()
	s.logs(one)
	return s
}

// gone are runs that were deleted, of which facts stay.
func (s *story) gone() {
	for _, name := range []string{"deleted", "deleted-too"} {
		r := s.start(name, nil)
		r.succeed(at("days", "2024-01-09", 1))
		r.fail(at("days", "2024-01-08", 1), true)
		r.fail(at("gone", partition.Key(strings.ToUpper(name)), 1), true)
		r.succeed(at("gone", "", 1))
		r.finish(event.Failed)
		s.ok(s.l.DeleteRun(s.ctx, r.id))
		delete(s.ids, name)
	}
	for i := range 4 {
		_, err := s.l.Observe(s.ctx, []string{"seen", "plain"}[i%2], event.Observation{DataVersion: fmt.Sprint("o", i)})
		s.ok(err)
	}
}

// others are runs in every other state, with what is remembered of requests.
func (s *story) others() {
	s.create("queued", func(r *store.NewRun) { r.Status, r.Priority = store.Queued, 7 })
	s.create("waiting", func(r *store.NewRun) { r.RequestID = "request-1" })
	canceled := s.create("canceled", nil)
	_, err := s.l.RequestCancel(s.ctx, canceled, &event.User{Subject: "ann"})
	s.ok(err)
	s.ok(s.l.FailLaunch(s.ctx, s.create("unlaunched", nil), "no host"))
	s.ok(s.l.RememberAnswer(s.ctx, "answer-1", "Materialize", "digest", json.RawMessage(`{"run":"x"}`)))

	live := s.start("live", nil)
	live.succeed(at("days", "2024-01-01", 1))
	live.launch(at("days", "2024-01-02", 1), "live-1")
	live.worker("live-1", made(at("days", "2024-01-02", 1), "half"))
	live.launch(at("plain", "", 1), "live-2")
	_, err = s.l.RequestCancel(s.ctx, live.id, nil)
	s.ok(err)

	taken := s.start("taken-over", nil)
	taken.launch(at("days", "2024-01-04", 1), "adopted")
	taken.launch(at("days", "2024-01-05", 1), "revoked")
	s.ok(s.l.Release(s.ctx, taken.id, taken.epoch))
	claim, err := s.l.TakeOver(s.ctx, taken.id, store.TakeOver{Executor: "second", Lease: time.Minute, Adopt: []string{"adopted"}})
	s.ok(err)
	taken.epoch = claim.Epoch
	taken.succeed(at("days", "2024-01-06", 1))
}

// logs are lines of several sources, beyond what is kept.
func (s *story) logs(r *teller) {
	a, b := at("days", "2024-01-01", 1), at("plain", "", 1)
	var lines []store.LogLine
	for i := range 700 {
		lines = append(lines, line(a, store.Stdout, fmt.Sprint("line ", i)), line(b, store.Stderr, fmt.Sprint("error ", i)))
	}
	record := line(a, store.Records, "said")
	record.Level, record.Attrs = "WARN", json.RawMessage(`{"a": "<1>"}`)
	lines = append(lines, record, line(event.Attempt{}, store.Process, "not \xff UTF-8"))
	s.ok(s.l.AppendLogs(s.ctx, r.id, lines))
	s.ok(s.l.AppendLogs(s.ctx, s.ids["live"], lines[:9]))
}

// much are logs beyond what is kept.
func (s *story) much() {
	a, b := at("days", "2024-01-01", 1), at("plain", "", 1)
	for range 6 {
		s.ok(s.l.AppendLogs(s.ctx, s.ids["succeeded"],
			[]store.LogLine{line(b, store.Stdout, string(bytes.Repeat([]byte("x"), 1<<20))), line(a, store.Stdout, "between")}))
	}
}

package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// writer does what executors, workers and people do, one call after another.
type writer struct {
	w       *world
	name    string
	l       store.Location
	draw    *rand.Rand
	counter uint64
	logs    bool // writes logs too
	old     []*session
}

// openRuns is how many runs are worked on at once.
const openRuns = 6

// work goes on until the world stops.
func (x *writer) work() {
	for !x.w.stopping.Load() && x.w.ctx.Err() == nil {
		run := x.w.notes.pick(x.draw)
		if run == nil || x.w.notes.open() < openRuns && x.draw.IntN(3) == 0 {
			x.create()
			continue
		}
		if x.logs && x.draw.IntN(3) == 0 {
			x.write(run)
			continue
		}
		switch n := x.draw.IntN(20); {
		case n < 8:
			x.session(run)
		case n < 11:
			x.worker(run)
		case n < 14:
			x.zombie()
		case n < 15:
			x.cancel(run)
		case n < 17:
			x.admit(run)
		case n < 18:
			x.fold()
		default:
			x.observe()
		}
	}
}

// create makes a run. Who repeats a request makes the id anew.
func (x *writer) create() {
	n := &runNote{request: x.w.notes.next("request"), claims: map[uint64]string{}}
	n.order = store.NewRun{Status: store.NotStarted, RequestID: n.request, Created: event.RunCreated{
		PlanHash: "p", Steps: 1 << 20, Assets: []string{x.asset(), "of " + x.name}, Partitions: "k1,k2",
		Launcher: event.Launcher{Kind: "manual"}, Tags: map[string]string{"writer": x.name},
	}}
	if x.draw.IntN(2) == 0 {
		n.order.Status = store.Queued
	}
	_, err := x.w.persist(x.draw, func(ctx context.Context) error {
		n.order.ID = uuid.Must(uuid.NewV7()).String()
		run, _, err := x.l.CreateRun(ctx, n.order)
		n.id = run.ID
		return err
	})
	if x.unexpected("create a run", err) {
		return
	}
	x.w.notes.add(n)
	for _, v := range x.w.watchers {
		v.follow(n.id)
	}
}

// unexpected reports an error that is none of those that a call may have.
func (x *writer) unexpected(doing string, err error, allowed ...error) bool {
	if err == nil {
		return false
	}
	for _, a := range allowed {
		if errors.Is(err, a) {
			return false
		}
	}
	x.w.wrong("%s: %s: %v", x.name, doing, err)
	return true
}

func (x *writer) asset() string      { return assets[x.draw.IntN(len(assets))] }
func (x *writer) key() partition.Key { return keys[x.draw.IntN(len(keys))] }

func (x *writer) admit(run *runNote) {
	_, err := x.w.persist(x.draw, func(ctx context.Context) error { _, err := x.l.AdmitRun(ctx, run.id); return err })
	if err == nil {
		run.note(func() { run.admitted++ })
	}
	x.unexpected("admit", err, store.ErrConflict)
}

func (x *writer) cancel(run *runNote) {
	_, err := x.w.persist(x.draw, func(ctx context.Context) error {
		_, err := x.l.RequestCancel(ctx, run.id, &event.User{Subject: x.name})
		return err
	})
	if !x.unexpected("cancel", err) {
		run.note(func() { run.canceled++ })
	}
}

func (x *writer) fold() {
	_, err := x.w.persist(x.draw, func(ctx context.Context) error { return x.l.FoldPartitions(ctx, x.asset(), x.w.space, time.Now()) })
	x.unexpected("fold", err)
}

// observe does not repeat: nothing tells two observations apart.
func (x *writer) observe() {
	s := seenNote{asset: x.asset(), version: x.w.notes.next("seen")}
	ctx, cancel := context.WithTimeout(x.w.ctx, limit(x.draw))
	defer cancel()
	got, err := x.l.Observe(ctx, s.asset, event.Observation{DataVersion: s.version})
	if err != nil && !unsure(err) {
		x.unexpected("observe", err)
		return
	}
	s.known, s.seq = err == nil, got.Seq
	x.w.notes.observed(s)
}

// write appends lines to the logs; it does not repeat either.
func (x *writer) write(run *runNote) {
	note := logNote{}
	var lines []store.LogLine
	at := event.Attempt{Step: event.Step{Name: x.asset()}, Number: 1}
	for range 1 + x.draw.IntN(4) {
		text := x.w.notes.next("line")
		note.texts = append(note.texts, text)
		lines = append(lines, store.LogLine{Attempt: at, Stream: store.Stdout, Text: text, Time: time.Now()})
	}
	ctx, cancel := context.WithTimeout(x.w.ctx, limit(x.draw))
	defer cancel()
	err := x.l.AppendLogs(ctx, run.id, lines)
	if err != nil && !unsure(err) {
		x.unexpected("append logs", err)
		return
	}
	note.known = err == nil
	run.note(func() { run.logs = append(run.logs, note) })
}

// worker writes under the token of an attempt that somebody launched.
func (x *writer) worker(run *runNote) {
	t, ok := run.token(x.draw)
	if !ok {
		return
	}
	_ = x.append(run, 0, x.settle(t)) // noted
}

// settle is what the worker of an attempt tells.
func (x *writer) settle(t tokenNote) store.Part {
	tell := func(p event.Payload) event.Event { return event.Event{Attempt: t.attempt, Payload: p} }
	made := tell(&event.Materialization{DataVersion: x.w.notes.next("v")})
	part := store.Part{Token: t.token}
	switch x.draw.IntN(8) {
	case 0:
		part.Events = []event.Event{tell(&event.StepStarted{Pod: x.w.notes.next("pod")})}
	case 1:
		part.Events = []event.Event{made} // again is refused
	case 2:
		part.Events = []event.Event{tell(&event.PartitionFailed{Key: t.attempt.Key, Error: x.w.notes.next("e")})}
	case 3:
		part.Events = []event.Event{tell(&event.StepFailed{Final: true, Error: x.w.notes.next("e"), Reason: event.ReasonError})}
	default:
		part.Events = []event.Event{made, tell(&event.StepSucceeded{Duration: x.number()})}
	}
	return part
}

// number is a duration that nothing else has.
func (x *writer) number() time.Duration {
	var n int64
	_, _ = fmt.Sscanf(x.w.notes.next("n"), "n-%d", &n)
	return time.Duration(n)
}

// append appends until there is an answer, which it notes.
func (x *writer) append(run *runNote, lease time.Duration, parts ...store.Part) error {
	x.counter++
	add := store.Append{Writer: x.name, Counter: x.counter, Parts: parts, Lease: lease}
	note := appendNote{writer: add.Writer, counter: add.Counter, parts: parts}
	_, note.err = x.w.persist(x.draw, func(ctx context.Context) (err error) {
		note.ack, err = x.l.Append(ctx, run.id, add)
		return err
	})
	if x.unexpected("append", note.err, store.ErrFenced, store.ErrPrecondition) {
		return note.err
	}
	run.note(func() {
		run.appends = append(run.appends, note)
		run.finished = run.finished || errors.Is(note.err, store.ErrFinished)
	})
	return note.err
}

package sqlite

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/storetest"
)

// history drives a store by random calls, most of which are refused.
type history struct {
	t       *rapid.T
	test    *testing.T
	db      *DB
	l       store.Location
	clock   *storetest.Clock
	runs    []string
	counter uint64
}

func (h *history) run() string {
	if len(h.runs) == 0 {
		h.create()
	}
	return rapid.SampledFrom(h.runs).Draw(h.t, "run")
}

func (h *history) attempt() event.Attempt {
	return event.Attempt{
		Step: event.Step{
			Name: rapid.SampledFrom([]string{"a", "b"}).Draw(h.t, "step"),
			Key:  partition.Key(rapid.SampledFrom([]string{"", "k1", "k2"}).Draw(h.t, "key")),
		},
		Number: rapid.IntRange(1, 2).Draw(h.t, "number"),
	}
}

func (h *history) create() {
	id := uuid.Must(uuid.NewV7()).String()
	status := rapid.SampledFrom([]store.Status{store.Queued, store.NotStarted}).Draw(h.t, "status")
	_, _, err := h.l.CreateRun(h.test.Context(), store.NewRun{ID: id, Status: status, Created: event.RunCreated{
		Steps: 4, Assets: []string{"a", "b", "a"}, Partitions: "k1,k1,k2..k3", Tags: map[string]string{"x": "y"},
	}})
	if err != nil {
		h.t.Fatal(err)
	}
	h.runs = append(h.runs, id)
}

// append appends one or two parts made up at random, under the current epoch.
func (h *history) append() {
	id := h.run()
	run, err := h.l.Run(h.test.Context(), id)
	if err != nil {
		return
	}
	var parts []store.Part
	for range rapid.IntRange(1, 2).Draw(h.t, "parts") {
		parts = append(parts, h.part(run.Epoch))
	}
	h.counter++
	_, _ = h.l.Append(h.test.Context(), id, store.Append{Writer: "w", Counter: h.counter, Lease: time.Second, Parts: parts})
}

func (h *history) part(epoch uint64) store.Part {
	a := h.attempt()
	token := "token-" + a.String()
	makers := map[string]func() store.Part{
		"launch": func() store.Part { return store.Part{Epoch: epoch, Events: []event.Event{launch(a, token)}} },
		"success": func() store.Part {
			return store.Part{Token: token, Events: []event.Event{materialize(a), {Attempt: a, Payload: &event.StepSucceeded{}}}}
		},
		"material": func() store.Part { return store.Part{Token: token, Events: []event.Event{materialize(a)}} },
		"failure": func() store.Part {
			final := rapid.Bool().Draw(h.t, "final")
			return store.Part{Token: token, Events: []event.Event{{Attempt: a, Payload: &event.StepFailed{Final: final}}}}
		},
		"partition": func() store.Part {
			return store.Part{Token: token, Events: []event.Event{{Attempt: a, Payload: &event.PartitionFailed{Key: "k9"}}}}
		},
		"skip": func() store.Part {
			a.Number = 0
			return store.Part{Epoch: epoch, Events: []event.Event{{Attempt: a, Payload: &event.StepSkipped{}}}}
		},
		"finish": func() store.Part {
			o := rapid.SampledFrom([]event.Outcome{event.Succeeded, event.Failed}).Draw(h.t, "outcome")
			return store.Part{Epoch: epoch, Events: []event.Event{{Payload: &event.RunFinished{Outcome: o}}}}
		},
	}
	kinds := []string{"launch", "launch", "launch", "success", "success", "material", "failure", "failure", "partition", "skip", "finish"}
	return makers[rapid.SampledFrom(kinds).Draw(h.t, "kind")]()
}

func launch(a event.Attempt, token string) event.Event {
	return event.Event{Attempt: a, Payload: &event.StepLaunched{Token: token}}
}

func materialize(a event.Attempt) event.Event {
	return event.Event{Attempt: a, Payload: &event.Materialization{DataVersion: fmt.Sprint(a)}}
}

func (h *history) step() {
	ctx := h.test.Context()
	calls := map[string]func(){
		"create":  h.create,
		"append":  h.append,
		"take":    func() { _, _ = h.l.TakeOver(ctx, h.run(), store.TakeOver{Executor: "e", Lease: time.Second}) },
		"release": func() { _ = h.l.Release(ctx, h.run(), uint64(rapid.IntRange(1, 3).Draw(h.t, "epoch"))) },
		"admit":   func() { _, _ = h.l.AdmitRun(ctx, h.run()) },
		"cancel":  func() { _, _ = h.l.RequestCancel(ctx, h.run(), nil) },
		"launch":  func() { _ = h.l.FailLaunch(ctx, h.run(), "cause") },
		"delete":  func() { _ = h.l.DeleteRun(ctx, h.run()) },
		"observe": func() { _, _ = h.l.Observe(ctx, "a", event.Observation{}) },
		"clock":   func() { h.clock.Move(time.Duration(rapid.IntRange(0, 2000).Draw(h.t, "ms")) * time.Millisecond) },
	}
	kinds := []string{"create", "append", "append", "append", "append", "append", "append", "take", "take", "release", "admit", "cancel", "launch", "delete", "observe", "clock"}
	calls[rapid.SampledFrom(kinds).Draw(h.t, "call")]()
}

func (h *history) noDifference(when string) {
	diffs, err := h.db.Compare(h.test.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	if len(diffs) > 0 {
		h.t.Fatalf("%s:\n%v", when, diffs)
	}
}

// TestProjectionsFollowFromEvents runs random histories and compares every
// projection with what the events give, before and after a rebuild.
func TestProjectionsFollowFromEvents(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		clock := storetest.NewClock()
		db, err := Open(t.Context(), Config{Path: Memory, Mode: ReadWrite, Now: clock.Now})
		if err != nil {
			rt.Fatal(err)
		}
		defer db.Close()
		h := &history{t: rt, test: t, db: db, l: db.Location("l"), clock: clock}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			h.step()
		}
		h.noDifference("after the history")
		if err := db.Rebuild(t.Context()); err != nil {
			rt.Fatal(err)
		}
		h.noDifference("after a rebuild")
	})
}

// TestRebuildMendsWhatIsBroken breaks each projection by hand.
func TestRebuildMendsWhatIsBroken(t *testing.T) {
	ctx := t.Context()
	for _, harm := range []string{
		`UPDATE streams SET status = 5, succeeded = 7, epoch = 9`,
		`UPDATE runs SET executor = 'nobody', ended_at = 0`,
		`DELETE FROM run_counts`,
		`DELETE FROM run_assets`,
		`UPDATE run_tags SET value = 'z'`,
		`DELETE FROM run_keys`,
		`DELETE FROM attempts`,
		`DELETE FROM partitions`,
		`UPDATE partitions SET mat_seq = 1`,
	} {
		db, err := Open(ctx, Config{Path: Memory, Mode: ReadWrite})
		if err != nil {
			t.Fatal(err)
		}
		l := db.Location("l")
		id := uuid.Must(uuid.NewV7()).String()
		run := store.NewRun{ID: id, Status: store.NotStarted, Created: event.RunCreated{
			Steps: 2, Assets: []string{"a"}, Tags: map[string]string{"k": "v"}, Partitions: "k1",
		}}
		if _, _, err := l.CreateRun(ctx, run); err != nil {
			t.Fatal(err)
		}
		claim, err := l.TakeOver(ctx, id, store.TakeOver{Executor: "e", Lease: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		a, b := event.Attempt{Step: event.Step{Name: "a", Key: "k1"}, Number: 1}, event.Attempt{Step: event.Step{Name: "b"}, Number: 1}
		_, err = l.Append(ctx, id, store.Append{Writer: "w", Counter: 1, Parts: []store.Part{
			{Epoch: claim.Epoch, Events: []event.Event{launch(a, "t"), launch(b, "u"), materialize(a)}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.write(ctx, func(t *tx) error { return t.script(harm) }); err != nil {
			t.Fatal(err)
		}
		if diffs, err := db.Compare(ctx); err != nil || len(diffs) == 0 {
			t.Errorf("%s: unnoticed (%v)", harm, err)
		}
		if err := db.Rebuild(ctx); err != nil {
			t.Fatal(err)
		}
		if diffs, err := db.Compare(ctx); err != nil || len(diffs) > 0 {
			t.Errorf("%s: not mended: %v %v", harm, diffs, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

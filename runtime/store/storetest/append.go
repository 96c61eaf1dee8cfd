package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

var appendTests = []promise{
	{"parts are numbered in order and stamped with one time", func(f *fixture) {
		s := f.start()
		f.clock.Move(time.Minute)
		a, b := attempt("a", "", 1), attempt("b", "2001-01-01", 1)
		s.append(s.owner(launch(a, "ta")))
		got := s.append(worker("ta", materialized(a, "v"), succeeded(a)), s.owner(launch(b, "tb")))
		f.equal(store.Appended{First: 4, Last: 6, Time: f.clock.Now(), LeaseEnd: f.clock.Now().Add(lease)}, got)
		list := f.events(s.id)[3:]
		f.equal([]event.Type{event.TypeMaterialization, event.TypeStepSucceeded, event.TypeStepLaunched},
			[]event.Type{list[0].Type(), list[1].Type(), list[2].Type()})
		f.equal(b, list[2].Attempt)
		for _, e := range list {
			f.equal(f.clock.Now(), e.Time)
		}
	}},
	{"an append of any size comes back as it was written", func(f *fixture) {
		s := f.start()
		want := f.events(s.id)
		for _, size := range []int{1, 2, 31, 32, 33, 65, 500} {
			events := make([]event.Event, size)
			for i := range events {
				a := attempt("a", "2001-01-01", len(want)+i)
				events[i] = launch(a, fmt.Sprint("t", len(want)+i))
			}
			got := s.append(s.owner(events...))
			f.equal(store.Appended{First: uint64(len(want) + 1), Last: uint64(len(want) + size), Time: f.clock.Now(), LeaseEnd: f.clock.Now().Add(lease)}, got)
			for i, e := range events {
				e.Stream, e.Seq, e.Time = s.id, uint64(len(want)+1), f.clock.Now()
				events[i], want = e, append(want, e)
			}
			f.equal(want, f.events(s.id))
		}
	}},
	{"an append repeated under the same counter changes nothing", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		s.append(s.owner(launch(a, "ta")))
		first := s.append(worker("ta", succeeded(a)))
		for range 2 {
			s.counter--
			again, err := s.try(worker("ta", succeeded(a)))
			f.ok(err)
			f.equal(true, again.Duplicate)
			f.equal(first.Last, again.Last)
			f.equal(first.Time, again.Time)
		}
		f.equal(uint64(4), f.run(s.id).Seq)
	}},
	{"a repeat is recognised after the fence fell and after the end", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		s.append(s.owner(launch(a, "ta")))
		f.ok(f.l.Release(f.ctx, s.id, s.epoch))
		_, err := f.l.TakeOver(f.ctx, s.id, take("e2"))
		f.ok(err)
		s.counter--
		got, err := s.try(s.owner(launch(a, "ta")))
		f.ok(err)
		f.equal(true, got.Duplicate)

		s2 := f.start()
		s2.finish(event.Succeeded)
		s2.counter--
		got, err = s2.try(s2.owner(finished(event.Succeeded)))
		f.ok(err)
		f.equal(true, got.Duplicate)
	}},
	{"counters belong to a writer and a stream", func(f *fixture) {
		s, other := f.start(), f.start()
		a, b := attempt("a", "", 1), attempt("b", "", 1)
		s.counter = 41
		s.append(s.owner(launch(a, "ta")))
		other.append(other.owner(launch(a, "ta")))
		s.writer, s.counter = "writer-2", 0
		got := s.append(s.owner(launch(b, "tb")))
		f.equal(false, got.Duplicate)
	}},
	{"a refused append leaves nothing, its counter included", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		before := f.run(s.id)
		_, err := s.try(s.owner(launch(a, "ta")), worker("nobody", succeeded(attempt("b", "", 1))))
		var part *store.PartError
		if !errors.As(err, &part) || part.Part != 1 {
			f.Fatalf("got %v, want an error of part 1", err)
		}
		f.is(err, store.ErrTokenRevoked)
		f.equal(before, f.run(s.id))
		s.counter--
		s.append(s.owner(launch(a, "ta")))
	}},
	{"an older epoch is refused", func(f *fixture) {
		s := f.start()
		f.ok(f.l.Release(f.ctx, s.id, s.epoch))
		_, err := f.l.TakeOver(f.ctx, s.id, take("e2"))
		f.ok(err)
		_, err = s.try(s.owner(launch(attempt("a", "", 1), "t")))
		f.is(err, store.ErrStaleEpoch)
		f.is(err, store.ErrFenced)
		s.epoch = 3
		_, err = s.try(s.owner(finished(event.Failed)))
		f.is(err, store.ErrStaleEpoch)
	}},
	{"a part without a fence is refused", func(f *fixture) {
		s := f.start()
		_, err := s.try(store.Part{Events: []event.Event{finished(event.Failed)}})
		f.is(err, store.ErrFenced)
	}},
	{"a run without an owner accepts no epoch", func(f *fixture) {
		run := f.create()
		_, err := f.l.Append(f.ctx, run.ID, store.Append{Writer: "w", Counter: 1, Parts: []store.Part{
			{Epoch: 1, Events: []event.Event{finished(event.Failed)}},
		}})
		f.is(err, store.ErrStaleEpoch)
	}},
	{"a token writes only for its attempt", func(f *fixture) {
		s := f.start()
		a, b := attempt("a", "", 1), attempt("b", "", 1)
		s.append(s.owner(launch(a, "ta"), launch(b, "tb")))
		for _, part := range []store.Part{
			worker("ta", materialized(b, "v")),
			worker("tb", materialized(a, "v"), succeeded(a)),
			worker("ta", materialized(a, "v"), succeeded(b)),
			worker("ta", materialized(attempt("a", "", 2), "v")),
			worker("ta", materialized(attempt("a", "k", 1), "v")),
			worker("unknown", succeeded(a)),
			worker("ta", finished(event.Succeeded)),
			worker("ta", launch(attempt("c", "", 1), "tc")),
		} {
			_, err := s.try(part)
			f.is(err, store.ErrFenced)
		}
		f.equal(uint64(4), f.run(s.id).Seq)
		s.append(worker("ta", materialized(a, "v")))
		s.append(worker("ta", succeeded(a)))
	}},
	{"the first terminal event settles an attempt", func(f *fixture) {
		for name, last := range map[string]event.Payload{
			"succeeded": &event.StepSucceeded{},
			"failed":    &event.StepFailed{Final: true},
			"retried":   &event.StepFailed{},
			"canceled":  &event.StepCanceled{},
			"revoked":   &event.StepRevoked{Cause: "gone"},
		} {
			s := f.start()
			a := attempt("a", "", 1)
			s.append(s.owner(launch(a, "ta")))
			s.append(s.owner(of(a, last)))
			for _, part := range []store.Part{
				worker("ta", succeeded(a)),
				worker("ta", materialized(a, "late")),
				worker("ta", of(a, &event.StepStarted{PID: 1})),
				worker("ta", of(a, &event.Unknown{Name: "X", Raw: json.RawMessage(`{}`)})),
				s.owner(succeeded(a)),
				s.owner(materialized(a, "late")),
			} {
				if _, err := s.try(part); !errors.Is(err, store.ErrTokenRevoked) {
					f.Errorf("%s: then %s: got %v", name, part.Events[0].Type(), err)
				}
			}
		}
	}},
	{"nothing follows a terminal event under its token", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		s.append(s.owner(launch(a, "ta")))
		_, err := s.try(worker("ta", succeeded(a), materialized(a, "v")))
		f.is(err, store.ErrTokenRevoked)
		_, err = s.try(worker("ta", failed(a, false), succeeded(a)))
		f.is(err, store.ErrTokenRevoked)
		s.append(worker("ta", succeeded(a)))
	}},
	{"an attempt that was never launched ends only as a step", func(f *fixture) {
		s := f.start()
		_, err := s.try(s.owner(succeeded(attempt("a", "", 1))))
		f.is(err, store.ErrTokenRevoked)
		s.append(s.owner(
			of(attempt("a", "", 0), &event.StepSkipped{Cause: "upstream failed", By: event.Step{Name: "b"}}),
			of(attempt("b", "", 0), &event.StepCanceled{Cause: "run canceled"})))
		f.equal(event.Counts{Total: 3, Skipped: 1, Canceled: 1}, f.run(s.id).Counts)
	}},
	{"an attempt is launched once", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		s.append(s.owner(launch(a, "ta")))
		_, err := s.try(s.owner(launch(a, "tb")))
		f.is(err, store.ErrPrecondition)
	}},
	{"an attempt may be launched and settled in one append", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		s.append(s.owner(launch(a, "ta"), materialized(a, "v"), succeeded(a)))
		s.append(s.owner(launch(attempt("b", "", 1), "tb")), worker("tb", failed(attempt("b", "", 1), true)))
		_, err := s.try(worker("ta", materialized(a, "v")))
		f.is(err, store.ErrTokenRevoked)
	}},
	{"an attempt materializes an asset once", func(f *fixture) {
		s := f.start()
		a := attempt("a", "k", 1)
		s.append(s.owner(launch(a, "ta")))
		s.append(worker("ta", materialized(a, "v1")))
		_, err := s.try(worker("ta", materialized(a, "v2")))
		f.is(err, store.ErrPrecondition)
		s.append(worker("ta", of(a, &event.Materialization{Output: "other", DataVersion: "v"}), failed(a, false)))
		retry := attempt("a", "k", 2)
		s.append(s.owner(launch(retry, "tr")))
		s.append(worker("tr", materialized(retry, "v2"), succeeded(retry)))
	}},
	{"counts follow the ends of steps", func(f *fixture) {
		s := f.start(func(r *store.NewRun) { r.Created.Steps = 9 })
		s.do(attempt("a", "", 1), "v")
		s.fail(attempt("b", "", 1))
		c := attempt("c", "", 1)
		s.append(s.owner(launch(c, "tc")))
		s.append(worker("tc", failed(c, false)), s.owner(of(c, &event.StepRetryScheduled{NotBefore: f.clock.Now()})))
		s.append(s.owner(of(attempt("d", "", 0), &event.StepSkipped{})))
		f.equal(event.Counts{Total: 9, Succeeded: 1, Failed: 1, Skipped: 1}, f.run(s.id).Counts)
	}},
	{"RunFinished ends the run, its lease and its attempts", func(f *fixture) {
		for _, o := range []event.Outcome{event.Succeeded, event.Failed, event.Canceled} {
			s := f.start()
			a := attempt("a", "", 1)
			s.append(s.owner(launch(a, "ta")))
			f.clock.Move(time.Second)
			got := s.append(s.owner(finished(o)))
			f.equal(true, got.LeaseEnd.IsZero())
			run := f.run(s.id)
			f.equal(store.Status(o), run.Status)
			f.equal(causeOf(o), run.Cause)
			f.equal(f.clock.Now(), run.EndedAt)
			f.equal(true, run.LeaseEnd.IsZero())
			for _, part := range []store.Part{worker("ta", succeeded(a)), s.owner(finished(o))} {
				_, err := s.try(part)
				f.is(err, store.ErrFinished)
			}
		}
	}},
	{"nothing follows RunFinished in its append", func(f *fixture) {
		s := f.start()
		_, err := s.try(s.owner(finished(event.Failed), of(attempt("a", "", 0), &event.StepSkipped{})))
		f.is(err, store.ErrFinished)
		_, err = s.try(s.owner(finished(event.Failed)), s.owner(of(attempt("a", "", 0), &event.StepSkipped{})))
		f.is(err, store.ErrFinished)
		f.equal(store.Started, f.run(s.id).Status)
	}},
	{"an owner's append extends its lease, a worker's does not", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		f.clock.Move(5 * time.Second)
		s.append(s.owner(launch(a, "ta")))
		end := f.clock.Now().Add(lease)
		f.equal(end, f.run(s.id).LeaseEnd)
		f.clock.Move(time.Second)
		got := s.append(worker("ta", succeeded(a)))
		f.equal(end, got.LeaseEnd)
		f.equal(end, f.run(s.id).LeaseEnd)
		f.clock.Move(time.Second)
		s.append(s.owner())
		f.equal(f.clock.Now().Add(lease), f.run(s.id).LeaseEnd)
	}},
	{"events that have their own method are refused", func(f *fixture) {
		s := f.start()
		for _, p := range []event.Payload{
			&event.RunCreated{}, &event.RunQueued{}, &event.RunDequeued{}, &event.RunLaunchFailed{},
			&event.RunStarted{}, &event.RunTakenOver{}, &event.RunCancelRequested{},
		} {
			_, err := s.try(s.owner(event.Event{Payload: p}))
			f.is(err, store.ErrInvalid)
		}
	}},
	{"malformed appends are refused", func(f *fixture) {
		s := f.start()
		big := make([]event.Event, store.MaxAppendEvents+1)
		for i := range big {
			big[i] = of(attempt("a", "", 0), &event.StepSkipped{})
		}
		for why, part := range map[string]store.Part{
			"no payload":        s.owner(event.Event{}),
			"no attempt":        s.owner(succeeded(attempt("a", "", 0))),
			"no step":           s.owner(succeeded(attempt("", "", 1))),
			"negative":          s.owner(succeeded(attempt("a", "", -1))),
			"long key":          s.owner(launch(attempt("a", "k", 1), "t"), materialized(attempt("a", longKey, 1), "v")),
			"empty token":       s.owner(launch(attempt("a", "", 1), "")),
			"long token":        s.owner(launch(attempt("a", "", 1), strings.Repeat("x", store.MaxID+1))),
			"outcome":           s.owner(finished("DONE")),
			"too many":          s.owner(big...),
			"payload too large": s.owner(of(attempt("a", "", 0), &event.StepSkipped{Cause: strings.Repeat("x", event.MaxPayload)})),
			"unknown too large": s.owner(event.Event{Payload: &event.Unknown{Name: "X", Raw: make(json.RawMessage, event.MaxPayload+1)}}),
		} {
			if _, err := s.try(part); !errors.Is(err, store.ErrInvalid) {
				f.Errorf("%s: got %v", why, err)
			}
		}
		for _, writer := range []string{"", strings.Repeat("w", store.MaxID+1)} {
			_, err := f.l.Append(f.ctx, s.id, store.Append{Writer: writer, Counter: 99})
			f.is(err, store.ErrInvalid)
		}
		_, err := f.l.Append(f.ctx, newID(), store.Append{Writer: "w", Counter: 1})
		f.is(err, store.ErrNotFound)
		f.equal(uint64(2), f.run(s.id).Seq)
	}},
	{"large payloads and many events come back whole", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		s.append(s.owner(launch(a, "ta")))
		large := strings.Repeat("é", (event.MaxPayload-1000)/2)
		s.append(worker("ta", of(a, &event.StepFailed{Error: large, Final: true})))
		f.equal(large, f.events(s.id)[3].Payload.(*event.StepFailed).Error)
		many := make([]event.Event, store.MaxAppendEvents)
		for i := range many {
			many[i] = of(attempt("b", "", 0), &event.StepSkipped{})
		}
		got := s.append(s.owner(many...))
		f.equal(uint64(4+store.MaxAppendEvents), got.Last)
	}},
	{"times never run backwards within a stream", func(f *fixture) {
		s := f.start()
		before := f.clock.Now()
		f.clock.Move(-time.Hour)
		got := s.append(s.owner(launch(attempt("a", "", 1), "ta")))
		f.equal(before, got.Time)
		f.clock.Move(2 * time.Hour)
		got = s.append(s.owner(launch(attempt("b", "", 1), "tb")))
		f.equal(before.Add(time.Hour), got.Time)
	}},
}

package chaos_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// session is the time of one owner of a run.
type session struct {
	x     *writer
	run   *runNote
	epoch uint64
	n     int // attempts so far
	live  []tokenNote
}

// leaseTime is shorter than many faults, so that owners lose runs.
func (x *writer) leaseTime() time.Duration {
	return time.Duration(50+x.draw.IntN(400)) * time.Millisecond
}

// session takes a run over, unless it has an owner, works, and leaves it in one of
// the ways in which owners do.
func (x *writer) session(run *runNote) {
	s := &session{x: x, run: run}
	if !s.take() {
		return
	}
	for range 1 + x.draw.IntN(6) {
		if s.step() != nil {
			return
		}
	}
	switch x.draw.IntN(5) {
	case 0, 1:
		_, err := x.w.persist(x.draw, func(ctx context.Context) error { return x.l.Release(ctx, run.id, s.epoch) })
		x.unexpected("release", err, store.ErrStaleEpoch, store.ErrFinished)
	case 2:
		_ = s.finish() // noted
	default: // vanishes, and may come back
		x.old = append(x.old[max(0, len(x.old)-8):], s)
	}
}

// take takes the run over. A claim whose answer was lost is known by its executor.
func (s *session) take() bool {
	x := s.x
	take := store.TakeOver{Executor: x.w.notes.next(x.name + "-e"), Lease: x.leaseTime()}
	if t, ok := s.run.token(x.draw); ok && x.draw.IntN(3) == 0 {
		take.Adopt = []string{t.token}
	}
	repeated, err := x.w.persist(x.draw, func(ctx context.Context) error {
		claim, err := x.l.TakeOver(ctx, s.run.id, take)
		s.epoch = claim.Epoch
		return err
	})
	if errors.Is(err, store.ErrLeaseHeld) && repeated {
		_, err = x.w.persist(x.draw, func(ctx context.Context) error {
			now, err := x.l.Run(ctx, s.run.id)
			if err == nil && now.Executor != take.Executor {
				err = store.ErrLeaseHeld
			}
			s.epoch = now.Epoch
			return err
		})
	}
	if errors.Is(err, store.ErrFinished) {
		s.run.note(func() { s.run.finished = true })
	}
	if err != nil {
		x.unexpected("take over", err, store.ErrLeaseHeld, store.ErrPrecondition)
		return false
	}
	s.run.note(func() {
		if before := s.run.claims[s.epoch]; before != "" {
			x.w.wrong("run %s: epoch %d was given to %s and to %s", s.run.id, s.epoch, before, take.Executor)
		}
		s.run.claims[s.epoch] = take.Executor
	})
	return true
}

// step is one thing that an owner does.
func (s *session) step() error {
	x := s.x
	switch n := x.draw.IntN(10); {
	case n < 4 || len(s.live) == 0:
		return s.launch(1 + x.draw.IntN(3))
	case n < 6: // a chain: what ended and what it lets begin
		t := s.pop()
		return s.launch(1, x.settle(t))
	case n < 7:
		return x.append(s.run, x.leaseTime(), s.retry(s.pop()))
	case n < 8:
		return x.append(s.run, x.leaseTime(), s.part(event.Event{Attempt: event.Attempt{Step: event.Step{Name: x.asset(), Key: x.key()}},
			Payload: &event.StepSkipped{Cause: x.w.notes.next("skip")}}))
	case n < 9:
		_, err := x.w.persist(x.draw, func(ctx context.Context) error {
			_, err := x.l.Renew(ctx, s.run.id, s.epoch, x.leaseTime())
			return err
		})
		x.unexpected("renew", err, store.ErrStaleEpoch, store.ErrFinished)
		return err
	default:
		err := x.append(s.run, 0, x.settle(s.pop()))
		if errors.Is(err, store.ErrTokenRevoked) {
			err = nil // another worker was faster
		}
		return err
	}
}

func (s *session) part(events ...event.Event) store.Part {
	return store.Part{Epoch: s.epoch, Events: events}
}

// pop returns an attempt that was launched and not settled here.
func (s *session) pop() tokenNote {
	t := s.live[len(s.live)-1]
	s.live = s.live[:len(s.live)-1]
	return t
}

// launch launches attempts, together with other parts.
func (s *session) launch(n int, others ...store.Part) error {
	x := s.x
	part := s.part()
	var fresh []tokenNote
	for range n {
		s.n++
		t := tokenNote{token: x.w.notes.next("token")}
		t.attempt = event.Attempt{Step: event.Step{Name: x.asset(), Key: x.key()}, Number: int(s.epoch)*10_000 + s.n}
		fresh = append(fresh, t)
		part.Events = append(part.Events, event.Event{Attempt: t.attempt, Payload: &event.StepLaunched{Token: t.token, Worker: event.Subprocess}})
	}
	err := x.append(s.run, x.leaseTime(), append(others, part)...)
	if err == nil {
		s.live = append(s.live, fresh...)
		s.run.note(func() { s.run.tokens = append(s.run.tokens, fresh...) })
	}
	return err
}

// retry fails an attempt and promises another.
func (s *session) retry(t tokenNote) store.Part {
	return s.part(
		event.Event{Attempt: t.attempt, Payload: &event.StepFailed{Reason: event.ReasonError, Error: s.x.w.notes.next("e")}},
		event.Event{Attempt: t.attempt, Payload: &event.StepRetryScheduled{NotBefore: time.Unix(int64(s.x.number()), 0).UTC()}})
}

func (s *session) finish() error {
	err := s.x.append(s.run, 0, s.part(event.Event{Payload: &event.RunFinished{Outcome: event.Failed, Cause: s.x.w.notes.next("end")}}))
	if err == nil {
		s.run.note(func() { s.run.finished = true })
	}
	return err
}

// zombie goes on with a run that it left, as who was stopped for a while does.
func (x *writer) zombie() {
	if len(x.old) == 0 {
		return
	}
	s := x.old[x.draw.IntN(len(x.old))]
	if s.run.over() {
		return
	}
	_ = s.step() // noted
}

// finishAll ends the runs that are not over, on a connection without faults.
func (w *world) finishAll(l store.Location) {
	x := &writer{w: w, name: "end", l: l, draw: w.writers[0].draw}
	for _, run := range w.notes.runs {
		for n := 0; ; n++ {
			now, err := l.Run(w.ctx, run.id)
			w.ok(err)
			if now.Status.Final() {
				break
			}
			if now.Status == store.Queued {
				_, err := l.RequestCancel(w.ctx, run.id, nil)
				w.ok(err)
				continue
			}
			s := &session{x: x, run: run}
			claim, err := l.TakeOver(w.ctx, run.id, store.TakeOver{Executor: fmt.Sprintf("end-%d", n), Lease: time.Minute})
			if errors.Is(err, store.ErrLeaseHeld) {
				w.pause(10 * time.Millisecond)
				continue
			}
			w.ok(err)
			run.note(func() { run.claims[claim.Epoch] = fmt.Sprintf("end-%d", n) })
			s.epoch = claim.Epoch
			w.ok(s.finish())
		}
	}
}

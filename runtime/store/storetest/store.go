package storetest

import (
	"context"
	"errors"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

var storeTests = []promise{
	{"what was acknowledged is there after a reopen", func(f *fixture) {
		st := f.open(Options{Now: f.clock.Now})
		l := st.Location("location-1")
		run, _, err := l.CreateRun(f.ctx, order())
		f.ok(err)
		claim, err := l.TakeOver(f.ctx, run.ID, take("e1"))
		f.ok(err)
		s := &started{f: f, l: l, id: run.ID, epoch: claim.Epoch, writer: "w"}
		s.do(attempt("a", "", 1), "v")
		f.ok(st.Close())
		f.ok(f.st.Close())
		f.st = f.open(Options{Now: f.clock.Now})
		f.l = f.st.Location("location-1")
		f.equal(uint64(5), f.run(run.ID).Seq)
		s.l = f.l
		s.counter--
		got, err := s.try(worker("token-a#1", succeeded(attempt("a", "", 1))))
		f.ok(err)
		f.equal(true, got.Duplicate)
		s.finish(event.Succeeded)
	}},
	{"a store opened for reading refuses every write", func(f *fixture) {
		s := f.start()
		l := f.open(Options{ReadOnly: true, Now: f.clock.Now}).Location("location-1")
		for name, call := range map[string]func() error{
			"Register":       func() error { _, err := l.Register(f.ctx, catalogue("1", "a")); return err },
			"CreateRun":      func() error { _, _, err := l.CreateRun(f.ctx, order()); return err },
			"TakeOver":       func() error { _, err := l.TakeOver(f.ctx, s.id, take("e")); return err },
			"Renew":          func() error { _, err := l.Renew(f.ctx, s.id, 1, lease); return err },
			"Release":        func() error { return l.Release(f.ctx, s.id, 1) },
			"AdmitRun":       func() error { _, err := l.AdmitRun(f.ctx, s.id); return err },
			"Cancel":         func() error { _, err := l.RequestCancel(f.ctx, s.id, nil); return err },
			"FailLaunch":     func() error { return l.FailLaunch(f.ctx, s.id, "x") },
			"DeleteRun":      func() error { return l.DeleteRun(f.ctx, s.id) },
			"RememberAnswer": func() error { return l.RememberAnswer(f.ctx, "r", "m", "d", []byte("1")) },
			"Append":         func() error { _, err := l.Append(f.ctx, s.id, store.Append{Writer: "w", Counter: 1}); return err },
			"Observe":        func() error { _, err := l.Observe(f.ctx, "a", event.Observation{}); return err },
			"AppendLogs":     func() error { return l.AppendLogs(f.ctx, s.id, []store.LogLine{{Stream: store.Process}}) },
		} {
			f.Log(name)
			f.is(call(), store.ErrReadOnly)
		}
		got, err := l.Run(f.ctx, s.id)
		f.ok(err)
		f.equal(f.run(s.id), got)
	}},
	{"a closed store is unavailable, and closes again", func(f *fixture) {
		st := f.open(Options{})
		l := st.Location("location-1")
		f.ok(st.Close())
		f.ok(st.Close())
		_, err := l.Run(f.ctx, newID())
		f.is(err, store.ErrUnavailable)
		_, _, err = l.CreateRun(f.ctx, order())
		f.is(err, store.ErrUnavailable)
		f.is(st.AwaitIncompatible(f.ctx), store.ErrUnavailable)
	}},
	{"a context that ended ends every call", func(f *fixture) {
		s := f.start()
		ctx, cancel := context.WithCancel(f.ctx)
		cancel()
		for name, call := range map[string]func() error{
			"CreateRun": func() error { _, _, err := f.l.CreateRun(ctx, order()); return err },
			"Run":       func() error { _, err := f.l.Run(ctx, s.id); return err },
			"Append":    func() error { _, err := f.l.Append(ctx, s.id, store.Append{Writer: "w", Counter: 1}); return err },
			"Events":    func() error { _, err := f.l.Events(ctx, s.id, 0, 0); return err },
			"Schema":    func() error { _, err := f.st.Schema(ctx); return err },
			"Await":     func() error { return f.st.AwaitIncompatible(ctx) },
		} {
			f.Log(name)
			f.is(call(), context.Canceled)
		}
	}},
	{"the schema is compatible with the build that made it", func(f *fixture) {
		s, err := f.st.Schema(f.ctx)
		f.ok(err)
		f.equal(s.Build, s.Version)
		if s.Version < 1 || s.MinReader > s.Version || s.MinWriter < s.MinReader || s.MinWriter > s.Version {
			f.Fatalf("schema %+v", s)
		}
		if f.st.Describe() == "" {
			f.Fatal("the store has no description")
		}
		ctx, cancel := context.WithCancel(f.ctx)
		done := make(chan error, 1)
		go func() { done <- f.st.AwaitIncompatible(ctx) }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			f.Fatalf("got %v", err)
		}
	}},
	{"a handle names its location and reads nothing", func(f *fixture) {
		f.equal("elsewhere", f.st.Location("elsewhere").ID())
	}},
}

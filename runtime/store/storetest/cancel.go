package storetest

import (
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

var cancelTests = []promise{
	{"a run that did not start is canceled at once", func(f *fixture) {
		for _, how := range []func(*store.NewRun){queued, func(*store.NewRun) {}} {
			run := f.create(how)
			by := &event.User{Subject: "s"}
			asked, err := f.l.RequestCancel(f.ctx, run.ID, by)
			f.ok(err)
			f.equal(true, asked)
			got := f.run(run.ID)
			f.equal(store.Canceled, got.Status)
			f.equal(true, got.CancelRequested)
			f.equal(f.clock.Now(), got.EndedAt)
			list := f.events(run.ID)
			f.equal(&event.RunCancelRequested{User: by}, list[len(list)-2].Payload.(*event.RunCancelRequested))
			f.equal(event.Canceled, list[len(list)-1].Payload.(*event.RunFinished).Outcome)
			_, err = f.l.TakeOver(f.ctx, run.ID, take("e"))
			f.is(err, store.ErrFinished)
		}
	}},
	{"a run that started sees the request once", func(f *fixture) {
		s := f.start()
		for range 2 {
			asked, err := f.l.RequestCancel(f.ctx, s.id, nil)
			f.ok(err)
			f.equal(true, asked)
		}
		got := f.run(s.id)
		f.equal(store.Started, got.Status)
		f.equal(true, got.CancelRequested)
		f.equal([]event.Type{event.TypeRunCreated, event.TypeRunStarted, event.TypeRunCancelRequested}, f.types(s.id))
		s.finish(event.Canceled)
		f.equal(true, f.run(s.id).CancelRequested)
	}},
	{"a final run is not canceled", func(f *fixture) {
		for _, o := range []event.Outcome{event.Succeeded, event.Failed, event.Canceled} {
			s := f.start()
			s.finish(o)
			before := f.run(s.id)
			asked, err := f.l.RequestCancel(f.ctx, s.id, nil)
			f.ok(err)
			f.equal(false, asked)
			f.equal(before, f.run(s.id))
		}
		asked, err := f.l.RequestCancel(f.ctx, newID(), nil)
		f.is(err, store.ErrNotFound)
		f.equal(false, asked)
	}},
}

package storetest

import (
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

func take(executor string, adopt ...string) store.TakeOver {
	return store.TakeOver{Executor: executor, Image: "image-" + executor, Lease: lease, Adopt: adopt}
}

var leaseTests = []promise{
	{"the first takeover starts the run", func(f *fixture) {
		run := f.create()
		f.clock.Move(time.Second)
		claim, err := f.l.TakeOver(f.ctx, run.ID, take("e1"))
		f.ok(err)
		f.equal(uint64(1), claim.Epoch)
		f.equal(f.clock.Now().Add(lease), claim.LeaseEnd)
		got := f.run(run.ID)
		f.equal(got, claim.Run)
		f.equal(store.Started, got.Status)
		f.equal("e1", got.Executor)
		f.equal(f.clock.Now(), got.StartedAt)
		last := f.events(run.ID)[1]
		f.equal(&event.RunStarted{Epoch: 1, Executor: "e1", Image: "image-e1"}, last.Payload.(*event.RunStarted))
	}},
	{"a run with a living owner is not taken", func(f *fixture) {
		s := f.start()
		f.clock.Move(lease - 1)
		_, err := f.l.TakeOver(f.ctx, s.id, take("e2"))
		f.is(err, store.ErrLeaseHeld)
		f.is(err, store.ErrConflict)
		f.equal(uint64(1), f.run(s.id).Epoch)
		f.clock.Move(1)
		claim, err := f.l.TakeOver(f.ctx, s.id, take("e2"))
		f.ok(err)
		f.equal(uint64(2), claim.Epoch)
		f.equal(event.TypeRunTakenOver, f.types(s.id)[2])
		f.equal("e2", f.run(s.id).Executor)
	}},
	{"a released run is taken at once", func(f *fixture) {
		s := f.start()
		f.ok(f.l.Release(f.ctx, s.id, s.epoch))
		f.equal(true, f.run(s.id).LeaseEnd.IsZero())
		_, err := f.l.TakeOver(f.ctx, s.id, take("e2"))
		f.ok(err)
		f.is(f.l.Release(f.ctx, s.id, s.epoch), store.ErrStaleEpoch)
	}},
	{"a release reaches who watches the location, in this and in another process", func(f *fixture) {
		s := f.start()
		here := f.watchLocation(f.l, "")
		there := f.watchLocation(f.open(Options{ReadOnly: true}).Location("location-1"), "")
		f.ok(f.l.Release(f.ctx, s.id, s.epoch))
		for _, w := range []*hintWatch{here, there} {
			f.equal(uint64(2), w.until(s.id, store.HintRun).Seq)
		}
		cursor := here.cursor
		f.ok(f.l.Release(f.ctx, s.id, s.epoch))
		next := f.create()
		for _, h := range f.watchLocation(f.l, cursor).next().Hints {
			f.equal(next.ID, h.Stream)
		}
	}},
	{"a run whose owner is known to be dead is taken at once", func(f *fixture) {
		hold, err := f.st.HoldOwner("executor-1")
		f.ok(err)
		s := f.start()
		_, err = f.l.TakeOver(f.ctx, s.id, take("e2"))
		f.is(err, store.ErrLeaseHeld)
		f.ok(hold.Close())
		_, err = f.l.TakeOver(f.ctx, s.id, take("e2"))
		f.ok(err)
	}},
	{"an executor id is held once", func(f *fixture) {
		hold, err := f.st.HoldOwner("e1")
		f.ok(err)
		_, err = f.st.HoldOwner("e1")
		f.is(err, store.ErrConflict)
		f.ok(hold.Close())
		again, err := f.st.HoldOwner("e1")
		f.ok(err)
		f.ok(again.Close())
		for _, id := range []string{"", ".", "..", "../x", "a/b", "a\\b", "a\x00b"} {
			_, err := f.st.HoldOwner(id)
			f.is(err, store.ErrInvalid)
		}
	}},
	{"a takeover revokes the tokens that are not adopted", func(f *fixture) {
		s := f.start()
		a, b, done := attempt("a", "", 1), attempt("b", "k", 2), attempt("c", "", 1)
		s.append(s.owner(launch(a, "ta"), launch(b, "tb"), launch(done, "tc")))
		s.append(worker("tc", succeeded(done)))
		f.ok(f.l.Release(f.ctx, s.id, s.epoch))
		_, err := f.l.TakeOver(f.ctx, s.id, take("e2", "tb"))
		f.ok(err)
		list := f.events(s.id)
		last := list[len(list)-1]
		f.equal(event.TypeStepRevoked, last.Type())
		f.equal(a, last.Attempt)
		f.equal(event.TypeRunTakenOver, list[len(list)-2].Type())
		_, err = s.try(worker("ta", materialized(a, "v")))
		f.is(err, store.ErrTokenRevoked)
		s.append(worker("tb", materialized(b, "v"), succeeded(b)))
	}},
	{"final, queued and unknown runs are not taken", func(f *fixture) {
		s := f.start()
		s.finish(event.Succeeded)
		_, err := f.l.TakeOver(f.ctx, s.id, take("e2"))
		f.is(err, store.ErrFinished)
		f.is(err, store.ErrPrecondition)
		_, err = f.l.TakeOver(f.ctx, f.create(queued).ID, take("e2"))
		f.is(err, store.ErrPrecondition)
		_, err = f.l.TakeOver(f.ctx, newID(), take("e2"))
		f.is(err, store.ErrNotFound)
		for _, bad := range []store.TakeOver{{Executor: "", Lease: lease}, {Executor: "a/b", Lease: lease}, {Executor: "e"}} {
			_, err = f.l.TakeOver(f.ctx, f.create().ID, bad)
			f.is(err, store.ErrInvalid)
		}
	}},
	{"an owner renews even after the lease ended", func(f *fixture) {
		s := f.start()
		f.clock.Move(10 * time.Second)
		end, err := f.l.Renew(f.ctx, s.id, s.epoch, lease)
		f.ok(err)
		f.equal(f.clock.Now().Add(lease), end)
		f.equal(end, f.run(s.id).LeaseEnd)
		f.clock.Move(time.Hour)
		_, err = f.l.Renew(f.ctx, s.id, s.epoch, lease)
		f.ok(err)
		f.equal(uint64(2), f.run(s.id).Seq)
	}},
	{"a renewal needs the epoch and an active run", func(f *fixture) {
		s := f.start()
		for _, epoch := range []uint64{0, 2} {
			_, err := f.l.Renew(f.ctx, s.id, epoch, lease)
			f.is(err, store.ErrStaleEpoch)
			f.is(f.l.Release(f.ctx, s.id, epoch), store.ErrStaleEpoch)
		}
		_, err := f.l.Renew(f.ctx, newID(), 1, lease)
		f.is(err, store.ErrNotFound)
		s.finish(event.Succeeded)
		_, err = f.l.Renew(f.ctx, s.id, s.epoch, lease)
		f.is(err, store.ErrFinished)
	}},
	{"orphans are the active runs without a living owner, oldest first", func(f *fixture) {
		waiting := f.create()
		f.clock.Move(time.Second)
		owned := f.start()
		released := f.start()
		f.ok(f.l.Release(f.ctx, released.id, released.epoch))
		f.create(queued)
		done := f.start()
		done.finish(event.Succeeded)
		orphans := func(limit int) []string {
			f.Helper()
			got, err := f.l.Orphans(f.ctx, limit)
			f.ok(err)
			return ids(got)
		}
		f.equal([]string{waiting.ID, released.id}, orphans(10))
		f.equal([]string{waiting.ID}, orphans(1))
		f.clock.Move(lease)
		f.equal([]string{waiting.ID, owned.id, released.id}, orphans(0))
	}},
	{"a clock that jumps back does not end a lease early, and the next renewal follows it", func(f *fixture) {
		for why, renew := range map[string]func(*started){
			"renewal": func(s *started) {
				got, err := f.l.Renew(f.ctx, s.id, s.epoch, lease)
				f.ok(err)
				f.equal(f.clock.Now().Add(lease), got)
			},
			"append": func(s *started) {
				f.equal(f.clock.Now().Add(lease), s.append(s.owner()).LeaseEnd)
			},
		} {
			f.Log(why)
			s := f.start()
			f.clock.Move(lease - store.MaxLease)
			_, err := f.l.TakeOver(f.ctx, s.id, take("e2"))
			f.is(err, store.ErrLeaseHeld)
			renew(s)
			f.equal(f.clock.Now().Add(lease), f.run(s.id).LeaseEnd)
			f.clock.Move(lease - 1)
			_, err = f.l.TakeOver(f.ctx, s.id, take("e2"))
			f.is(err, store.ErrLeaseHeld)
			f.clock.Move(1)
			_, err = f.l.TakeOver(f.ctx, s.id, take("e2"))
			f.ok(err)
		}
	}},
	{"a lease further ahead than the longest one counts as ended: the clock was set back", func(f *fixture) {
		for _, back := range []time.Duration{store.MaxLease - lease + 1, 5 * time.Hour} {
			s := f.start()
			f.clock.Move(-back)
			f.equal(false, store.LeaseHeld(f.run(s.id).LeaseEnd, f.clock.Now()))
			got, err := f.l.Orphans(f.ctx, 10)
			f.ok(err)
			f.equal([]string{s.id}, ids(got))
			claim, err := f.l.TakeOver(f.ctx, s.id, take("e2"))
			f.ok(err)
			f.equal(f.clock.Now().Add(lease), claim.LeaseEnd)
			_, err = s.try(s.owner())
			f.is(err, store.ErrStaleEpoch)
			s.epoch = claim.Epoch
			s.finish(event.Succeeded)
		}
	}},
	{"an owner that lives writes a lease of the clock that was set back", func(f *fixture) {
		s := f.start()
		f.clock.Move(-5 * time.Hour)
		s.append(s.owner())
		_, err := f.l.TakeOver(f.ctx, s.id, take("e2"))
		f.is(err, store.ErrLeaseHeld)
		got, err := f.l.Orphans(f.ctx, 10)
		f.ok(err)
		f.equal(0, len(got))
	}},
	{"no lease is longer than the longest one", func(f *fixture) {
		s := f.start()
		longest, over := store.MaxLease, store.MaxLease+1
		_, err := f.l.TakeOver(f.ctx, f.create().ID, store.TakeOver{Executor: "e2", Lease: longest})
		f.ok(err)
		_, err = f.l.Renew(f.ctx, s.id, s.epoch, longest)
		f.ok(err)
		_, err = f.l.Append(f.ctx, s.id, store.Append{Writer: "w", Counter: 1, Lease: longest, Parts: []store.Part{s.owner()}})
		f.ok(err)
		before := f.run(s.id)
		_, err = f.l.TakeOver(f.ctx, f.create().ID, store.TakeOver{Executor: "e2", Lease: over})
		f.is(err, store.ErrInvalid)
		for _, lease := range []time.Duration{0, -1, over} {
			_, err = f.l.Renew(f.ctx, s.id, s.epoch, lease)
			f.is(err, store.ErrInvalid)
		}
		_, err = f.l.Append(f.ctx, s.id, store.Append{Writer: "w", Counter: 2, Lease: over, Parts: []store.Part{s.owner()}})
		f.is(err, store.ErrInvalid)
		f.equal(before, f.run(s.id))
	}},
}

package storetest

import (
	"errors"
	"fmt"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/faulty"
)

// persist repeats a call for as long as the store is unavailable, as every
// writer does.
func (f *fixture) persist(call func() error) error {
	for range 1000 {
		err := call()
		if errors.Is(err, faulty.ErrCrashed) || !errors.Is(err, store.ErrUnavailable) {
			return err
		}
	}
	return fmt.Errorf("still unavailable after 1000 calls: %w", store.ErrUnavailable)
}

// story is what one owner does to a run; each call may be repeated.
func (f *fixture) story(st store.Store, in store.NewRun, executor string) error {
	l := st.Location("location-1")
	err := f.persist(func() error { _, _, err := l.CreateRun(f.ctx, in); return err })
	if err != nil {
		return err
	}
	var epoch uint64
	err = f.persist(func() error {
		claim, err := l.TakeOver(f.ctx, in.ID, take(executor))
		if errors.Is(err, store.ErrLeaseHeld) {
			// An answer that was lost: the claim is ours.
			run, rerr := l.Run(f.ctx, in.ID)
			claim.Epoch = run.Epoch
			err = rerr
		}
		epoch = claim.Epoch
		return err
	})
	if err != nil {
		return err
	}
	done, err := l.Run(f.ctx, in.ID)
	if err != nil {
		return err
	}
	s := &started{f: f, l: l, id: in.ID, epoch: epoch, writer: executor}
	for i := done.Counts.Succeeded; i < 6; i++ {
		a := attempt(fmt.Sprintf("asset-%d", i), "", int(epoch))
		token := executor + a.String()
		for _, part := range []store.Part{s.owner(launch(a, token)), worker(token, materialized(a, "v"), succeeded(a))} {
			s.counter++
			err := f.persist(func() error {
				s.counter--
				_, err := s.try(part)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	s.counter++
	return f.persist(func() error { s.counter--; _, err := s.try(s.owner(finished(event.Succeeded))); return err })
}

// told checks that a run was told once, whatever happened on the way.
func (f *fixture) told(id string) {
	f.Helper()
	run := f.run(id)
	f.equal(store.Succeeded, run.Status)
	f.equal(event.Counts{Total: 6, Succeeded: 6}, run.Counts)
	seen := map[string]int{}
	for _, e := range f.events(id) {
		if e.Type() == event.TypeMaterialization {
			seen[e.Attempt.Name]++
		}
	}
	for i := range 6 {
		if n := seen[fmt.Sprintf("asset-%d", i)]; n != 1 {
			f.Fatalf("asset-%d was materialized %d times", i, n)
		}
	}
}

func six(r *store.NewRun) { r.Created.Steps = 6 }

var faultTests = []promise{
	{"what is repeated until it is acknowledged happens once", func(f *fixture) {
		for seed := range uint64(10) {
			st := faulty.New(f.st, faulty.Plan{Seed: seed, Lost: 0.4, Busy: 0.2, Full: 0.1})
			in := order(six)
			f.ok(f.story(st, in, fmt.Sprintf("executor-%d", seed)))
			f.told(in.ID)
		}
	}},
	{"a crash at any write, before or after it, loses and doubles nothing", func(f *fixture) {
		for at := 1; at <= 16; at++ {
			for _, after := range []bool{false, true} {
				in := order(six)
				first := faulty.New(f.st, faulty.Plan{CrashAt: at, After: after})
				if err := f.story(first, in, "executor-1"); err != nil {
					f.is(err, faulty.ErrCrashed)
				}
				f.clock.Move(lease + time.Second)
				second := f.story(faulty.New(f.st, faulty.Plan{}), in, "executor-2")
				if second != nil && !errors.Is(second, store.ErrFinished) {
					f.Fatalf("crash at write %d: %v", at, second)
				}
				f.told(in.ID)
			}
		}
	}},
}

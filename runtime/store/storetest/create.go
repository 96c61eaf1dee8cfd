package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

func queued(r *store.NewRun) { r.Status = store.Queued }

func request(id string) func(*store.NewRun) { return func(r *store.NewRun) { r.RequestID = id } }

var createTests = []promise{
	{"a run comes back as it was ordered", func(f *fixture) {
		in := order(queued, func(r *store.NewRun) {
			r.Priority = 7
			r.Created.Tags = map[string]string{"k": "v"}
			r.Created.Partitions = "2001-01-01..2001-01-31"
			r.Created.Config = json.RawMessage(`{"x":1}`)
			r.Created.Launcher.User = &event.User{Subject: "s", Name: "n"}
		})
		got, created, err := f.l.CreateRun(f.ctx, in)
		f.ok(err)
		f.equal(true, created)
		want := store.Run{
			ID: in.ID, Location: "location-1", Status: store.Queued, Created: in.Created, Priority: 7,
			Counts: event.Counts{Total: 3}, CreatedAt: f.clock.Now(), Seq: 2,
		}
		f.equal(want, got)
		f.equal(want, f.run(in.ID))
		f.equal([]event.Type{event.TypeRunCreated, event.TypeRunQueued}, f.types(in.ID))
		loc, err := f.st.LocationOf(f.ctx, in.ID)
		f.ok(err)
		f.equal("location-1", loc)
	}},
	{"a run that is not queued has no RunQueued", func(f *fixture) {
		f.equal([]event.Type{event.TypeRunCreated}, f.types(f.create().ID))
	}},
	{"an unknown run is not found", func(f *fixture) {
		_, err := f.l.Run(f.ctx, newID())
		f.is(err, store.ErrNotFound)
		_, err = f.l.Run(f.ctx, "../../etc/passwd")
		f.is(err, store.ErrNotFound)
		_, err = f.st.LocationOf(f.ctx, newID())
		f.is(err, store.ErrNotFound)
	}},
	{"a request id gives the first run for 24 hours", func(f *fixture) {
		first := f.create(request("r1"))
		f.clock.Move(24*time.Hour - time.Second)
		again, created, err := f.l.CreateRun(f.ctx, order(request("r1")))
		f.ok(err)
		f.equal(false, created)
		f.equal(first, again)
		f.clock.Move(2 * time.Second)
		later, created, err := f.l.CreateRun(f.ctx, order(request("r1")))
		f.ok(err)
		f.equal(true, created)
		if later.ID == first.ID {
			f.Fatal("the request was remembered for more than 24 hours")
		}
	}},
	{"a request id used for something else is a conflict", func(f *fixture) {
		f.create(request("r1"))
		_, _, err := f.l.CreateRun(f.ctx, order(request("r1"), func(r *store.NewRun) { r.Created.Steps = 4 }))
		f.is(err, store.ErrConflict)
		_, _, err = f.l.CreateRun(f.ctx, order(request("r1"), queued))
		f.is(err, store.ErrConflict)
		runs, _, err := f.l.ListRuns(f.ctx, store.RunFilter{}, store.Page{})
		f.ok(err)
		f.equal(1, len(runs))
	}},
	{"a request id belongs to its location", func(f *fixture) {
		f.create(request("r1"))
		_, created, err := f.st.Location("location-2").CreateRun(f.ctx, order(request("r1"), queued))
		f.ok(err)
		f.equal(true, created)
	}},
	{"an id that is taken is refused", func(f *fixture) {
		run := f.create()
		same := func(r *store.NewRun) { r.ID = run.ID }
		_, _, err := f.l.CreateRun(f.ctx, order(same, request("other")))
		f.is(err, store.ErrExists)
		_, _, err = f.l.CreateRun(f.ctx, order(same, queued))
		f.is(err, store.ErrExists)
		_, _, err = f.st.Location("location-2").CreateRun(f.ctx, order(same))
		f.is(err, store.ErrExists)
	}},
	{"creating the same run again changes nothing", func(f *fixture) {
		in := order()
		first, _, err := f.l.CreateRun(f.ctx, in)
		f.ok(err)
		again, created, err := f.l.CreateRun(f.ctx, in)
		f.ok(err)
		f.equal(false, created)
		f.equal(first, again)
		counts, err := f.l.CountRuns(f.ctx)
		f.ok(err)
		f.equal(map[store.Status]int64{store.NotStarted: 1}, counts)
	}},
	{"a run may select the most assets of the longest names, and retry each", func(f *fixture) {
		const steps = 10_000 // the most of one plan
		created := event.RunCreated{PlanHash: "plan", Steps: steps, Launcher: event.Launcher{Kind: "manual"}}
		for i := range steps {
			name := fmt.Sprintf("%0*d", store.MaxName, i)
			created.Assets = append(created.Assets, name)
			created.Only = append(created.Only, event.Step{Name: name, Key: "2001-01-01"})
		}
		in := order(func(r *store.NewRun) { r.Created = created })
		run, _, err := f.l.CreateRun(f.ctx, in)
		f.ok(err)
		again, made, err := f.l.CreateRun(f.ctx, in)
		f.ok(err)
		f.equal(false, made)
		whole := func(got event.RunCreated) {
			f.Helper()
			if !slices.Equal(created.Assets, got.Assets) || !slices.Equal(created.Only, got.Only) {
				f.Fatal("the order comes back differently")
			}
		}
		whole(run.Created)
		whole(again.Created)
		found, _, err := f.l.ListRuns(f.ctx, store.RunFilter{Asset: created.Assets[steps-1]}, store.Page{})
		f.ok(err)
		f.equal([]string{run.ID}, ids(found))
		claim, err := f.l.TakeOver(f.ctx, run.ID, take("e1"))
		f.ok(err)
		whole(claim.Run.Created)
		whole(*f.events(run.ID)[0].Payload.(*event.RunCreated))
		s := &started{f: f, l: f.l, id: run.ID, epoch: claim.Epoch, writer: "w"}
		s.finish(event.Canceled)
		f.ok(f.l.DeleteRun(f.ctx, run.ID))
	}},
	{"bad orders are refused", func(f *fixture) {
		for why, mutate := range map[string]func(*store.NewRun){
			"empty id":      func(r *store.NewRun) { r.ID = "" },
			"path as id":    func(r *store.NewRun) { r.ID = "../x" },
			"version 4":     func(r *store.NewRun) { r.ID = "7f1d8c9e-52f5-4c0e-8f0e-0b6a3f0f7c11" },
			"upper case":    func(r *store.NewRun) { r.ID = strings.ToUpper(r.ID) },
			"status":        func(r *store.NewRun) { r.Status = store.Started },
			"no status":     func(r *store.NewRun) { r.Status = "" },
			"negative":      func(r *store.NewRun) { r.Created.Steps = -1 },
			"asset name":    func(r *store.NewRun) { r.Created.Assets = []string{""} },
			"long request":  func(r *store.NewRun) { r.RequestID = strings.Repeat("x", store.MaxID+1) },
			"long tag":      func(r *store.NewRun) { r.Created.Tags = map[string]string{"k": strings.Repeat("x", store.MaxName+1)} },
			"empty tag key": func(r *store.NewRun) { r.Created.Tags = map[string]string{"": "v"} },
			"too large":     func(r *store.NewRun) { r.Created.Selection = strings.Repeat("x", event.MaxRunCreated) },
		} {
			if _, _, err := f.l.CreateRun(f.ctx, order(mutate)); err == nil {
				f.Errorf("%s: accepted", why)
			} else {
				f.is(err, store.ErrInvalid)
			}
		}
	}},
	{"counts follow every change of status", func(f *fixture) {
		counts := func(want map[store.Status]int64) {
			f.Helper()
			got, err := f.l.CountRuns(f.ctx)
			f.ok(err)
			f.equal(want, got, cmpopts.EquateEmpty())
		}
		counts(nil)
		q := f.create(queued)
		f.create()
		s := f.start()
		counts(map[store.Status]int64{store.Queued: 1, store.NotStarted: 1, store.Started: 1})
		_, err := f.l.AdmitRun(f.ctx, q.ID)
		f.ok(err)
		counts(map[store.Status]int64{store.NotStarted: 2, store.Started: 1})
		s.finish(event.Failed)
		counts(map[store.Status]int64{store.NotStarted: 2, store.Failed: 1})
		f.ok(f.l.DeleteRun(f.ctx, s.id))
		counts(map[store.Status]int64{store.NotStarted: 2})
	}},
	{"only a queued run is admitted", func(f *fixture) {
		run := f.create(queued)
		got, err := f.l.AdmitRun(f.ctx, run.ID)
		f.ok(err)
		f.equal(store.NotStarted, got.Status)
		f.equal([]event.Type{event.TypeRunCreated, event.TypeRunQueued, event.TypeRunDequeued}, f.types(run.ID))
		_, err = f.l.AdmitRun(f.ctx, run.ID)
		f.is(err, store.ErrConflict)
		_, err = f.l.AdmitRun(f.ctx, newID())
		f.is(err, store.ErrNotFound)
	}},
	{"only a run that is not started fails to launch", func(f *fixture) {
		run := f.create()
		f.clock.Move(time.Second)
		f.ok(f.l.FailLaunch(f.ctx, run.ID, "no image"))
		got := f.run(run.ID)
		f.equal(store.Failed, got.Status)
		f.equal("no image", got.Cause)
		f.equal(f.clock.Now(), got.EndedAt)
		f.equal([]event.Type{event.TypeRunCreated, event.TypeRunLaunchFailed, event.TypeRunFinished}, f.types(run.ID))
		f.is(f.l.FailLaunch(f.ctx, run.ID, "again"), store.ErrConflict)
		f.is(f.l.FailLaunch(f.ctx, f.create(queued).ID, "x"), store.ErrConflict)
		f.is(f.l.FailLaunch(f.ctx, f.start().id, "x"), store.ErrConflict)
		f.is(f.l.FailLaunch(f.ctx, newID(), "x"), store.ErrNotFound)
	}},
	{"an answer is remembered for 24 hours, and the first stays", func(f *fixture) {
		_, err := f.l.Answer(f.ctx, "r", "Materialize", "d")
		f.is(err, store.ErrNotFound)
		f.ok(f.l.RememberAnswer(f.ctx, "r", "Materialize", "d", json.RawMessage(`{"n":1}`)))
		f.ok(f.l.RememberAnswer(f.ctx, "r", "Materialize", "d", json.RawMessage(`{"n":2}`)))
		got, err := f.l.Answer(f.ctx, "r", "Materialize", "d")
		f.ok(err)
		f.equal(`{"n":1}`, string(got))
		_, err = f.l.Answer(f.ctx, "r", "Delete", "d")
		f.is(err, store.ErrConflict)
		_, err = f.l.Answer(f.ctx, "r", "Materialize", "other")
		f.is(err, store.ErrConflict)
		f.clock.Move(24*time.Hour + 1)
		_, err = f.l.Answer(f.ctx, "r", "Materialize", "d")
		f.is(err, store.ErrNotFound)
		f.ok(f.l.RememberAnswer(f.ctx, "r", "Delete", "d", json.RawMessage(`3`)))
		got, err = f.l.Answer(f.ctx, "r", "Delete", "d")
		f.ok(err)
		f.equal("3", string(got))
	}},
}

package storetest

import (
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

var deleteTests = []promise{
	{"only a final run is deleted", func(f *fixture) {
		for _, id := range []string{f.create(queued).ID, f.create().ID, f.start().id} {
			f.is(f.l.DeleteRun(f.ctx, id), store.ErrPrecondition)
			f.run(id)
		}
		f.is(f.l.DeleteRun(f.ctx, newID()), store.ErrNotFound)
	}},
	{"a deleted run is gone with its events and logs", func(f *fixture) {
		s := f.start(func(r *store.NewRun) {
			r.Created.Tags = map[string]string{"k": "v"}
			r.Created.Partitions = "2001-01-01,2001-02-01..2001-02-02"
		})
		a := attempt("a", "2001-01-01", 1)
		s.do(a, "v")
		f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{{Attempt: a, Stream: store.Stdout, Text: "x"}}))
		s.finish(event.Succeeded)
		f.ok(f.l.DeleteRun(f.ctx, s.id))
		_, err := f.l.Run(f.ctx, s.id)
		f.is(err, store.ErrNotFound)
		_, err = f.l.Events(f.ctx, s.id, 0, 0)
		f.is(err, store.ErrNotFound)
		_, err = f.l.LogLines(f.ctx, s.id, store.LogFilter{}, 0, 0)
		f.is(err, store.ErrNotFound)
		_, err = f.st.LocationOf(f.ctx, s.id)
		f.is(err, store.ErrNotFound)
		f.is(f.l.DeleteRun(f.ctx, s.id), store.ErrNotFound)
		f.is(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{{Stream: store.Stdout}}), store.ErrNotFound)
		_, err = s.try(s.owner(finished(event.Failed)))
		f.is(err, store.ErrNotFound)
		for _, filter := range []store.RunFilter{{}, {Asset: "a"}, {TagKey: "k"}, {Partition: "2001-01-01"}, {Partition: "2001-02-01"}, {IDPrefix: s.id}} {
			runs, _, err := f.l.ListRuns(f.ctx, filter, store.Page{})
			f.ok(err)
			f.equal(0, len(runs))
		}
	}},
	{"what a deleted run materialized and failed stays known", func(f *fixture) {
		_, err := f.l.Register(f.ctx, catalogue("1", "a", "b"))
		f.ok(err)
		s := f.start()
		a, b := attempt("a", "k1", 1), attempt("b", "", 1)
		s.do(a, "v1")
		s.fail(b)
		s.finish(event.Failed)
		keys := []store.AssetKey{{Asset: "a", Key: "k1"}}
		latest, err := f.l.Latest(f.ctx, keys)
		f.ok(err)
		states, err := f.l.AssetStates(f.ctx, nil)
		f.ok(err)
		parts, err := f.l.PartitionStates(f.ctx, "b", []partition.Key{""})
		f.ok(err)
		f.equal(s.id, parts[0].Run)
		f.ok(f.l.DeleteRun(f.ctx, s.id))
		after, err := f.l.Latest(f.ctx, keys)
		f.ok(err)
		f.equal(latest, after)
		statesAfter, err := f.l.AssetStates(f.ctx, nil)
		f.ok(err)
		f.equal(states, statesAfter)
		partsAfter, err := f.l.PartitionStates(f.ctx, "b", []partition.Key{""})
		f.ok(err)
		f.equal(parts, partsAfter)

		again := f.start()
		again.do(a, "v2")
		after, err = f.l.Latest(f.ctx, keys)
		f.ok(err)
		f.equal("v2", after[keys[0]].Event.DataVersion)
	}},
	{"deleting an older run leaves the newer materialization", func(f *fixture) {
		old, young := f.start(), f.start()
		a := attempt("a", "", 1)
		old.do(a, "old")
		young.do(a, "young")
		old.finish(event.Succeeded)
		f.ok(f.l.DeleteRun(f.ctx, old.id))
		got, err := f.l.Latest(f.ctx, []store.AssetKey{{Asset: "a"}})
		f.ok(err)
		f.equal("young", got[store.AssetKey{Asset: "a"}].Event.DataVersion)
	}},
	{"a request that made a deleted run does not make another", func(f *fixture) {
		s := f.start(request("r1"))
		s.finish(event.Succeeded)
		f.ok(f.l.DeleteRun(f.ctx, s.id))
		_, _, err := f.l.CreateRun(f.ctx, order(request("r1")))
		f.is(err, store.ErrNotFound)
	}},
	{"a large run is deleted whole", func(f *fixture) {
		s := f.start()
		many := make([]event.Event, 5000)
		for i := range many {
			many[i] = of(attempt("b", "", 0), &event.StepSkipped{})
		}
		s.append(s.owner(many...))
		s.do(attempt("a", "", 1), "v")
		s.finish(event.Succeeded)
		f.ok(f.l.DeleteRun(f.ctx, s.id))
		_, err := f.l.Run(f.ctx, s.id)
		f.is(err, store.ErrNotFound)
	}},
}

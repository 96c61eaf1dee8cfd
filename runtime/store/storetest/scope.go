package storetest

import (
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// stranger makes a run with everything in location-1 and returns the handle of
// a location that must see nothing of it.
func (f *fixture) stranger() (*started, store.Location) {
	f.Helper()
	_, err := f.l.Register(f.ctx, catalogue("1", "a"))
	f.ok(err)
	s := f.start(func(r *store.NewRun) {
		r.Created.Tags = map[string]string{"k": "v"}
		r.Created.Partitions = "k1"
	})
	s.do(attempt("a", "k1", 1), "v")
	s.fail(attempt("a", "k2", 1))
	f.ok(f.l.AppendLogs(f.ctx, s.id, []store.LogLine{{Stream: store.Process, Text: "x"}}))
	f.ok(f.l.RememberAnswer(f.ctx, "r", "M", "d", []byte("1")))
	_, err = f.l.Observe(f.ctx, "a", event.Observation{})
	f.ok(err)
	return s, f.st.Location("location-2")
}

var scopeTests = []promise{
	{"no method sees a run of another location", func(f *fixture) {
		s, l := f.stranger()
		before := f.run(s.id)
		for name, call := range map[string]func() error{
			"Run":         func() error { _, err := l.Run(f.ctx, s.id); return err },
			"TakeOver":    func() error { _, err := l.TakeOver(f.ctx, s.id, take("e")); return err },
			"Renew":       func() error { _, err := l.Renew(f.ctx, s.id, s.epoch, lease); return err },
			"Release":     func() error { return l.Release(f.ctx, s.id, s.epoch) },
			"AdmitRun":    func() error { _, err := l.AdmitRun(f.ctx, s.id); return err },
			"Cancel":      func() error { _, err := l.RequestCancel(f.ctx, s.id, nil); return err },
			"FailLaunch":  func() error { return l.FailLaunch(f.ctx, s.id, "x") },
			"DeleteRun":   func() error { return l.DeleteRun(f.ctx, s.id) },
			"Events":      func() error { _, err := l.Events(f.ctx, s.id, 0, 0); return err },
			"WatchStream": func() error { _, err := collect(f.ctx, l, s.id, 0); return err },
			"AppendLogs":  func() error { return l.AppendLogs(f.ctx, s.id, []store.LogLine{{Stream: store.Process}}) },
			"LogLines":    func() error { _, err := l.LogLines(f.ctx, s.id, store.LogFilter{}, 0, 0); return err },
			"Answer":      func() error { _, err := l.Answer(f.ctx, "r", "M", "d"); return err },
			"Definitions": func() error { _, err := l.Definitions(f.ctx); return err },
			"Catalogue":   func() error { _, err := l.CatalogueInfo(f.ctx); return err },
			"Observe":     func() error { _, err := l.Observe(f.ctx, "a", event.Observation{}); return err },
			"Append": func() error {
				_, err := l.Append(f.ctx, s.id, store.Append{Writer: "w", Counter: 9, Parts: []store.Part{s.owner(finished(event.Failed))}})
				return err
			},
		} {
			f.Log(name)
			f.is(call(), store.ErrNotFound)
		}
		f.equal(before, f.run(s.id))
	}},
	{"lists, counts and assets of another location are empty", func(f *fixture) {
		s, l := f.stranger()
		for _, filter := range []store.RunFilter{
			{}, {Status: []store.Status{store.Started}}, {Asset: "a"}, {Partition: "k1"}, {TagKey: "k"}, {TagKey: "k", TagValue: "v"},
			{LauncherKind: "manual"}, {IDPrefix: s.id},
		} {
			runs, _, err := l.ListRuns(f.ctx, filter, store.Page{})
			f.ok(err)
			f.equal(0, len(runs))
		}
		counts, err := l.CountRuns(f.ctx)
		f.ok(err)
		f.equal(0, len(counts))
		latest, err := l.Latest(f.ctx, []store.AssetKey{{Asset: "a", Key: "k1"}})
		f.ok(err)
		f.equal(0, len(latest))
		states, err := l.AssetStates(f.ctx, []string{"a"})
		f.ok(err)
		f.equal([]store.AssetState{{Asset: "a"}}, states)
		parts, err := l.PartitionStates(f.ctx, "a", []partition.Key{"k1"})
		f.ok(err)
		f.equal([]store.PartitionState{{Key: "k1"}}, parts)
		m, x := f.sets(l, f.space(static("k1", "k2")))
		f.equal(0, len(m)+len(x))
		list, _, err := l.AssetHistory(f.ctx, "a", store.HistoryFilter{}, store.Page{})
		f.ok(err)
		f.equal(0, len(list))
		list, err = l.Events(f.ctx, event.AssetStream("a"), 0, 0)
		f.ok(err)
		f.equal(0, len(list))
		f.clock.Move(2 * lease)
		orphans, err := l.Orphans(f.ctx, 10)
		f.ok(err)
		f.equal(0, len(orphans))
	}},
	{"hints of another location do not come", func(f *fixture) {
		w := f.watchLocation(f.st.Location("location-2"), "")
		f.stranger()
		mine := order()
		_, _, err := f.st.Location("location-2").CreateRun(f.ctx, mine)
		f.ok(err)
		for _, h := range w.next().Hints {
			f.equal(mine.ID, h.Stream)
		}
	}},
	{"assets of one name in two locations are two", func(f *fixture) {
		_, l := f.stranger()
		_, err := l.Register(f.ctx, catalogue("2", "a"))
		f.ok(err)
		e, err := l.Observe(f.ctx, "a", event.Observation{DataVersion: "mine"})
		f.ok(err)
		f.equal(uint64(1), e.Seq)
	}},
	{"a location id that is malformed is refused", func(f *fixture) {
		for _, id := range []string{"", "a\nb"} {
			_, _, err := f.st.Location(id).CreateRun(f.ctx, order())
			f.is(err, store.ErrInvalid)
		}
	}},
}

package storetest

import (
	"fmt"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

func (f *fixture) history(asset string, filter store.HistoryFilter, size int) []event.Event {
	f.Helper()
	var all []event.Event
	token := ""
	for {
		list, next, err := f.l.AssetHistory(f.ctx, asset, filter, store.Page{Size: size, Token: token})
		f.ok(err)
		all = append(all, list...)
		if next == "" {
			return all
		}
		token = next
	}
}

func seqs(list []event.Event) []string {
	var out []string
	for _, e := range list {
		out = append(out, fmt.Sprintf("%s/%d", e.Type(), e.Seq))
	}
	return out
}

var assetTests = []promise{
	{"the newest materialization of a key is known whole", func(f *fixture) {
		s := f.start()
		s.do(attempt("a", "k1", 1), "v1")
		f.clock.Move(time.Second)
		a2 := attempt("a", "k1", 2)
		s.append(s.owner(launch(a2, "t2")))
		m := &event.Materialization{DataVersion: "v2", CodeVersion: "c2", Value: &event.ValueRef{Handler: "blob", Path: "p"}}
		got := s.append(worker("t2", of(a2, m), succeeded(a2)))
		latest, err := f.l.Latest(f.ctx, []store.AssetKey{{Asset: "a", Key: "k1"}, {Asset: "a", Key: "k2"}, {Asset: "zzz"}, {Asset: "a"}})
		f.ok(err)
		f.equal(map[store.AssetKey]store.Materialized{{Asset: "a", Key: "k1"}: {
			Asset: "a", Key: "k1", Run: s.id, Attempt: a2, Seq: got.First, Time: f.clock.Now(), Event: *m,
		}}, latest)
	}},
	{"an output other than the step's name is its own asset", func(f *fixture) {
		s := f.start()
		a := attempt("a", "", 1)
		s.append(s.owner(launch(a, "t"), of(a, &event.Materialization{Output: "out", DataVersion: "v"}), succeeded(a)))
		got, err := f.l.Latest(f.ctx, []store.AssetKey{{Asset: "out"}, {Asset: "a"}})
		f.ok(err)
		f.equal(1, len(got))
		f.equal(a, got[store.AssetKey{Asset: "out"}].Attempt)
	}},
	{"a call takes at most 1000 keys", func(f *fixture) {
		_, err := f.l.Latest(f.ctx, make([]store.AssetKey, store.MaxKeys+1))
		f.is(err, store.ErrInvalid)
		_, err = f.l.PartitionStates(f.ctx, "a", make([]partition.Key, store.MaxKeys+1))
		f.is(err, store.ErrInvalid)
	}},
	{"states come in the order asked for, or declared", func(f *fixture) {
		_, err := f.l.Register(f.ctx, catalogue("1", "c", "a", "b"))
		f.ok(err)
		s := f.start()
		s.do(attempt("a", "k1", 1), "v1")
		f.clock.Move(time.Second)
		s.do(attempt("a", "k0", 1), "v2")
		s.fail(attempt("b", "k3", 1))
		f.clock.Move(time.Second)
		_, err = f.l.Observe(f.ctx, "c", event.Observation{})
		f.ok(err)
		states, err := f.l.AssetStates(f.ctx, nil)
		f.ok(err)
		f.equal([]string{"c", "a", "b"}, []string{states[0].Asset, states[1].Asset, states[2].Asset})
		f.equal(f.clock.Now(), states[0].ObservedAt)
		if states[0].Last != nil || states[2].Last != nil {
			f.Fatal("an asset that was never materialized has a newest materialization")
		}
		f.equal(partition.Key("k0"), states[1].Last.Key)
		f.equal("v2", states[1].Last.Event.DataVersion)
		f.equal(attempt("a", "k0", 1), states[1].Last.Attempt)
		f.equal(store.AssetState{Asset: "b", FailedAt: f.clock.Now().Add(-time.Second), FailedRun: s.id, FailedKey: "k3"}, states[2])
		two, err := f.l.AssetStates(f.ctx, []string{"b", "unheard", "c"})
		f.ok(err)
		f.equal([]store.AssetState{states[2], {Asset: "unheard"}, states[0]}, two)
	}},
	{"of several keys in one append the last is the newest", func(f *fixture) {
		s := f.start()
		var part store.Part
		part.Epoch = s.epoch
		for _, k := range []partition.Key{"k2", "k9", "k1"} {
			a := attempt("a", k, 1)
			part.Events = append(part.Events, launch(a, "t"), materialized(a, "v"), succeeded(a))
		}
		s.append(part)
		states, err := f.l.AssetStates(f.ctx, []string{"a"})
		f.ok(err)
		f.equal(partition.Key("k1"), states[0].Last.Key)
	}},
	{"a key is failed while its newest failure is younger", func(f *fixture) {
		s := f.start()
		state := func() store.PartitionState {
			f.Helper()
			list, err := f.l.PartitionStates(f.ctx, "a", []partition.Key{"none", "k"})
			f.ok(err)
			f.equal(store.PartitionState{Key: "none"}, list[0])
			return list[1]
		}
		s.do(attempt("a", "k", 1), "v1")
		got := state()
		f.equal(store.PartitionState{Key: "k", MaterializedAt: f.clock.Now(), Run: s.id, DataVersion: "v1", CodeVersion: "c1"}, got)
		f.equal(false, got.IsFailed())
		f.clock.Move(time.Second)
		second := f.start()
		second.fail(attempt("a", "k", 1))
		got = state()
		f.equal(true, got.IsFailed())
		f.equal(second.id, got.Run)
		f.equal("v1", got.DataVersion)
		third := f.start()
		third.do(attempt("a", "k", 1), "v3")
		got = state()
		f.equal(false, got.IsFailed())
		f.equal(third.id, got.Run)
	}},
	{"a failure that will be retried fails no key", func(f *fixture) {
		s := f.start()
		a := attempt("a", "k", 1)
		s.append(s.owner(launch(a, "t"), failed(a, false)))
		list, err := f.l.PartitionStates(f.ctx, "a", []partition.Key{"k"})
		f.ok(err)
		f.equal(false, list[0].IsFailed())
	}},
	{"a later failure wins though the clock jumped back", func(f *fixture) {
		first := f.start()
		first.do(attempt("a", "k", 1), "v")
		f.clock.Move(-time.Hour)
		f.start().fail(attempt("a", "k", 1))
		list, err := f.l.PartitionStates(f.ctx, "a", []partition.Key{"k"})
		f.ok(err)
		f.equal(true, list[0].IsFailed())
		f.clock.Move(-time.Hour)
		f.start().do(attempt("a", "k", 1), "v")
		list, err = f.l.PartitionStates(f.ctx, "a", []partition.Key{"k"})
		f.ok(err)
		f.equal(false, list[0].IsFailed())
	}},
	{"history pages the facts of an asset, newest first", func(f *fixture) {
		_, err := f.l.Register(f.ctx, catalogue("1", "a", "b"))
		f.ok(err)
		s := f.start()
		s.do(attempt("a", "k1", 1), "v")                      // 3 launched, 4 materialized, 5
		s.do(attempt("b", "k1", 1), "v")                      // 6 … 8
		s.do(attempt("a", "k2", 1), "v")                      // 9, 10, 11
		s.fail(attempt("a", "k1", 2))                         // 12, 13
		retried := attempt("a", "k1", 3)                      //
		s.append(s.owner(launch(retried, "t")))               // 14
		s.append(s.owner(failed(retried, false)))             // 15
		_, err = f.l.Observe(f.ctx, "a", event.Observation{}) // 1 of asset:a
		f.ok(err)
		for _, size := range []int{1, 2, 50} {
			f.equal([]string{"Observation/1", "StepFailed/13", "Materialization/10", "Materialization/4"},
				seqs(f.history("a", store.HistoryFilter{}, size)))
			f.equal([]string{"StepFailed/13", "Materialization/4"}, seqs(f.history("a", store.HistoryFilter{Key: "k1"}, size)))
			f.equal([]string{"StepFailed/15", "StepFailed/13"},
				seqs(f.history("a", store.HistoryFilter{Types: []event.Type{event.TypeStepFailed}}, size)))
			f.equal([]string{"Materialization/10"},
				seqs(f.history("a", store.HistoryFilter{Types: []event.Type{event.TypeMaterialization}, Key: "k2"}, size)))
		}
		got := f.history("a", store.HistoryFilter{}, 50)
		f.equal(event.AssetStream("a"), got[0].Stream)
		f.equal(f.events(s.id)[12], got[1])
		f.equal(0, len(f.history("unheard", store.HistoryFilter{}, 5)))
		_, _, err = f.l.AssetHistory(f.ctx, "a", store.HistoryFilter{Types: []event.Type{event.TypeRunCreated}}, store.Page{})
		f.is(err, store.ErrInvalid)
	}},
	{"pages of history neither repeat nor skip while it grows", func(f *fixture) {
		s := f.start()
		for i := range 6 {
			s.do(attempt("a", "", i+1), "v")
		}
		var all []string
		token := ""
		for {
			list, next, err := f.l.AssetHistory(f.ctx, "a", store.HistoryFilter{}, store.Page{Size: 2, Token: token})
			f.ok(err)
			all = append(all, seqs(list)...)
			if next == "" {
				break
			}
			token = next
			f.clock.Move(-time.Minute)
			f.start().do(attempt("a", "", 1), "v")
		}
		f.equal([]string{
			"Materialization/19", "Materialization/16", "Materialization/13",
			"Materialization/10", "Materialization/7", "Materialization/4",
		}, all)
	}},
}

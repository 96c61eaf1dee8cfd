package storetest

import (
	"fmt"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

func (f *fixture) space(def partition.Definition) partition.Space {
	f.Helper()
	space, err := partition.New(def)
	f.ok(err)
	return space
}

func static(keys ...string) partition.Definition {
	return partition.Definition{Kind: partition.Static, Keys: keys}
}

// sets returns materialized and failed keys of an asset as texts.
func (f *fixture) sets(l store.Location, space partition.Space) (materialized, failed []string) {
	f.Helper()
	got, err := l.PartitionSets(f.ctx, "a", space, f.clock.Now())
	f.ok(err)
	keys := func(s partition.Set) (list []string) {
		for o := range s.Ordinals() {
			k, ok := space.Key(o, f.clock.Now())
			if !ok {
				f.Fatalf("ordinal %d is outside of the space", o)
			}
			list = append(list, string(k))
		}
		return list
	}
	return keys(got.Materialized), keys(got.Failed)
}

var partitionTests = []promise{
	{"sets follow the rows, folded or not", func(f *fixture) {
		space := f.space(static("k1", "k2", "k3", "k4"))
		s := f.start()
		fold := func() { f.ok(f.l.FoldPartitions(f.ctx, "a", space, f.clock.Now())) }
		expect := func(m, x []string) {
			f.Helper()
			gotM, gotX := f.sets(f.l, space)
			f.equal(m, gotM)
			f.equal(x, gotX)
		}
		for _, folding := range []func(){func() {}, fold} {
			expect(nil, nil)
			folding()
		}
		s.do(attempt("a", "k3", 1), "v")
		s.do(attempt("a", "k1", 1), "v")
		expect([]string{"k1", "k3"}, nil)
		fold()
		expect([]string{"k1", "k3"}, nil)
		s.fail(attempt("a", "k2", 1))
		s.fail(attempt("a", "k1", 2))
		expect([]string{"k1", "k3"}, []string{"k1", "k2"})
		fold()
		fold()
		expect([]string{"k1", "k3"}, []string{"k1", "k2"})
		s.do(attempt("a", "k1", 3), "v")
		s.do(attempt("a", "k2", 3), "v")
		expect([]string{"k1", "k2", "k3"}, nil)
		fold()
		expect([]string{"k1", "k2", "k3"}, nil)
	}},
	{"keys outside of the space are left out", func(f *fixture) {
		s := f.start()
		for _, k := range []partition.Key{"k1", "gone", ""} {
			s.do(attempt("a", k, 1), "v")
		}
		m, _ := f.sets(f.l, f.space(static("k1", "k2")))
		f.equal([]string{"k1"}, m)
	}},
	{"a changed definition is folded anew", func(f *fixture) {
		old, young := f.space(static("k1", "k2", "k3")), f.space(static("k0", "k3", "k1"))
		s := f.start()
		s.do(attempt("a", "k1", 1), "v")
		s.fail(attempt("a", "k3", 1))
		for _, space := range []partition.Space{old, young, old} {
			for range 2 {
				m, x := f.sets(f.l, space)
				f.equal([]string{"k1"}, m)
				f.equal([]string{"k3"}, x)
				f.ok(f.l.FoldPartitions(f.ctx, "a", space, f.clock.Now()))
			}
		}
		f.ok(f.l.FoldPartitions(f.ctx, "a", young, f.clock.Now()))
		m, x := f.sets(f.l, young)
		f.equal([]string{"k1"}, m)
		f.equal([]string{"k3"}, x)
	}},
	{"a grid that grows keeps what was folded", func(f *fixture) {
		f.clock.Move(365 * 24 * time.Hour)
		space := f.space(partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-01-10"})
		s := f.start()
		s.do(attempt("a", "2001-01-02", 1), "v")
		s.do(attempt("a", "2001-01-12", 1), "v")
		f.ok(f.l.FoldPartitions(f.ctx, "a", space, f.clock.Now()))
		m, _ := f.sets(f.l, space)
		f.equal([]string{"2001-01-02"}, m)
		longer := f.space(partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-01-20"})
		m, _ = f.sets(f.l, longer)
		f.equal([]string{"2001-01-02", "2001-01-12"}, m)
		f.ok(f.l.FoldPartitions(f.ctx, "a", longer, f.clock.Now()))
		m, _ = f.sets(f.l, longer)
		f.equal([]string{"2001-01-02", "2001-01-12"}, m)
		m, _ = f.sets(f.l, space)
		f.equal([]string{"2001-01-02"}, m)
	}},
	{"a deleted run stays in the sets", func(f *fixture) {
		space := f.space(static("k1", "k2"))
		s := f.start()
		s.do(attempt("a", "k1", 1), "v")
		s.fail(attempt("a", "k2", 1))
		s.finish(event.Failed)
		f.ok(f.l.DeleteRun(f.ctx, s.id))
		m, x := f.sets(f.l, space)
		f.equal([]string{"k1"}, m)
		f.equal([]string{"k2"}, x)
	}},
	{"many chunks are folded by one and read by another", func(f *fixture) {
		keys := make([]string, 70_000)
		for i := range keys {
			keys[i] = fmt.Sprintf("%06d", i)
		}
		space := f.space(static(keys...))
		s := f.start()
		want := []string{keys[0], keys[65_535], keys[65_536], keys[69_999]}
		for _, k := range want {
			s.do(attempt("a", partition.Key(k), 1), "v")
		}
		f.ok(f.l.FoldPartitions(f.ctx, "a", space, f.clock.Now()))
		reader := f.open(Options{ReadOnly: true, Now: f.clock.Now}).Location("location-1")
		m, _ := f.sets(reader, space)
		f.equal(want, m)
		f.is(reader.FoldPartitions(f.ctx, "a", space, f.clock.Now()), store.ErrReadOnly)
	}},
	{"an asset that is unknown has empty sets", func(f *fixture) {
		space := f.space(static("k1"))
		m, x := f.sets(f.l, space)
		f.equal(0, len(m)+len(x))
		f.ok(f.l.FoldPartitions(f.ctx, "a", space, f.clock.Now()))
	}},
}

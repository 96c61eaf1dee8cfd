package storetest

import (
	"fmt"
	"slices"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// pages reads all pages of a list of runs, newest first.
func (f *fixture) pages(filter store.RunFilter, size int) []string {
	f.Helper()
	var all []string
	token := ""
	for {
		runs, next, err := f.l.ListRuns(f.ctx, filter, store.Page{Size: size, Token: token})
		f.ok(err)
		if len(runs) > size {
			f.Fatalf("page of %d runs, asked for %d", len(runs), size)
		}
		all = append(all, ids(runs)...)
		if next == "" {
			return all
		}
		token = next
	}
}

// mixed makes runs of all kinds, oldest first.
func (f *fixture) mixed() []string {
	f.Helper()
	var list []string
	for i := range 12 {
		f.clock.Move(time.Second)
		run := f.create(func(r *store.NewRun) {
			if i%3 == 0 {
				r.Status = store.Queued
			}
			r.Created.Assets = []string{fmt.Sprintf("asset-%d", i%4), "every"}
			r.Created.Tags = map[string]string{"n": fmt.Sprint(i % 2), "all": "x"}
			r.Created.Launcher.Kind = []string{"manual", "schedule"}[i%2]
			r.Created.Partitions = []string{"", "2001-01-05", "2001-01-01..2001-01-10", "2001-01-05,2001-03-01..2001-03-02"}[i%4]
		})
		list = append(list, run.ID)
	}
	return list
}

func pick(list []string, keep func(i int) bool) []string {
	var out []string
	for i := len(list) - 1; i >= 0; i-- {
		if keep(i) {
			out = append(out, list[i])
		}
	}
	return out
}

var listTests = []promise{
	{"filters pick runs, alone and together, newest first", func(f *fixture) {
		_, err := f.l.Register(f.ctx, store.Catalogue{Name: "w", Definitions: []asset.Definition{
			{Name: "every", Partitions: &partition.Definition{Kind: partition.Daily, Start: "2001-01-01"}},
		}})
		f.ok(err)
		base := f.clock.Now()
		list := f.mixed()
		at := func(i int) time.Time { return base.Add(time.Duration(i+1) * time.Second) }
		for why, c := range map[string]struct {
			filter store.RunFilter
			keep   func(i int) bool
		}{
			"all":           {store.RunFilter{}, func(int) bool { return true }},
			"status":        {store.RunFilter{Status: []store.Status{store.Queued}}, func(i int) bool { return i%3 == 0 }},
			"two statuses":  {store.RunFilter{Status: []store.Status{store.Queued, store.NotStarted}}, func(int) bool { return true }},
			"a status none": {store.RunFilter{Status: []store.Status{store.Failed}}, func(int) bool { return false }},
			"asset":         {store.RunFilter{Asset: "asset-1"}, func(i int) bool { return i%4 == 1 }},
			"unknown asset": {store.RunFilter{Asset: "nope"}, func(int) bool { return false }},
			"tag":           {store.RunFilter{TagKey: "n", TagValue: "1"}, func(i int) bool { return i%2 == 1 }},
			"any value":     {store.RunFilter{TagKey: "n"}, func(int) bool { return true }},
			"unknown tag":   {store.RunFilter{TagKey: "x"}, func(int) bool { return false }},
			"launcher":      {store.RunFilter{LauncherKind: "schedule"}, func(i int) bool { return i%2 == 1 }},
			"partition":     {store.RunFilter{Partition: "2001-01-05"}, func(i int) bool { return i%4 != 0 }},
			"in a range":    {store.RunFilter{Partition: "2001-03-02"}, func(i int) bool { return i%4 == 3 }},
			"no partition":  {store.RunFilter{Partition: "2001-05-05"}, func(int) bool { return false }},
			"id":            {store.RunFilter{IDPrefix: list[4]}, func(i int) bool { return i == 4 }},
			"short prefix":  {store.RunFilter{IDPrefix: list[4][:2]}, func(int) bool { return true }},
			"wrong prefix":  {store.RunFilter{IDPrefix: "ffffffff-ffff"}, func(int) bool { return false }},
			"wild prefix":   {store.RunFilter{IDPrefix: "%"}, func(int) bool { return false }},
			"before":        {store.RunFilter{Before: at(4)}, func(i int) bool { return i < 4 }},
			"after":         {store.RunFilter{After: at(4)}, func(i int) bool { return i > 4 }},
			"between":       {store.RunFilter{After: at(2), Before: at(9)}, func(i int) bool { return i > 2 && i < 9 }},
			"together": {
				store.RunFilter{Status: []store.Status{store.NotStarted}, Asset: "every", TagKey: "n", TagValue: "1", LauncherKind: "schedule", After: at(2)},
				func(i int) bool { return i%3 != 0 && i%2 == 1 && i > 2 },
			},
			"partition and more": {
				store.RunFilter{Partition: "2001-01-05", Asset: "asset-3", IDPrefix: list[0][:8]},
				func(i int) bool { return i%4 == 3 && list[i][:8] == list[0][:8] },
			},
		} {
			want := pick(list, c.keep)
			for _, size := range []int{1, 2, 5, 100} {
				if got := f.pages(c.filter, size); !slices.Equal(want, got) {
					f.Errorf("%s in pages of %d:\nwant %v\n got %v", why, size, want, got)
				}
			}
		}
	}},
	{"pages neither repeat nor skip while runs are added", func(f *fixture) {
		list := f.mixed()
		var all []string
		token := ""
		for {
			runs, next, err := f.l.ListRuns(f.ctx, store.RunFilter{}, store.Page{Size: 2, Token: token})
			f.ok(err)
			all = append(all, ids(runs)...)
			if next == "" {
				break
			}
			token = next
			f.clock.Move(time.Second)
			f.create()
		}
		f.equal(pick(list, func(int) bool { return true }), all)
	}},
	{"runs of one instant have an order", func(f *fixture) {
		var list []string
		for range 5 {
			list = append(list, f.create().ID)
		}
		f.equal(pick(list, func(int) bool { return true }), f.pages(store.RunFilter{}, 2))
	}},
	{"a range of a static space follows its own order", func(f *fixture) {
		_, err := f.l.Register(f.ctx, store.Catalogue{Name: "w", Definitions: []asset.Definition{
			{Name: "s", Partitions: &partition.Definition{Kind: partition.Static, Keys: []string{"small", "medium", "big"}}},
		}})
		f.ok(err)
		run := f.create(func(r *store.NewRun) { r.Created.Partitions = "medium..big" })
		f.equal([]string{run.ID}, f.pages(store.RunFilter{Partition: "big"}, 5))
		f.equal([]string(nil), f.pages(store.RunFilter{Partition: "small"}, 5))
	}},
	{"a page token of another query is refused", func(f *fixture) {
		f.mixed()
		_, token, err := f.l.ListRuns(f.ctx, store.RunFilter{}, store.Page{Size: 2})
		f.ok(err)
		for _, bad := range []string{"x", "!", token + "x", token[:len(token)-3]} {
			_, _, err := f.l.ListRuns(f.ctx, store.RunFilter{}, store.Page{Token: bad})
			f.is(err, store.ErrPrecondition)
		}
		_, _, err = f.l.ListRuns(f.ctx, store.RunFilter{Asset: "every"}, store.Page{Token: token})
		f.is(err, store.ErrPrecondition)
		_, _, err = f.st.Location("location-2").ListRuns(f.ctx, store.RunFilter{}, store.Page{Token: token})
		f.is(err, store.ErrPrecondition)
		_, _, err = f.l.AssetHistory(f.ctx, "every", store.HistoryFilter{}, store.Page{Token: token})
		f.is(err, store.ErrPrecondition)
		_, _, err = f.l.ListRuns(f.ctx, store.RunFilter{}, store.Page{Size: 7, Token: token})
		f.ok(err)
	}},
	{"a page has 50 runs by default and 1000 at most", func(f *fixture) {
		for range 60 {
			f.create()
		}
		for _, size := range []int{0, -1} {
			runs, next, err := f.l.ListRuns(f.ctx, store.RunFilter{}, store.Page{Size: size})
			f.ok(err)
			f.equal(50, len(runs))
			f.equal(false, next == "")
		}
		runs, next, err := f.l.ListRuns(f.ctx, store.RunFilter{}, store.Page{Size: 1 << 30})
		f.ok(err)
		f.equal(60, len(runs))
		f.equal("", next)
	}},
	{"a status filter follows the run", func(f *fixture) {
		s := f.start()
		only := store.RunFilter{Status: []store.Status{store.Succeeded}}
		f.equal([]string(nil), f.pages(only, 5))
		s.finish(event.Succeeded)
		f.equal([]string{s.id}, f.pages(only, 5))
	}},
}

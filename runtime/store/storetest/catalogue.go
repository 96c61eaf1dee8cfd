package storetest

import (
	"strings"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

func catalogue(hash string, names ...string) store.Catalogue {
	c := store.Catalogue{Name: "weather", Image: "image-1", Hash: hash}
	for _, n := range names {
		c.Definitions = append(c.Definitions, asset.Definition{Name: n, Tags: []string{hash}})
	}
	return c
}

var catalogueTests = []promise{
	{"a location without a catalogue is not found", func(f *fixture) {
		_, err := f.l.CatalogueInfo(f.ctx)
		f.is(err, store.ErrNotFound)
		_, err = f.l.Definitions(f.ctx)
		f.is(err, store.ErrNotFound)
		f.create()
		_, err = f.l.CatalogueInfo(f.ctx)
		f.is(err, store.ErrNotFound)
		list, err := f.st.Locations(f.ctx)
		f.ok(err)
		f.equal(0, len(list))
	}},
	{"definitions come back whole and in declaration order", func(f *fixture) {
		c := store.Catalogue{Name: "weather", Image: "i", Hash: "h", Definitions: []asset.Definition{
			{
				Name: "z", Description: "<script>", Kinds: []string{"k"}, Metadata: map[string]string{"m": "v"},
				Partitions: &partition.Definition{Kind: partition.Daily, Start: "2001-01-01"}, Retry: &asset.RetryPolicy{MaxRetries: 2},
			},
			{Name: "a", Inputs: []asset.Input{{Asset: "z", Kind: asset.Data}}, Site: asset.Site{File: "x.go", Line: 3}},
		}}
		_, err := f.l.Register(f.ctx, c)
		f.ok(err)
		got, err := f.l.Definitions(f.ctx)
		f.ok(err)
		f.equal(c.Definitions, got)
	}},
	{"the revision rises only when something changed", func(f *fixture) {
		revision := func(c store.Catalogue) int64 {
			f.Helper()
			f.clock.Move(time.Second)
			info, err := f.l.Register(f.ctx, c)
			f.ok(err)
			read, err := f.l.CatalogueInfo(f.ctx)
			f.ok(err)
			f.equal(info, read)
			return info.Revision
		}
		f.equal(int64(1), revision(catalogue("1", "a", "b")))
		f.equal(int64(1), revision(catalogue("1", "a", "b")))
		f.equal(int64(2), revision(catalogue("2", "a", "b")))
		f.equal(int64(3), revision(catalogue("2", "b", "a")))
		other := catalogue("2", "b", "a")
		other.Image = "image-2"
		f.equal(int64(4), revision(other))
	}},
	{"an absent asset is marked as removed, and comes back", func(f *fixture) {
		_, err := f.l.Register(f.ctx, catalogue("1", "a", "b", "c"))
		f.ok(err)
		info, err := f.l.Register(f.ctx, catalogue("2", "b"))
		f.ok(err)
		f.equal([]string{"a", "c"}, info.Removed)
		f.equal(1, info.Assets)
		info, err = f.l.Register(f.ctx, catalogue("3", "c", "b"))
		f.ok(err)
		f.equal([]string{"a"}, info.Removed)
		defs, err := f.l.Definitions(f.ctx)
		f.ok(err)
		f.equal("c", defs[0].Name)
		f.equal(2, len(defs))
	}},
	{"registration keeps what history recorded", func(f *fixture) {
		_, err := f.l.Register(f.ctx, catalogue("1", "a", "b"))
		f.ok(err)
		f.start().do(attempt("a", "", 1), "v1")
		_, err = f.l.Register(f.ctx, catalogue("2", "b"))
		f.ok(err)
		_, err = f.l.Register(f.ctx, catalogue("3", "b", "a"))
		f.ok(err)
		got, err := f.l.Latest(f.ctx, []store.AssetKey{{Asset: "a"}})
		f.ok(err)
		f.equal("v1", got[store.AssetKey{Asset: "a"}].Event.DataVersion)
	}},
	{"locations are ordered by name", func(f *fixture) {
		for id, name := range map[string]string{"1": "zebra", "2": "ant", "3": "mole"} {
			c := catalogue("1", "a")
			c.Name = name
			_, err := f.st.Location(id).Register(f.ctx, c)
			f.ok(err)
		}
		got, err := f.st.Locations(f.ctx)
		f.ok(err)
		f.equal([]store.LocationInfo{{ID: "2", Name: "ant"}, {ID: "3", Name: "mole"}, {ID: "1", Name: "zebra"}}, got)
	}},
	{"a bad catalogue is refused and changes nothing", func(f *fixture) {
		_, err := f.l.Register(f.ctx, catalogue("1", "a"))
		f.ok(err)
		for why, c := range map[string]store.Catalogue{
			"twice":   catalogue("2", "b", "b"),
			"empty":   catalogue("2", ""),
			"long":    catalogue("2", strings.Repeat("x", store.MaxName+1)),
			"control": catalogue("2", "a\nb"),
			"big": {Name: "weather", Definitions: []asset.Definition{
				{Name: "a", Description: strings.Repeat("x", event.MaxPayload)},
			}},
			"nameless": {},
		} {
			if _, err := f.l.Register(f.ctx, c); err == nil {
				f.Errorf("%s: accepted", why)
			} else {
				f.is(err, store.ErrInvalid)
			}
		}
		info, err := f.l.CatalogueInfo(f.ctx)
		f.ok(err)
		f.equal("1", info.Hash)
	}},
}

package retention_test

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"rivers.io/runtime/daemon/retention"
)

// idAt returns a value id that was made at an instant.
func idAt(at time.Time, n uint64) uuid.UUID {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], uint64(at.UnixMilli())<<16)
	id[6] = 0x70
	binary.BigEndian.PutUint64(id[8:], n)
	id[8] = id[8]&0x3f | 0x80
	return id
}

var noon = time.Date(2001, 1, 2, 12, 0, 0, 0, time.UTC)

func TestRules(t *testing.T) {
	day := 24 * time.Hour
	old, older := noon.Add(-25*time.Hour), noon.Add(-50*time.Hour)
	for name, c := range map[string]struct {
		rules          retention.Rules
		made, modified time.Time
		foreign, goes  bool
	}{
		"older than the grace":               {retention.Rules{Now: noon, Grace: day}, old, old, false, true},
		"younger than the grace":             {retention.Rules{Now: noon, Grace: day}, noon.Add(-23 * time.Hour), old, false, false},
		"made just as long ago as the grace": {retention.Rules{Now: noon, Grace: day}, noon.Add(-day), old, false, false},
		"copied lately, as by a restore":     {retention.Rules{Now: noon, Grace: day}, old, noon.Add(-time.Hour), false, false},
		"made in the future":                 {retention.Rules{Now: noon, Grace: day}, noon.Add(day), old, false, false},
		"a run began after it":               {retention.Rules{Now: noon, Grace: day, OldestActive: noon.Add(-26 * time.Hour)}, older, older, false, true},
		"a run began before it":              {retention.Rules{Now: noon, Grace: day, OldestActive: older}, old, old, false, false},
		"within what clocks may differ":      {retention.Rules{Now: noon, Grace: day, OldestActive: old}, old.Add(-time.Second), old.Add(-time.Second), false, false},
		"a run that began within the grace":  {retention.Rules{Now: noon, Grace: day, OldestActive: noon}, old, old, false, true},
		"a negative grace is none":           {retention.Rules{Now: noon, Grace: -day}, noon.Add(time.Minute), old, false, false},
		"not a value":                        {retention.Rules{Now: noon, Grace: day}, old, old, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := retention.Object{Path: "a/_/x", ID: idAt(c.made, 1), Modified: c.modified}
			if c.foreign {
				o.ID = uuid.Nil
			}
			if got := c.rules.Old(o); got != c.goes {
				t.Errorf("Old = %v, want %v", got, c.goes)
			}
		})
	}
}

func TestUnreferencedProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hours := rapid.IntRange(-100, 100)
		at := func(label string) time.Time { return noon.Add(time.Duration(hours.Draw(t, label)) * time.Hour) }
		r := retention.Rules{Now: at("now"), Grace: time.Duration(rapid.IntRange(0, 100).Draw(t, "grace")) * time.Hour}
		if rapid.Bool().Draw(t, "active") {
			r.OldestActive = at("oldest")
		}
		referred := map[uuid.UUID]bool{}
		var objects, want []retention.Object
		for n := range rapid.IntRange(0, 20).Draw(t, "objects") {
			made, modified := at("made"), at("modified")
			o := retention.Object{ID: idAt(made, uint64(n)), Modified: modified}
			named, foreign := rapid.Bool().Draw(t, "named"), rapid.Bool().Draw(t, "foreign")
			referred[o.ID] = named
			if foreign {
				o.ID = uuid.Nil
			}
			objects = append(objects, o)
			young := func(x time.Time) bool {
				return r.Now.Sub(x) <= r.Grace || !r.OldestActive.IsZero() && !x.Before(r.OldestActive.Add(-time.Minute))
			}
			if !foreign && !named && !young(made) && !young(modified) {
				want = append(want, o)
			}
		}
		got := retention.Unreferenced(objects, r, func(id uuid.UUID) bool { return referred[id] })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("rules %+v (-want +got):\n%s", r, diff)
		}
	})
}

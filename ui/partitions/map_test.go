package partitions_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rivers.io/runtime/partition"
	"rivers.io/ui/partitions"
)

var now = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

func space(t rapid.TB, d partition.Definition) partition.Space {
	t.Helper()
	s, err := partition.New(d)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// drawn is a space of any kind and size with random states.
func drawn(t *rapid.T) partitions.Input {
	start := time.Date(rapid.IntRange(1950, 2050).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
	n := rapid.IntRange(1, 9000).Draw(t, "keys")
	var d partition.Definition
	switch kind := rapid.SampledFrom([]partition.Kind{partition.Daily, partition.Hourly, partition.Static}).Draw(t, "kind"); kind {
	case partition.Daily:
		d = partition.Definition{Kind: kind, Start: start.Format(time.DateOnly), End: start.AddDate(0, 0, n).Format(time.DateOnly)}
	case partition.Hourly:
		d = partition.Definition{Kind: kind, Start: start.Format("2006-01-02T15:04"), End: start.Add(time.Duration(n) * time.Hour).Format("2006-01-02T15:04")}
	default:
		d.Kind = kind
		for i := range n {
			d.Keys = append(d.Keys, start.AddDate(0, 0, i).Format("key-20060102"))
		}
	}
	in := partitions.Input{Space: space(t, d), Now: now}
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	for o := range in.Space.Count(now) {
		// States overlap, as a key that failed after it was materialized does.
		if random.IntN(2) == 0 {
			in.Materialized.Add(o)
		}
		if random.IntN(9) == 0 {
			in.Failed.Add(o)
		}
		if random.IntN(30) == 0 {
			in.Running.Add(o)
		}
	}
	return in
}

// state is the letter of a key, by the rule that Input states.
func state(in partitions.Input, o uint64) byte {
	switch {
	case in.Running.Contains(o):
		return 'r'
	case in.Failed.Contains(o):
		return 'f'
	case in.Materialized.Contains(o):
		return 'm'
	}
	return '-'
}

func count(in partitions.Input, from, to uint64) (c partitions.Counts) {
	for o := from; o < to; o++ {
		switch state(in, o) {
		case 'm':
			c.Materialized++
		case 'f':
			c.Failed++
		case 'r':
			c.Running++
		}
	}
	return c
}

func TestMapsCountEveryKeyOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawn(t)
		total := in.Space.Count(now)
		from := rapid.Uint64Range(0, total-1).Draw(t, "from")
		to := rapid.Uint64Range(from+1, total).Draw(t, "to")
		m, err := partitions.Draw(in, from, to)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(count(in, 0, total), m.Counts); diff != "" {
			t.Fatal(diff)
		}
		if m.Unit == partitions.Key {
			if uint64(len(m.Letters)) != to-from {
				t.Fatalf("%d letters for %d keys", len(m.Letters), to-from)
			}
			for i := range m.Letters {
				if m.Letters[i] != state(in, from+uint64(i)) {
					t.Fatalf("key %d is %c, not %c", i, m.Letters[i], state(in, from+uint64(i)))
				}
			}
			return
		}
		at := from
		for i, size := range m.Sizes {
			if size == 0 {
				t.Fatalf("tile %d is empty", i)
			}
			want := partitions.Counts{Materialized: m.Materialized[i], Failed: m.Failed[i], Running: m.Running[i]}
			if diff := cmp.Diff(count(in, at, at+size), want); diff != "" {
				t.Fatalf("tile %d: %s", i, diff)
			}
			at += size
		}
		if at != to || len(m.Sizes) > partitions.MaxCells {
			t.Fatalf("%d tiles end at %d, not at %d", len(m.Sizes), at, to)
		}
	})
}

func TestTilesFollowTheCalendar(t *testing.T) {
	for _, c := range []struct {
		reason string
		d      partition.Definition
		unit   partitions.Unit
		sizes  []uint64
	}{
		{"hours of half a year by day", partition.Definition{Kind: partition.Hourly, Start: "2001-01-01T06:00", End: "2001-09-01T00:00"}, partitions.Day, []uint64{18, 24, 24}},
		{"hours of a century by month", partition.Definition{Kind: partition.Hourly, Start: "1999-12-31T20:00", End: "2101-01-01T00:00"}, partitions.Month, []uint64{4, 31 * 24, 29 * 24}},
		{"days of a century by month", partition.Definition{Kind: partition.Daily, Start: "2003-12-15", End: "2103-12-15"}, partitions.Month, []uint64{17, 31, 29}},
		{"days of two millennia by year", partition.Definition{Kind: partition.Daily, Start: "0199-07-01", End: "2199-07-01"}, partitions.Year, []uint64{184, 365, 365}},
	} {
		s := space(t, c.d)
		m, err := partitions.Draw(partitions.Input{Space: s, Now: now}, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		if m.Unit != c.unit {
			t.Errorf("%s: the unit is %s, want %s", c.reason, m.Unit, c.unit)
			continue
		}
		if diff := cmp.Diff(c.sizes, m.Sizes[:3]); diff != "" {
			t.Errorf("%s: %s", c.reason, diff)
		}
		if first, _ := s.Key(0, now); !strings.HasPrefix(m.First, string(first)) {
			t.Errorf("%s: the grid begins at %s, the keys at %s", c.reason, m.First, first)
		}
	}
}

func TestBlocksNameTheirKeys(t *testing.T) {
	d := partition.Definition{Kind: partition.Static}
	for i := range 9999 {
		d.Keys = append(d.Keys, now.AddDate(0, 0, i).Format("k20060102"))
	}
	m, err := partitions.Draw(partitions.Input{Space: space(t, d), Now: now}, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if m.Unit != partitions.Block || m.Sizes[0] != 10 || len(m.Sizes) != 1000 || m.Sizes[999] != 9 {
		t.Errorf("%d blocks of %d %ss", len(m.Sizes), m.Sizes[0], m.Unit)
	}
	if string(m.FirstKeys[1]) != d.Keys[10] || string(m.LastKeys[999]) != d.Keys[9998] {
		t.Errorf("blocks reach from %s to %s", m.FirstKeys[1], m.LastKeys[999])
	}
}

func TestAnEmptySpaceIsAnEmptyMap(t *testing.T) {
	s := space(t, partition.Definition{Kind: partition.Daily, Start: "2300-01-01"})
	m, err := partitions.Draw(partitions.Input{Space: s, Now: now}, 0, 0)
	if err != nil || m.Total != 0 || m.Letters != "" || m.Unit != partitions.Key {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestServeRefusesBadRanges(t *testing.T) {
	in := partitions.Input{Space: space(t, partition.Definition{Kind: partition.Static, Keys: []string{"a", "b", "c"}}), Now: now}
	for query, want := range map[string]string{
		"from=x":      `from: "x" is no ordinal of a key`,
		"to=-1":       `to: "-1" is no ordinal of a key`,
		"from=2&to=1": "keys 2 to 1 are not all among the 3 keys of the asset",
		"from=0&to=4": "keys 0 to 4 are not all among the 3 keys of the asset",
		"from=9":      "keys 9 to 3 are not all among the 3 keys of the asset",
	} {
		w := httptest.NewRecorder()
		err := partitions.Serve(w, httptest.NewRequest(http.MethodGet, "/?"+query, nil), in)
		var bad *partitions.RangeError
		if !errors.As(err, &bad) || err.Error() != want || w.Body.Len() > 0 {
			t.Errorf("%s: %v", query, err)
		}
	}
	w := httptest.NewRecorder()
	if err := partitions.Serve(w, httptest.NewRequest(http.MethodGet, "/?from=1&to=3", nil), in); err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"static","unit":"key","total":3,"counts":{"materialized":0,"failed":0,"running":0},"from":1,"to":3,"letters":"--","keys":["b","c"]}`
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkServe answers for 1,000,000 hours of which a random half is done: the
// whole, and one month.
func BenchmarkServe(b *testing.B) {
	s, err := partition.New(partition.Definition{Kind: partition.Hourly, Start: "1950-01-01T00:00", End: "2064-01-30T16:00"})
	if err != nil {
		b.Fatal(err)
	}
	in := partitions.Input{Space: s, Now: now}
	random := rand.New(rand.NewPCG(1, 1))
	for o := range uint64(1_000_000) {
		if random.IntN(2) == 0 {
			in.Materialized.Add(o)
		} else if random.IntN(50) == 0 {
			in.Failed.Add(o)
		}
	}
	for name, query := range map[string]string{"whole": "", "month": "?from=500000&to=500744"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, "/"+query, nil)
				r.Header.Set("Accept-Encoding", "gzip")
				w := httptest.NewRecorder()
				if err := partitions.Serve(w, r, in); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(w.Body.Len()), "gzip-bytes")
			}
		})
	}
}

package partition

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// mustNew returns a space that a test knows to be valid.
func mustNew(t testing.TB, def Definition) Space {
	t.Helper()
	space, err := New(def)
	if err != nil {
		t.Fatalf("New(%+v): %v", def, err)
	}
	return space
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	instant, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return instant
}

var layouts = map[Kind]string{Daily: "2006-01-02", Hourly: "2006-01-02T15:04"}

var steps = map[Kind]time.Duration{Daily: 24 * time.Hour, Hourly: time.Hour}

// enumerate is the naive model of a closed grid: it walks the calendar of the
// standard library.
func enumerate(t testing.TB, kind Kind, first, last string) []Key {
	t.Helper()
	from, err := time.Parse(layouts[kind], first)
	if err != nil {
		t.Fatal(err)
	}
	to, err := time.Parse(layouts[kind], last)
	if err != nil {
		t.Fatal(err)
	}
	var keys []Key
	for tick := from; !tick.After(to); tick = tick.Add(steps[kind]) {
		keys = append(keys, Key(tick.Format(layouts[kind])))
	}
	return keys
}

func TestDeclaredEndIsTheLastKey(t *testing.T) {
	t.Parallel()
	space := mustNew(t, Definition{Kind: Daily, Start: "2001-01-01", End: "2001-03-31"})
	now := at(t, "1990-01-01T00:00:00Z")
	if got := space.Count(now); got != 90 {
		t.Errorf("Count = %d, want the 90 days of January to March", got)
	}
	if last, _ := Last(space, now); last != "2001-03-31" {
		t.Errorf("Last = %q", last)
	}
	if first, _ := First(space, now); first != "2001-01-01" {
		t.Errorf("First = %q", first)
	}
}

func TestGridEqualsEnumeration(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]Kind{Daily, Hourly}).Draw(t, "kind")
		from := time.Date(rapid.IntRange(1, 9996).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC).
			Add(time.Duration(rapid.IntRange(0, 366*24).Draw(t, "hours")) * time.Hour).Truncate(steps[kind])
		length := rapid.IntRange(0, 800).Draw(t, "length")
		last := from.Add(time.Duration(length) * steps[kind])
		first, end := from.Format(layouts[kind]), last.Format(layouts[kind])
		space, err := New(Definition{Kind: kind, Start: first, End: end})
		if err != nil {
			t.Fatal(err)
		}
		var now time.Time
		want := length + 1
		if got := space.Count(now); got != uint64(want) {
			t.Fatalf("%s..%s: Count = %d, want %d", first, end, got, want)
		}
		for i, tick := 0, from; i < want; i, tick = i+1, tick.Add(steps[kind]) {
			expected := Key(tick.Format(layouts[kind]))
			key, ok := space.Key(uint64(i), now)
			if !ok || key != expected {
				t.Fatalf("Key(%d) = %q, %v; want %q", i, key, ok, expected)
			}
			if back, err := space.Ordinal(key, now); err != nil || back != uint64(i) {
				t.Fatalf("Ordinal(%q) = %d, %v; want %d", key, back, err, i)
			}
			window, ok := space.Window(key)
			if !ok || !window.Start.Equal(tick) || !window.End.Equal(tick.Add(steps[kind])) {
				t.Fatalf("Window(%q) = %v, %v", key, window, ok)
			}
		}
		if _, ok := space.Key(uint64(want), now); ok {
			t.Fatalf("a key past the end exists")
		}
	})
}

func TestGridHasLeapDays(t *testing.T) {
	t.Parallel()
	for year, days := range map[string]uint64{"1900": 365, "2000": 366, "2001": 365, "2004": 366, "2100": 365, "9999": 365, "0001": 365, "0004": 366} {
		space := mustNew(t, Definition{Kind: Daily, Start: year + "-01-01", End: year + "-12-31"})
		if got := space.Count(time.Time{}); got != days {
			t.Errorf("year %s has %d days, want %d", year, got, days)
		}
		_, err := space.Ordinal(Key(year+"-02-29"), time.Time{})
		if leap := days == 366; leap != (err == nil) {
			t.Errorf("February 29 of %s: %v", year, err)
		}
	}
	if got, want := mustNew(t, Definition{Kind: Hourly, Start: "0001-01-01T00:00", End: "9999-12-31T23:00"}).Count(time.Time{}), uint64(3652059*24); got != want {
		t.Errorf("the whole calendar has %d hours, want %d", got, want)
	}
}

// D-171: the grid lives on a naive line, so the days on which clocks change
// have 24 keys like any other.
func TestD171HourlyGridOnClockChanges(t *testing.T) {
	t.Parallel()
	cases := []struct{ zone, day string }{
		{"Europe/Berlin", "2024-03-31"},
		{"Europe/Berlin", "2024-10-27"},
		{"America/New_York", "2024-03-10"},
		{"America/New_York", "2024-11-03"},
		{"Australia/Lord_Howe", "2024-04-07"},
		{"Australia/Lord_Howe", "2024-10-06"},
		{"America/Santiago", "2024-09-08"},
	}
	for _, c := range cases {
		t.Run(c.zone+" "+c.day, func(t *testing.T) {
			space := mustNew(t, Definition{Kind: Hourly, Start: c.day + "T00:00", Timezone: c.zone})
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			day, err := time.Parse("2006-01-02", c.day)
			if err != nil {
				t.Fatal(err)
			}
			end := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, zone)
			if got := space.Count(end); got != 24 {
				t.Errorf("the open grid has %d keys at the day's end, want 24", got)
			}
			closed := mustNew(t, Definition{Kind: Hourly, Start: c.day + "T00:00", End: c.day + "T23:00", Timezone: c.zone})
			if got := closed.Count(time.Time{}); got != 24 {
				t.Errorf("the closed grid has %d keys, want 24", got)
			}
			var keys []Key
			for i := range uint64(24) {
				key, _ := closed.Key(i, time.Time{})
				keys = append(keys, key)
			}
			if diff := cmp.Diff(enumerate(t, Hourly, c.day+"T00:00", c.day+"T23:00"), keys); diff != "" {
				t.Errorf("keys differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenEndFollowsNow(t *testing.T) {
	t.Parallel()
	cases := []struct {
		why  string
		def  Definition
		now  string
		want uint64
		last Key
	}{
		{"the window in progress has a key", Definition{Kind: Daily, Start: "2001-01-01"}, "2001-01-03T00:00:01Z", 3, "2001-01-03"},
		{"a tick equal to now has none", Definition{Kind: Daily, Start: "2001-01-01"}, "2001-01-03T00:00:00Z", 2, "2001-01-02"},
		{"a nanosecond is enough", Definition{Kind: Daily, Start: "2001-01-01"}, "2001-01-03T00:00:00.000000001Z", 3, "2001-01-03"},
		{"nothing before the start", Definition{Kind: Daily, Start: "2001-01-01"}, "2000-12-31T23:59:59Z", 0, ""},
		{"completed windows only", Definition{Kind: Daily, Start: "2001-01-01", CompletedOnly: true}, "2001-01-03T23:59:59Z", 2, "2001-01-02"},
		{"a window that ends now is complete", Definition{Kind: Daily, Start: "2001-01-01", CompletedOnly: true}, "2001-01-04T00:00:00Z", 3, "2001-01-03"},
		{"completed windows of a declared end", Definition{Kind: Daily, Start: "2001-01-01", End: "2001-12-31", CompletedOnly: true}, "2001-01-03T12:00:00Z", 2, "2001-01-02"},
		{"a declared end in the past holds completed windows too", Definition{Kind: Daily, Start: "2001-01-01", End: "2001-01-05", CompletedOnly: true}, "2002-01-01T00:00:00Z", 5, "2001-01-05"},
		{"a declared end in the future makes future keys valid", Definition{Kind: Daily, Start: "2001-01-01", End: "2001-12-31"}, "2001-01-03T12:00:00Z", 365, "2001-12-31"},
		{"now is read in the zone", Definition{Kind: Daily, Start: "2001-01-01", Timezone: "Asia/Tokyo"}, "2001-01-02T15:00:01Z", 3, "2001-01-03"},
		{"hours in a zone of half hours", Definition{Kind: Hourly, Start: "2001-01-01T00:00", Timezone: "Asia/Kolkata"}, "2000-12-31T20:00:00Z", 2, "2001-01-01T01:00"},
		{"no key after the calendar's end", Definition{Kind: Daily, Start: "9999-12-30"}, "9999-12-31T23:00:00Z", 2, "9999-12-31"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			space, now := mustNew(t, c.def), at(t, c.now)
			if got := space.Count(now); got != c.want {
				t.Errorf("Count = %d, want %d", got, c.want)
			}
			last, ok := Last(space, now)
			if last != c.last || ok != (c.want > 0) {
				t.Errorf("Last = %q, %v; want %q", last, ok, c.last)
			}
		})
	}
}

func TestGridOrdinalErrors(t *testing.T) {
	t.Parallel()
	now := at(t, "2001-02-10T00:30:00Z")
	closed := Definition{Kind: Daily, Start: "2001-01-01", End: "2001-03-31"}
	cases := []struct {
		why     string
		def     Definition
		key     Key
		problem string
		near    []Key
	}{
		{"another shape", closed, "2001-1-1", "is not a day such as 2001-01-31", nil},
		{"not digits", closed, "2001-0x-01", "is not a day such as 2001-01-31", nil},
		{"month 13", closed, "2001-13-01", "is not a day such as 2001-01-31", nil},
		{"year 0", closed, "0000-01-01", "is not a day such as 2001-01-31", nil},
		{"a day that the month lacks", closed, "2001-02-30", "is not on the daily grid", []Key{"2001-02-28", "2001-03-01"}},
		{"too early", closed, "2000-12-31", "is before the first key", []Key{"2001-01-01"}},
		{"too late", closed, "2001-04-01", "is after the last key", []Key{"2001-03-31"}},
		{"in the future", Definition{Kind: Daily, Start: "2001-01-01"}, "2001-02-11", "is after the last key", []Key{"2001-02-10"}},
		{"nothing yet", Definition{Kind: Daily, Start: "2001-03-01"}, "2001-03-01", "is not valid yet: there is no key before 2001-03-01", nil},
		{"off the hourly grid", Definition{Kind: Hourly, Start: "2001-01-01T00:00"}, "2001-01-05T05:30", "is not on the hourly grid", []Key{"2001-01-05T05:00", "2001-01-05T06:00"}},
		{"an hour of no day", Definition{Kind: Hourly, Start: "2001-01-01T00:00", End: "2001-12-31T00:00"}, "2001-02-31T05:00", "is not on the hourly grid", []Key{"2001-02-28T23:00", "2001-03-01T00:00"}},
		{"hour 24", Definition{Kind: Hourly, Start: "2001-01-01T00:00"}, "2001-01-05T24:00", "is not an hour such as 2001-01-31T05:00", nil},
		{"a day for an hour", Definition{Kind: Hourly, Start: "2001-01-01T00:00"}, "2001-01-05", "is not an hour such as 2001-01-31T05:00", nil},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			space := mustNew(t, c.def)
			_, err := space.Ordinal(c.key, now)
			var bad *KeyError
			if !errors.As(err, &bad) {
				t.Fatalf("Ordinal(%q) = %v, want a *KeyError", c.key, err)
			}
			if bad.Key != c.key || bad.Problem != c.problem {
				t.Errorf("error about %q: %q, want %q", bad.Key, bad.Problem, c.problem)
			}
			if diff := cmp.Diff(c.near, bad.Near()); diff != "" {
				t.Errorf("hints differ (-want +got):\n%s", diff)
			}
			for _, part := range append(c.near, c.key) {
				if !strings.Contains(err.Error(), string(part)) {
					t.Errorf("%q does not name %q", err, part)
				}
			}
			if window, ok := space.Window(c.key); ok && c.why != "in the future" && c.why != "nothing yet" {
				t.Errorf("Window(%q) = %v", c.key, window)
			}
		})
	}
}

func TestWindowInZone(t *testing.T) {
	t.Parallel()
	space := mustNew(t, Definition{Kind: Daily, Start: "2024-03-01", Timezone: "Europe/Berlin"})
	window, ok := space.Window("2024-03-31")
	if !ok {
		t.Fatal("no window")
	}
	if got := window.End.Sub(window.Start); got != 23*time.Hour {
		t.Errorf("the day on which clocks go forward lasts %v, want 23h", got)
	}
	if got, want := window.Start.Format(time.RFC3339), "2024-03-31T00:00:00+01:00"; got != want {
		t.Errorf("Start = %s, want %s", got, want)
	}
	if _, ok := space.Window("2024-02-29"); ok {
		t.Error("a key before the start has a window")
	}
}

func TestFingerprint(t *testing.T) {
	t.Parallel()
	base := Definition{Kind: Daily, Start: "2001-01-01"}
	same := []Definition{
		{Kind: Daily, Start: "2001-01-01", End: "2001-03-31"},
		{Kind: Daily, Start: "2001-01-01", End: "2002-03-31", CompletedOnly: true},
		{Kind: Daily, Start: "2001-01-01", Timezone: "Asia/Tokyo"},
	}
	other := []Definition{
		{Kind: Daily, Start: "2001-01-02"},
		{Kind: Hourly, Start: "2001-01-01T00:00"},
		{Kind: Static, Keys: []string{"2001-01-01"}},
	}
	want := mustNew(t, base).Fingerprint()
	for _, def := range same {
		if got := mustNew(t, def).Fingerprint(); got != want {
			t.Errorf("%+v has fingerprint %s, want %s", def, got, want)
		}
	}
	for _, def := range other {
		if got := mustNew(t, def).Fingerprint(); got == want {
			t.Errorf("%+v shares the fingerprint", def)
		}
	}
	if got := mustNew(t, base).Definition(); cmp.Diff(base, got) != "" {
		t.Errorf("Definition = %+v", got)
	}
}

func TestNewJoinsAllProblems(t *testing.T) {
	t.Parallel()
	many := make([]string, MaxStaticKeys+1)
	cases := []struct {
		why  string
		def  Definition
		want []string
	}{
		{"no kind", Definition{}, []string{"partitions have no kind; known are static, daily and hourly"}},
		{"unknown kind", Definition{Kind: "weekly"}, []string{`unknown kind of partitions "weekly"`}},
		{"no static keys", Definition{Kind: Static}, []string{"at least one key"}},
		{"too many static keys", Definition{Kind: Static, Keys: many}, []string{"have 1000001 keys; the limit is 1000000"}},
		{"bad static keys", Definition{Kind: Static, Keys: []string{"a|b", "", "c", "d,e"}, Start: "x"}, []string{"no start", "static key 1", "static key 2", "static key 4"}},
		{"many bad static keys", Definition{Kind: Static, Keys: make([]string, 50)}, []string{"static key 20", "and 30 more bad static keys"}},
		{"no start", Definition{Kind: Daily}, []string{`the start "" of daily partitions is not a day such as 2001-01-31`}},
		{"all at once", Definition{Kind: Daily, Start: "x", End: "2001-02-29", Timezone: "Mars/Base", Keys: []string{"a"}}, []string{"no list of keys", `start "x"`, `end "2001-02-29"`, `timezone "Mars/Base"`}},
		{"reversed", Definition{Kind: Daily, Start: "2001-01-02", End: "2001-01-01"}, []string{"the end 2001-01-01 lies before the start 2001-01-02"}},
		{"the host's zone", Definition{Kind: Daily, Start: "2001-01-02", Timezone: "Local"}, []string{`unknown timezone "Local"`}},
		{"an hourly start off the grid", Definition{Kind: Hourly, Start: "2001-01-01T05:30"}, []string{"is not an hour such as"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			space, err := New(c.def)
			if err == nil {
				t.Fatal("no error")
			}
			if space != nil {
				t.Error("a space beside the error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

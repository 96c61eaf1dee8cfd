package partition

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// D-172: a static range follows declared order.
func TestD172StaticRanges(t *testing.T) {
	t.Parallel()
	space := mustNew(t, Definition{Kind: Static, Keys: []string{"c", "a", "b"}})
	set, err := ParseSelection("c..a", space, never)
	if err != nil || !set.Equal(SetOf(0, 1)) {
		t.Errorf("c..a = %v, %v; want c and a", set.Page(0, 9), err)
	}
	if _, err = ParseSelection("a..c", space, never); err == nil || !strings.Contains(err.Error(), "reversed") {
		t.Errorf("a..c: %v, want an error that says reversed", err)
	}
	_, err = ParseSelection("c..x", space, never)
	var bad *KeyError
	if !errors.As(err, &bad) || bad.Key != "x" || len(bad.Near()) == 0 {
		t.Errorf("c..x: %v, want an error that names x with a hint", err)
	}
}

func TestParseSelection(t *testing.T) {
	t.Parallel()
	days := Definition{Kind: Daily, Start: "2001-01-01", End: "2001-03-31"}
	odd := Definition{Kind: Static, Keys: []string{"a", "b..c", "d", "a..d", "..", "x..", "e"}}
	cases := []struct {
		why, text string
		def       Definition
		want      Set
	}{
		{"one key", "2001-01-31", days, SetOf(30)},
		{"a range holds both ends", "2001-01-01..2001-01-31", days, Span(0, 31)},
		{"a range of one", "2001-01-05..2001-01-05", days, SetOf(4)},
		{"terms join", "2001-01-01..2001-01-03,2001-02-01", days, SetOf(0, 1, 2, 31)},
		{"terms may overlap", "2001-01-01..2001-01-03,2001-01-02", days, Span(0, 3)},
		{"white space is dropped", " 2001-01-01 .. 2001-01-03 , 2001-02-01\n", days, SetOf(0, 1, 2, 31)},
		{"all", "all", days, Span(0, 90)},
		{"nothing", "  ", days, Set{}},
		{"a key with dots in it", "b..c", odd, SetOf(1)},
		{"a key that looks like a range is the key", "a..d", odd, SetOf(3)},
		{"a range from a key with dots", "b..c..d", odd, Span(1, 3)},
		{"a key of dots only", "..", odd, SetOf(4)},
		{"a range that ends in a key of dots", "d....", odd, Span(2, 5)},
		{"a key that ends in dots", "x..", odd, SetOf(5)},
		{"a static key called all", "all", Definition{Kind: Static, Keys: []string{"one", "all"}}, SetOf(1)},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			set, err := ParseSelection(c.text, mustNew(t, c.def), never)
			if err != nil {
				t.Fatal(err)
			}
			if !set.Equal(c.want) {
				t.Errorf("got %v, want %v", set.Page(0, 100), c.want.Page(0, 100))
			}
		})
	}
}

func TestParseSelectionErrors(t *testing.T) {
	t.Parallel()
	days := Definition{Kind: Daily, Start: "2001-01-01", End: "2001-03-31"}
	cases := []struct {
		why, text string
		def       Definition
		say       []string
	}{
		{"an unknown key", "2001-04-01", days, []string{`"2001-04-01"`, "after the last key", "2001-03-31"}},
		{"an unknown start", "2000-01-01..2001-01-05", days, []string{`"2000-01-01..2001-01-05"`, `"2000-01-01"`, "2001-01-01"}},
		{"an unknown end", "2001-01-01..2001-01-05,2001-01-01..2001-04-05", days, []string{`term "2001-01-01..2001-04-05"`, `"2001-04-05"`, "2001-03-31"}},
		{"a reversed range", "2001-01-05..2001-01-01", days, []string{"reversed", "2001-01-01 comes before 2001-01-05"}},
		{"an empty term", "2001-01-05,,2001-01-06", days, []string{"empty term"}},
		{"a trailing comma", "2001-01-05,", days, []string{"empty term"}},
		{"no end", "2001-01-05..", days, []string{"both ends"}},
		{"no start", "..2001-01-05", days, []string{"both ends"}},
		{"too long", strings.Repeat("x", MaxSelectionLen+1), days, []string{"1048577 bytes is longer than 1048576"}},
		{"a long term", strings.Repeat("..", 1000), days, []string{"a term of 2000 bytes is longer than any range"}},
		{"two readings", "a..b..c", Definition{Kind: Static, Keys: []string{"a", "a..b", "b..c", "c"}}, []string{"more than one range"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			set, err := ParseSelection(c.text, mustNew(t, c.def), never)
			if err == nil {
				t.Fatalf("no error, but %v", set.Page(0, 9))
			}
			for _, part := range c.say {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
}

// drawSpace draws a small space of any kind; static keys come from an alphabet
// that is rich in what the grammar uses.
func drawSpace(t *rapid.T, label string) Space {
	def := Definition{Kind: rapid.SampledFrom([]Kind{Static, Daily, Hourly}).Draw(t, label)}
	switch def.Kind {
	case Static:
		def.Keys = rapid.SliceOfN(rapid.StringMatching(`(a|b|\.|\.\.|all){1,4}`), 1, 8).Draw(t, "keys")
	case Daily:
		first := rapid.IntRange(1, 28).Draw(t, "first")
		def.Start = fmt.Sprintf("2000-02-%02d", first)
		if rapid.Bool().Draw(t, "closed") {
			def.End = fmt.Sprintf("2000-03-%02d", rapid.IntRange(1, 31).Draw(t, "last"))
		}
	case Hourly:
		def.Start = fmt.Sprintf("2000-02-28T%02d:00", rapid.IntRange(0, 23).Draw(t, "first"))
	}
	space, err := New(def)
	if err != nil {
		t.Fatal(err)
	}
	return space
}

var drawnNow = time.Date(2000, 3, 2, 7, 30, 0, 0, time.UTC)

func drawKeys(t *rapid.T, space Space, label string) Set {
	var set Set
	count := space.Count(drawnNow)
	for range rapid.IntRange(0, 5).Draw(t, label) {
		if count > 0 {
			from := rapid.Uint64Range(0, count-1).Draw(t, "from")
			set.AddSpan(from, min(count, from+rapid.Uint64Range(1, 6).Draw(t, "length")))
		}
	}
	return set
}

func TestFormatSelectionIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		space := drawSpace(t, "space")
		set := drawKeys(t, space, "keys")
		text := FormatSelection(set, space, drawnNow)
		back, err := ParseSelection(text, space, drawnNow)
		if err != nil || !back.Equal(set) {
			t.Fatalf("%q of %+v gives %v, %v; want %v", text, space.Definition(), back.Page(0, 50), err, set.Page(0, 50))
		}
		if again := FormatSelection(back, space, drawnNow); again != text {
			t.Fatalf("formatted again: %q, first %q", again, text)
		}
	})
}

func TestFormatSelection(t *testing.T) {
	t.Parallel()
	days := mustNew(t, Definition{Kind: Daily, Start: "2001-01-01", End: "2001-03-31"})
	cases := []struct {
		why  string
		set  Set
		want string
	}{
		{"nothing", Set{}, ""},
		{"one", SetOf(30), "2001-01-31"},
		{"two neighbours", Span(0, 2), "2001-01-01,2001-01-02"},
		{"a range", Span(0, 31), "2001-01-01..2001-01-31"},
		{"a range and more", Span(0, 31).Or(SetOf(37)), "2001-01-01..2001-01-31,2001-02-07"},
		{"all is written with its ends", Span(0, 90), "2001-01-01..2001-03-31"},
		{"what the space lacks is left out", Span(88, 200).Or(SetOf(500)), "2001-03-30,2001-03-31"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := FormatSelection(c.set, days, never); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzParseSelection(f *testing.F) {
	for _, seed := range []string{
		"", "all", "2001-01-31", "2001-01-01..2001-01-31,2001-02-07", "2001-01-31..2001-01-01",
		"a..b..c", "..", "x....", " a , b..c", "c..a", "2001-02-30", "\xff..\xff", "a,,b",
	} {
		f.Add(seed)
	}
	defs := []Definition{
		{Kind: Daily, Start: "2001-01-01", End: "2001-03-31"},
		{Kind: Hourly, Start: "2001-01-01T00:00", Timezone: "Europe/Berlin"},
		{Kind: Static, Keys: []string{"a", "b..c", "c", "a..b", "..", "x..", "all", "b"}},
	}
	now := time.Date(2001, 3, 25, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		for _, def := range defs {
			space := mustNew(t, def)
			set, err := ParseSelection(text, space, now)
			if err != nil {
				if err.Error() == "" {
					t.Fatal("an error without a text")
				}
				continue
			}
			if most, some := set.Max(); some && most >= space.Count(now) {
				t.Fatalf("%q selects %d of %d keys", text, most, space.Count(now))
			}
			canonical := FormatSelection(set, space, now)
			back, err := ParseSelection(canonical, space, now)
			if err != nil || !back.Equal(set) {
				t.Fatalf("%q is formatted as %q, which gives %d keys, %v", text, canonical, back.Count(), err)
			}
		}
	})
}

package partition

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var (
	dailyQuarter = Definition{Kind: Daily, Start: "2001-01-01", End: "2001-03-31"}
	dailyMarch   = Definition{Kind: Daily, Start: "2001-03-01", End: "2001-03-31"}
	dailyOpen    = Definition{Kind: Daily, Start: "2001-01-01"}
	hourlyOpen   = Definition{Kind: Hourly, Start: "2001-01-01T00:00"}
	letters      = Definition{Kind: Static, Keys: []string{"a", "b", "c"}}
	moreLetters  = Definition{Kind: Static, Keys: []string{"d", "c", "b", "a"}}
)

// spaceOf makes a space of a definition; the zero one stands for no partitions.
func spaceOf(t testing.TB, def Definition) Space {
	t.Helper()
	if def.Kind == "" {
		return nil
	}
	return mustNew(t, def)
}

func TestMappingValidate(t *testing.T) {
	t.Parallel()
	var no Definition
	identity, all := Mapping{Kind: Identity}, Mapping{Kind: All}
	offset := func(n int) Mapping { return Mapping{Kind: Offset, Offset: n} }
	cases := []struct {
		why      string
		m        Mapping
		down, up Definition
		// err is the expected error; optional is that of an optional input when
		// it is another.
		err      string
		optional string
	}{
		{"neither is partitioned, default", Mapping{}, no, no, "", ""},
		{"neither is partitioned, identity", identity, no, no, "", ""},
		{"neither is partitioned, all", all, no, no, "", ""},
		{"neither is partitioned, offset", offset(1), no, no, "needs time partitions on both sides", "*"},
		{"downstream only, default", Mapping{}, dailyQuarter, no, "", ""},
		{"downstream only, all", all, dailyQuarter, no, "", ""},
		{"downstream only, identity", identity, dailyQuarter, no, "upstream without partitions", "*"},
		{"downstream only, offset", offset(0), dailyQuarter, no, "needs time partitions", "*"},
		{"upstream only, default", Mapping{}, no, dailyQuarter, "must be explicit", "*"},
		{"upstream only, all", all, no, dailyQuarter, "", ""},
		{"upstream only, identity", identity, no, dailyQuarter, "asset without partitions", "*"},
		{"both, default", Mapping{}, dailyQuarter, dailyQuarter, "", ""},
		{"both, all", all, dailyQuarter, letters, "", ""},
		{"a part of the upstream", identity, dailyMarch, dailyQuarter, "", ""},
		{"more than the upstream", identity, dailyQuarter, dailyMarch, "the first key 2001-01-01 lies before the upstream's first key 2001-03-01", ""},
		{"the upstream ends first", identity, Definition{Kind: Daily, Start: "2001-02-01", End: "2001-04-01"}, dailyQuarter, "the last key 2001-04-01 lies after the upstream's last key 2001-03-31", ""},
		{"an open end against a declared one", identity, dailyOpen, dailyQuarter, "no end, but the upstream's last key is 2001-03-31", ""},
		{"a declared end against an open one", identity, dailyQuarter, dailyOpen, "", ""},
		{"days from hours", identity, dailyOpen, hourlyOpen, "between daily and hourly partitions", "*"},
		{"static in another order", identity, letters, moreLetters, "", ""},
		{"static keys that the upstream lacks", identity, moreLetters, letters, `1 of the keys do not exist upstream, such as ["d"]`, ""},
		{"static of time", identity, letters, dailyOpen, "between static and daily partitions", "*"},
		{"offset", offset(-1), dailyQuarter, dailyMarch, "", ""},
		{"offset zero", offset(0), dailyQuarter, dailyQuarter, "", ""},
		{"offset of days on hours", offset(-3), dailyQuarter, hourlyOpen, "", ""},
		{"offset of hours on days", offset(-1), hourlyOpen, dailyOpen, "a step of 1h0m0s is no multiple of the upstream's 24h0m0s", "*"},
		{"offset of static", offset(1), letters, letters, "needs time partitions", "*"},
		{"the furthest offset", offset(-MaxOffset), dailyOpen, dailyOpen, "", ""},
		{"an offset too far", offset(MaxOffset + 1), dailyOpen, dailyOpen, "an offset of 100001 is beyond the limit of 100000", "*"},
		{"an offset on identity", Mapping{Kind: Identity, Offset: 2}, dailyOpen, dailyOpen, "only the offset mapping takes one", "*"},
		{"an offset on the default", Mapping{Offset: 2}, dailyOpen, dailyOpen, "only the offset mapping takes one", "*"},
		{"unknown", Mapping{Kind: "some"}, dailyOpen, dailyOpen, `unknown mapping "some"`, "*"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			down, up := spaceOf(t, c.down), spaceOf(t, c.up)
			if c.optional == "*" {
				c.optional = c.err
			}
			for what, got := range map[string][2]any{
				"Validate":         {c.m.Validate(down, up), c.err},
				"ValidateOptional": {c.m.ValidateOptional(down, up), c.optional},
			} {
				err, _ := got[0].(error)
				want := got[1].(string)
				if (want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), want)) {
					t.Errorf("%s = %v, want %q", what, err, want)
				}
			}
		})
	}
}

// D-173: a grid of 90 s is a sub-grid of one of 30 s with the same start, and
// not the other way round.
func TestD173Subgrid(t *testing.T) {
	t.Parallel()
	every := func(step, start int64) *grid {
		c := hourly
		c.step = step
		return &grid{cadence: c, start: start, last: 1 << 40, open: true}
	}
	coarse, fine := every(90, 600), every(30, 600)
	if err := coarse.within(fine, false); err != nil {
		t.Errorf("90 s downstream of 30 s: %v", err)
	}
	if err := fine.within(coarse, false); err == nil {
		t.Error("30 s downstream of 90 s is legal")
	}
	if err := every(90, 610).within(fine, false); err == nil || !strings.Contains(err.Error(), "not aligned") {
		t.Errorf("a start between two ticks: %v", err)
	}
	if err := every(90, 690).within(fine, false); err != nil {
		t.Errorf("a later start on a tick: %v", err)
	}
}

func TestMappingUpstream(t *testing.T) {
	t.Parallel()
	now := at(t, "2001-02-10T06:30:00Z")
	cases := []struct {
		why      string
		m        Mapping
		down, up Definition
		key      Key
		want     Key
		err      error
	}{
		{"no upstream partitions", Mapping{}, dailyOpen, Definition{}, "2001-01-05", "", nil},
		{"the same key", Mapping{}, dailyOpen, dailyQuarter, "2001-01-05", "2001-01-05", nil},
		{"the same static key", Mapping{Kind: Identity}, letters, moreLetters, "b", "b", nil},
		{"yesterday", Mapping{Kind: Offset, Offset: -1}, dailyOpen, dailyOpen, "2001-02-01", "2001-01-31", nil},
		{"the same day", Mapping{Kind: Offset}, dailyOpen, dailyOpen, "2001-02-01", "2001-02-01", nil},
		{"the last hour of the day before", Mapping{Kind: Offset, Offset: -1}, dailyOpen, hourlyOpen, "2001-02-01", "2001-01-31T23:00", nil},
		{"tomorrow is not there yet", Mapping{Kind: Offset, Offset: 1}, dailyOpen, dailyOpen, "2001-02-10", "", &OutOfRangeError{Key: "2001-02-10", Target: "2001-02-11", First: "2001-01-01", Last: "2001-02-10"}},
		{"outside of an optional upstream", Mapping{}, dailyOpen, dailyMarch, "2001-01-05", "", &OutOfRangeError{Key: "2001-01-05", Target: "2001-01-05", First: "2001-03-01", Last: "2001-03-31"}},
		{"an upstream that has not begun", Mapping{}, dailyOpen, Definition{Kind: Daily, Start: "2001-03-01"}, "2001-01-05", "", &OutOfRangeError{Key: "2001-01-05", Target: "2001-01-05"}},
		{"before the calendar", Mapping{Kind: Offset, Offset: -1}, Definition{Kind: Daily, Start: "0001-01-01"}, Definition{Kind: Daily, Start: "0001-01-02"}, "0001-01-01", "", &OutOfRangeError{Key: "0001-01-01", Target: "0001-01-01", First: "0001-01-02", Last: "2001-02-10"}},
		{"no day", Mapping{Kind: Offset, Offset: -1}, dailyOpen, dailyOpen, "today", "", &KeyError{Key: "today", Problem: "is not a day such as 2001-01-31"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := c.m.Upstream(spaceOf(t, c.down), spaceOf(t, c.up), c.key, now)
			if diff := cmp.Diff(c.err, err, cmpopts.IgnoreUnexported(KeyError{})); diff != "" {
				t.Fatalf("error differs (-want +got):\n%s", diff)
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if _, err := (Mapping{Kind: All}).Upstream(spaceOf(t, dailyOpen), spaceOf(t, dailyOpen), "2001-01-01", now); err == nil {
		t.Error("the mapping of every key names one key")
	}
	if _, err := (Mapping{Kind: Offset}).Upstream(spaceOf(t, letters), spaceOf(t, letters), "a", now); err == nil {
		t.Error("an offset on static keys names a key")
	}
}

// D-174: the window before the first one is an error that names key and range.
func TestD174OffsetBeforeTheFirstKey(t *testing.T) {
	t.Parallel()
	space := mustNew(t, dailyQuarter)
	_, err := Mapping{Kind: Offset, Offset: -1}.Upstream(space, space, "2001-01-01", never)
	var outside *OutOfRangeError
	if !errors.As(err, &outside) {
		t.Fatalf("error %v is no *OutOfRangeError", err)
	}
	want := "partition 2001-01-01 maps to upstream partition 2000-12-31, which is outside of 2001-01-01..2001-03-31"
	if err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	for _, c := range []struct {
		err  OutOfRangeError
		want string
	}{
		{OutOfRangeError{Key: "x", Target: "x", First: "a", Last: "b"}, "upstream partition x, which is outside of a..b"},
		{OutOfRangeError{Key: "x", Target: "y"}, "partition x maps to upstream partition y, but the upstream has no partitions yet"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("error %q, want %q", got, c.want)
		}
	}
}

// Sets are mapped as their keys are, one by one, in both directions.
func TestMappingOfSetsEqualsKeys(t *testing.T) {
	t.Parallel()
	defs := []Definition{
		{Kind: Daily, Start: "2000-02-20"}, {Kind: Daily, Start: "2000-02-25", End: "2000-02-29"},
		{Kind: Hourly, Start: "2000-02-28T05:00"}, {Kind: Hourly, Start: "2000-02-27T00:00", End: "2000-02-29T12:00"},
		letters, moreLetters,
	}
	rapid.Check(t, func(t *rapid.T) {
		down, err := New(rapid.SampledFrom(defs).Draw(t, "down"))
		if err != nil {
			t.Fatal(err)
		}
		up, err := New(rapid.SampledFrom(defs).Draw(t, "up"))
		if err != nil {
			t.Fatal(err)
		}
		m := Mapping{Kind: rapid.SampledFrom([]MappingKind{"", Identity, Offset}).Draw(t, "mapping")}
		if m.Kind == Offset {
			m.Offset = rapid.IntRange(-30, 30).Draw(t, "offset")
		}
		if m.ValidateOptional(down, up) != nil {
			t.Skip("not legal")
		}
		forward := make(map[uint64]uint64)
		for i := range down.Count(drawnNow) {
			key, _ := down.Key(i, drawnNow)
			if target, err := m.Upstream(down, up, key, drawnNow); err == nil {
				to, err := up.Ordinal(target, drawnNow)
				if err != nil {
					t.Fatal(err)
				}
				forward[i] = to
			}
		}
		chosen := drawKeys(t, down, "downstream")
		sources := drawKeys(t, up, "upstream")
		var wantUp, wantDown Set
		for i, to := range forward {
			if chosen.Contains(i) {
				wantUp.Add(to)
			}
			if sources.Contains(to) {
				wantDown.Add(i)
			}
		}
		if got := m.UpstreamSet(down, up, chosen, drawnNow); !got.Equal(wantUp) {
			t.Fatalf("UpstreamSet(%v) = %v, want %v", chosen.Page(0, 99), got.Page(0, 99), wantUp.Page(0, 99))
		}
		if got := m.Downstream(down, up, sources, drawnNow); !got.Equal(wantDown) {
			t.Fatalf("Downstream(%v) = %v, want %v", sources.Page(0, 99), got.Page(0, 99), wantDown.Page(0, 99))
		}
	})
}

func TestMappingOfSetsWithoutPartitions(t *testing.T) {
	t.Parallel()
	days := mustNew(t, dailyQuarter)
	all := Mapping{Kind: All}
	cases := []struct {
		why  string
		got  Set
		want Set
	}{
		{"one value feeds every key", Mapping{}.Downstream(days, nil, SetOf(0), never), Span(0, 90)},
		{"every key needs the one value", Mapping{}.UpstreamSet(days, nil, SetOf(3, 4), never), SetOf(0)},
		{"a summary needs every key", all.UpstreamSet(nil, days, SetOf(0), never), Span(0, 90)},
		{"any key touches the summary", all.Downstream(nil, days, SetOf(7), never), SetOf(0)},
		{"all on both sides, down", all.Downstream(days, days, SetOf(7), never), Span(0, 90)},
		{"all on both sides, up", all.UpstreamSet(days, days, SetOf(7), never), Span(0, 90)},
		{"nothing needs nothing", all.UpstreamSet(days, days, Set{}, never), Set{}},
		{"nothing touches nothing", all.Downstream(days, days, Set{}, never), Set{}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if !c.got.Equal(c.want) {
				t.Errorf("got %v, want %v", c.got.Page(0, 100), c.want.Page(0, 100))
			}
		})
	}
}

func TestMappingString(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]Mapping{"default": {}, "all": {Kind: All}, "offset -1": {Kind: Offset, Offset: -1}, "offset +0": {Kind: Offset}} {
		if got := m.String(); got != want {
			t.Errorf("String = %q, want %q", got, want)
		}
	}
}

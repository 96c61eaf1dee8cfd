package partition

import (
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// model is the naive set that Set is compared with.
type model map[uint64]bool

func (m model) sorted() []uint64 { return slices.Sorted(maps.Keys(m)) }

// drawSet draws members as points and spans around the seams of chunks and of
// 32 bits.
func drawSet(t *rapid.T, label string) (Set, model) {
	var s Set
	m := model{}
	base := rapid.SampledFrom([]uint64{0, 1<<16 - 5, 1 << 20, 1<<32 - 40, 5<<32 + 1<<16 - 7})
	for range rapid.IntRange(0, 8).Draw(t, label) {
		from := base.Draw(t, "base") + rapid.Uint64Range(0, 60).Draw(t, "from")
		to := from + rapid.Uint64Range(0, 40).Draw(t, "length")
		s.AddSpan(from, to)
		for o := from; o < to; o++ {
			m[o] = true
		}
		point := base.Draw(t, "base") + rapid.Uint64Range(0, 100).Draw(t, "point")
		s.Add(point)
		m[point] = true
	}
	return s, m
}

func TestSetEqualsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, m := drawSet(t, "spans")
		members := m.sorted()
		if s.Count() != uint64(len(m)) || s.IsEmpty() != (len(m) == 0) {
			t.Fatalf("Count = %d, IsEmpty = %v; want %d", s.Count(), s.IsEmpty(), len(m))
		}
		if got := slices.Collect(s.Ordinals()); !slices.Equal(got, members) {
			t.Fatalf("Ordinals = %v, want %v", got, members)
		}
		least, some := s.Min()
		most, _ := s.Max()
		if some != (len(m) > 0) || (some && (least != members[0] || most != members[len(members)-1])) {
			t.Fatalf("Min = %d, Max = %d of %v", least, most, members)
		}
		offset := rapid.IntRange(0, len(members)+2).Draw(t, "offset")
		limit := rapid.IntRange(0, 20).Draw(t, "limit")
		from := min(offset, len(members))
		if got, want := s.Page(uint64(offset), limit), members[from:min(from+limit, len(members))]; !slices.Equal(got, want) {
			t.Fatalf("Page(%d, %d) = %v, want %v", offset, limit, got, want)
		}
		probe := rapid.Uint64Range(0, 6<<32).Draw(t, "probe")
		if len(members) > 0 && rapid.Bool().Draw(t, "member") {
			probe = rapid.SampledFrom(members).Draw(t, "probed") + rapid.Uint64Range(0, 1).Draw(t, "next")
		}
		rank, contained := slices.BinarySearch(members, probe)
		if s.Rank(probe) != uint64(rank) || s.Contains(probe) != contained {
			t.Fatalf("Rank(%d) = %d, Contains = %v; want %d, %v", probe, s.Rank(probe), s.Contains(probe), rank, contained)
		}
		checkRanges(t, s, members)
	})
}

// checkRanges makes sure that the ranges are maximal and hold the members.
func checkRanges(t *rapid.T, s Set, members []uint64) {
	var got []uint64
	last := uint64(0)
	for from, to := range s.Ranges() {
		if from >= to || (len(got) > 0 && from <= last) {
			t.Fatalf("range %d..%d after %d is not maximal", from, to, last)
		}
		for o := from; o < to; o++ {
			got = append(got, o)
		}
		last = to
	}
	if !slices.Equal(got, members) {
		t.Fatalf("Ranges hold %v, want %v", got, members)
	}
}

func TestSetAlgebraEqualsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, ma := drawSet(t, "a")
		b, mb := drawSet(t, "b")
		and, or, not := model{}, maps.Clone(ma), model{}
		for o := range mb {
			or[o] = true
		}
		for o := range ma {
			if mb[o] {
				and[o] = true
			} else {
				not[o] = true
			}
		}
		for what, c := range map[string]struct {
			got  Set
			want model
		}{"And": {a.And(b), and}, "Or": {a.Or(b), or}, "AndNot": {a.AndNot(b), not}} {
			if got := slices.Collect(c.got.Ordinals()); !slices.Equal(got, c.want.sorted()) {
				t.Fatalf("%s = %v, want %v", what, got, c.want.sorted())
			}
		}
		if !a.And(b).Or(a.AndNot(b)).Equal(a) {
			t.Fatal("a is not the union of its halves")
		}
		if a.Equal(b) != maps.Equal(ma, mb) {
			t.Fatalf("Equal = %v", a.Equal(b))
		}
		// The operands stay what they were.
		if !slices.Equal(slices.Collect(a.Ordinals()), ma.sorted()) || !slices.Equal(slices.Collect(b.Ordinals()), mb.sorted()) {
			t.Fatal("an operand changed")
		}
		grown := a.Or(b)
		grown.Add(3 << 40)
		clone := a.Clone()
		clone.Add(3 << 40)
		if a.Contains(3<<40) || b.Contains(3<<40) {
			t.Fatal("a result shares its members with an operand")
		}
	})
}

func TestShiftEqualsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, m := drawSet(t, "spans")
		delta := rapid.SampledFrom([]int64{0, 1, -1, 24, -100, 1 << 16, 1<<32 - 3, -(1 << 32), -(1<<32 + 5), 3 << 32, -(9 << 32)}).Draw(t, "delta")
		want := model{}
		for o := range m {
			if to := int64(o) + delta; to >= 0 {
				want[uint64(to)] = true
			}
		}
		if got := slices.Collect(s.Shift(delta).Ordinals()); !slices.Equal(got, want.sorted()) {
			t.Fatalf("Shift(%d) of %v = %v, want %v", delta, m.sorted(), got, want.sorted())
		}
	})
	if s := SetOf(5, MaxOrdinal-1, MaxOrdinal).Shift(1); !s.Equal(SetOf(6, MaxOrdinal)) {
		t.Errorf("past the largest ordinal: %v", s.Page(0, 9))
	}
}

func TestZeroSet(t *testing.T) {
	t.Parallel()
	var s Set
	if !s.IsEmpty() || s.Count() != 0 || s.Contains(0) || s.Rank(5) != 0 || s.Page(0, 5) != nil {
		t.Error("the zero set is not empty")
	}
	if !s.Equal(SetOf()) || !s.Or(SetOf(1)).Equal(SetOf(1)) || !s.And(SetOf(1)).IsEmpty() || !s.AndNot(SetOf(1)).IsEmpty() {
		t.Error("algebra with the zero set is wrong")
	}
	if _, some := s.Max(); some {
		t.Error("the zero set has a largest member")
	}
	for range s.Ranges() {
		t.Error("the zero set has a range")
	}
	for range s.Chunks() {
		t.Error("the zero set has a chunk")
	}
	clone := s.Clone()
	clone.Add(1)
	if !s.IsEmpty() {
		t.Error("a clone of the zero set is no copy")
	}
	raw, err := s.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	back := SetOf(1)
	if err := back.UnmarshalBinary(raw); err != nil || !back.IsEmpty() {
		t.Errorf("the zero set comes back as %v, %v", back.Count(), err)
	}
}

func TestSetBounds(t *testing.T) {
	t.Parallel()
	if s := SetOf(math.MaxUint64); !s.IsEmpty() {
		t.Error("an ordinal past the largest one is a member")
	}
	if s := Span(5, 5); !s.IsEmpty() {
		t.Error("an empty span has members")
	}
	if s := Span(9, 5); !s.IsEmpty() {
		t.Error("a reversed span has members")
	}
	var ranges [][2]uint64
	for from, to := range SetOf(0, MaxOrdinal-1, MaxOrdinal).Ranges() {
		ranges = append(ranges, [2]uint64{from, to})
	}
	if diff := cmp.Diff([][2]uint64{{0, 1}, {MaxOrdinal - 1, math.MaxUint64}}, ranges); diff != "" {
		t.Errorf("ranges differ (-want +got):\n%s", diff)
	}
	for range Span(0, 10).Or(SetOf(20)).Ranges() {
		break // stopping early is fine
	}
}

package partition

import (
	"iter"
	"math"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// Set is a compressed set of ordinals of one key space. The zero Set is empty.
//
// Methods that return a Set leave their receivers unchanged; only the pointer
// methods Add, AddSpan and UnmarshalBinary change a set, for building one. A
// copied Set shares its ordinals with the original, so a set that was handed out
// must not be added to. Sets that no one changes are safe for concurrent use.
// The largest ordinal is MaxOrdinal; larger ones are never members.
type Set struct{ bits *roaring64.Bitmap }

// MaxOrdinal is the largest ordinal that a Set holds.
const MaxOrdinal = math.MaxUint64 - 1

// SetOf returns the set of the given ordinals.
func SetOf(ordinals ...uint64) Set {
	var s Set
	for _, o := range ordinals {
		s.Add(o)
	}
	return s
}

// Span returns the ordinals from <= o < to; it is empty when to is not after
// from.
func Span(from, to uint64) Set {
	var s Set
	s.AddSpan(from, to)
	return s
}

// Full returns every ordinal of space at now.
func Full(space Space, now time.Time) Set { return Span(0, space.Count(now)) }

// Add puts one ordinal into the set.
func (s *Set) Add(ordinal uint64) {
	if ordinal <= MaxOrdinal {
		s.own().Add(ordinal)
	}
}

// shortSpan is the length up to which adding one by one is faster: roaring
// copies the container that a range goes to.
const shortSpan = 64

// AddSpan puts the ordinals from <= o < to into the set.
func (s *Set) AddSpan(from, to uint64) {
	switch {
	case from >= to:
	case to-from > shortSpan:
		s.own().AddRange(from, to)
	default:
		for o := from; o < to; o++ {
			s.own().Add(o)
		}
	}
}

func (s *Set) own() *roaring64.Bitmap {
	if s.bits == nil {
		s.bits = roaring64.New()
	}
	return s.bits
}

// none is what reading methods use for the zero Set; nothing ever adds to it.
var none = roaring64.New()

func (s Set) read() *roaring64.Bitmap {
	if s.bits == nil {
		return none
	}
	return s.bits
}

// Count returns the number of ordinals.
func (s Set) Count() uint64 { return s.read().GetCardinality() }

// IsEmpty reports whether the set holds nothing.
func (s Set) IsEmpty() bool { return s.read().IsEmpty() }

// Contains reports whether ordinal is a member.
func (s Set) Contains(ordinal uint64) bool { return s.read().Contains(ordinal) }

// Equal reports whether both sets have the same members.
func (s Set) Equal(other Set) bool { return s.read().Equals(other.read()) }

// And returns what is in both sets.
func (s Set) And(other Set) Set { return Set{roaring64.And(s.read(), other.read())} }

// Or returns what is in either set.
func (s Set) Or(other Set) Set { return Set{roaring64.Or(s.read(), other.read())} }

// AndNot returns what is in s and not in other.
func (s Set) AndNot(other Set) Set { return Set{roaring64.AndNot(s.read(), other.read())} }

// Clone returns a copy that may be added to without changing s.
func (s Set) Clone() Set {
	if s.bits == nil {
		return Set{}
	}
	return Set{s.bits.Clone()}
}

// Min returns the smallest ordinal; false when the set is empty.
func (s Set) Min() (uint64, bool) {
	if s.IsEmpty() {
		return 0, false
	}
	return s.bits.Minimum(), true
}

// Max returns the largest ordinal; false when the set is empty.
func (s Set) Max() (uint64, bool) {
	if s.IsEmpty() {
		return 0, false
	}
	return s.bits.Maximum(), true
}

// Ordinals yields the members in ascending order.
func (s Set) Ordinals() iter.Seq[uint64] { return roaring64.Values(s.read()) }

// Rank returns the number of members smaller than ordinal.
func (s Set) Rank(ordinal uint64) uint64 {
	if ordinal == 0 {
		return 0
	}
	return s.read().Rank(ordinal - 1)
}

// Page returns at most limit members, beginning with the one of rank offset. It
// skips to it without visiting the members before.
func (s Set) Page(offset uint64, limit int) []uint64 {
	count := s.Count()
	if offset >= count || limit <= 0 {
		return nil
	}
	first, err := s.read().Select(offset)
	if err != nil {
		return nil
	}
	page := make([]uint64, 0, min(uint64(limit), count-offset))
	it := s.bits.Iterator()
	it.AdvanceIfNeeded(first)
	for it.HasNext() && len(page) < cap(page) {
		page = append(page, it.Next())
	}
	return page
}

// Ranges yields the members as maximal spans from <= o < to in ascending order,
// at a cost that follows the compressed size, not the number of members.
func (s Set) Ranges() iter.Seq2[uint64, uint64] {
	return func(yield func(from, to uint64) bool) {
		var from, to uint64
		pending := false
		for high, low := range s.pieces() {
			base := uint64(high) << 32
			for start, end := range low.Ranges() {
				if pending && to == base+uint64(start) {
					to = base + end
					continue
				}
				if pending && !yield(from, to) {
					return
				}
				from, to, pending = base+uint64(start), base+end, true
			}
		}
		if pending {
			yield(from, to)
		}
	}
}

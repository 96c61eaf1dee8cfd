package partition

import (
	"encoding/binary"
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// pieces is a set as 32-bit bitmaps by the high half of their ordinals. Work
// that roaring offers for 32 bits only is done on them.
type pieces map[uint32]*roaring.Bitmap

// pieces yields the parts of the set in ascending order. The bitmaps are
// read-only views of an encoded copy, since roaring does not hand out its own.
func (s Set) pieces() iter.Seq2[uint32, *roaring.Bitmap] {
	return func(yield func(uint32, *roaring.Bitmap) bool) {
		if s.IsEmpty() {
			return
		}
		raw, err := s.bits.ToBytes()
		if err != nil {
			panic(err) // a buffer in memory takes every write
		}
		for raw = raw[8:]; len(raw) > 0; {
			high, low := binary.LittleEndian.Uint32(raw), roaring.New()
			n, err := low.FromBuffer(raw[4:])
			if err != nil {
				panic(err) // roaring reads what it has just written
			}
			if !yield(high, low) {
				return
			}
			raw = raw[4+n:]
		}
	}
}

// unite adds a part; one that lies past the largest ordinal is dropped.
func (p pieces) unite(high uint64, low *roaring.Bitmap) {
	if high > math.MaxUint32 || low.IsEmpty() {
		return
	}
	if have, ok := p[uint32(high)]; ok {
		have.Or(low)
		return
	}
	p[uint32(high)] = low
}

// set joins the parts, through an encoding again.
func (p pieces) set() Set {
	if len(p) == 0 {
		return Set{}
	}
	raw := binary.LittleEndian.AppendUint64(nil, uint64(len(p)))
	for _, high := range slices.Sorted(maps.Keys(p)) {
		low, err := p[high].ToBytes()
		if err != nil {
			panic(err) // a buffer in memory takes every write
		}
		raw = append(binary.LittleEndian.AppendUint32(raw, high), low...)
	}
	bits := roaring64.New()
	if err := bits.UnmarshalBinary(raw); err != nil {
		panic(err) // roaring reads what it has just written
	}
	bits.Remove(math.MaxUint64)
	return Set{bits}
}

// Shift returns the set with every ordinal moved by delta; those that would
// leave the range of ordinals are dropped. Its cost follows the compressed size.
func (s Set) Shift(delta int64) Set {
	if delta == 0 {
		return s
	}
	// delta = high<<32 + low with 0 <= low < 1<<32: each part falls into two.
	high, low := delta>>32, delta&math.MaxUint32
	moved := make(pieces)
	for at, part := range s.pieces() {
		to := int64(at) + high
		if to >= 0 {
			moved.unite(uint64(to), roaring.AddOffset64(part, low))
		}
		if to+1 >= 0 {
			moved.unite(uint64(to+1), roaring.AddOffset64(part, low-1<<32))
		}
	}
	return moved.set()
}

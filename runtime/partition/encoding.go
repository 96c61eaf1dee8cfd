package partition

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// chunkBits is the logarithm of the number of ordinals of one Chunk.
const chunkBits = 16

// Chunk is a part of a Set for storage: its members among the 65,536 ordinals
// that begin at Index<<16.
type Chunk struct {
	Index uint64
	// Bits is the portable encoding of a 32-bit roaring bitmap that holds the
	// low 16 bits of each member.
	Bits []byte
}

// MarshalBinary encodes the set in the portable 64-bit format of roaring.
func (s Set) MarshalBinary() ([]byte, error) {
	compact := s.read().Clone()
	compact.RunOptimize()
	raw, err := compact.ToBytes()
	if err != nil {
		return nil, fmt.Errorf("encode set: %w", err)
	}
	return raw, nil
}

// UnmarshalBinary reads what MarshalBinary wrote. Broken or hostile bytes are an
// error and leave the set unchanged.
func (s *Set) UnmarshalBinary(raw []byte) error {
	bits, err := decode64(raw)
	if err != nil {
		return fmt.Errorf("decode set: %w", err)
	}
	s.bits = bits
	return nil
}

// Chunks yields the set in parts for storage, in ascending order and without
// empty ones.
func (s Set) Chunks() iter.Seq[Chunk] {
	return func(yield func(Chunk) bool) {
		for high, low := range s.pieces() {
			it := low.Iterator()
			for it.HasNext() {
				index := uint64(it.PeekNext()) >> chunkBits
				chunk := Chunk{Index: uint64(high)<<(32-chunkBits) | index, Bits: cut(low, index)}
				if !yield(chunk) {
					return
				}
				next := (index + 1) << chunkBits
				if next > math.MaxUint32 {
					break
				}
				it.AdvanceIfNeeded(uint32(next))
			}
		}
	}
}

// cut encodes the members of one chunk by their low 16 bits.
func cut(low *roaring.Bitmap, index uint64) []byte {
	from := index << chunkBits
	window := roaring.New()
	window.AddRange(from, from+1<<chunkBits)
	part := roaring.AddOffset64(roaring.And(low, window), -int64(from))
	part.RunOptimize()
	raw, err := part.ToBytes()
	if err != nil {
		panic(err) // a buffer in memory takes every write
	}
	return raw
}

// FromChunks puts stored chunks together again, in any order; members of
// repeated chunks are united. Broken or hostile bytes are an error that names
// the chunk.
func FromChunks(chunks []Chunk) (Set, error) {
	lows := make(pieces)
	for _, c := range chunks {
		part, err := decodeChunk(c)
		if err != nil {
			return Set{}, fmt.Errorf("decode chunk %d: %w", c.Index, err)
		}
		lows.unite(c.Index>>(32-chunkBits), roaring.AddOffset64(part, int64(uint32(c.Index<<chunkBits))))
	}
	return lows.set(), nil
}

func decodeChunk(c Chunk) (*roaring.Bitmap, error) {
	if c.Index > math.MaxUint64>>chunkBits {
		return nil, errors.New("the index is out of range")
	}
	low := roaring.New()
	n, err := readBitmap(low, c.Bits)
	switch {
	case err != nil:
		return nil, err
	case n != len(c.Bits):
		return nil, fmt.Errorf("%d bytes after the end", len(c.Bits)-n)
	case !low.IsEmpty() && low.Maximum() >= 1<<chunkBits:
		return nil, errors.New("a member lies outside of the chunk")
	}
	return low, nil
}

// readBitmap decodes and validates one 32-bit bitmap at the front of raw and
// returns its length. The decoder of roaring may panic on hostile bytes.
func readBitmap(into *roaring.Bitmap, raw []byte) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, fmt.Errorf("broken bitmap: %v", p)
		}
	}()
	// FromBuffer keeps pointing into raw, hence the copy.
	size, err := into.FromBuffer(append([]byte(nil), raw...))
	if err != nil {
		return 0, fmt.Errorf("broken bitmap: %w", err)
	}
	if err := into.Validate(); err != nil {
		return 0, fmt.Errorf("broken bitmap: %w", err)
	}
	if size > int64(len(raw)) {
		return 0, errors.New("broken bitmap: it is cut off")
	}
	return int(size), nil
}

// decode64 reads the portable 64-bit format: a count of pieces, and for each
// the high half of its ordinals and a 32-bit bitmap. Every piece is checked
// before the whole is read, since roaring trusts what it is given.
func decode64(raw []byte) (*roaring64.Bitmap, error) {
	if len(raw) < 8 {
		return nil, errors.New("it is cut off")
	}
	count, rest := binary.LittleEndian.Uint64(raw), raw[8:]
	previous := int64(-1)
	for ; count > 0; count-- {
		if len(rest) < 4 {
			return nil, errors.New("it is cut off")
		}
		high := binary.LittleEndian.Uint32(rest)
		if int64(high) <= previous {
			return nil, errors.New("its pieces are out of order")
		}
		low := roaring.New()
		n, err := readBitmap(low, rest[4:])
		if err != nil {
			return nil, err
		}
		if low.IsEmpty() {
			return nil, errors.New("a piece of it is empty")
		}
		previous, rest = int64(high), rest[4+n:]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes after the end", len(rest))
	}
	bits := roaring64.New()
	if err := bits.UnmarshalBinary(raw); err != nil {
		return nil, err
	}
	if !bits.IsEmpty() && bits.Maximum() > MaxOrdinal {
		return nil, errors.New("a member is larger than the largest ordinal")
	}
	return bits, nil
}

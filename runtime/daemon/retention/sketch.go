package retention

import (
	"hash/maphash"

	"github.com/google/uuid"
)

// Of a million references, the sketch takes one in 80,000 for present that is not;
// of ten million, one in 26.
const (
	sketchBits   = 1 << 26 // 8 MiB
	sketchHashes = 4
)

// sketch is a set of value ids of fixed size: a Bloom filter. It may hold what was
// never added, and always holds what was.
type sketch struct {
	seed maphash.Seed
	bits []uint64
}

func newSketch() *sketch {
	return &sketch{seed: maphash.MakeSeed(), bits: make([]uint64, sketchBits/64)}
}

func (s *sketch) add(id uuid.UUID) {
	for bit := range s.places(id) {
		s.bits[bit/64] |= 1 << (bit % 64)
	}
}

func (s *sketch) has(id uuid.UUID) bool {
	for bit := range s.places(id) {
		if s.bits[bit/64]&(1<<(bit%64)) == 0 {
			return false
		}
	}
	return true
}

// places yields the bits of an id.
func (s *sketch) places(id uuid.UUID) func(yield func(uint64) bool) {
	h := maphash.Bytes(s.seed, id[:])
	step := h>>32 | 1
	return func(yield func(uint64) bool) {
		for i := range uint64(sketchHashes) {
			if !yield((h + i*step) % sketchBits) {
				return
			}
		}
	}
}

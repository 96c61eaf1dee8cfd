package partition

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"
	"pgregory.net/rapid"
)

func TestSetRoundTrips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, m := drawSet(t, "spans")
		raw, err := s.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var back Set
		if err := back.UnmarshalBinary(raw); err != nil || !back.Equal(s) {
			t.Fatalf("binary: %v, %d members, want %d", err, back.Count(), s.Count())
		}
		chunks := slices.Collect(s.Chunks())
		wanted := map[uint64]bool{}
		for o := range m {
			wanted[o>>16] = true
		}
		if len(chunks) != len(wanted) {
			t.Fatalf("%d chunks, want %d", len(chunks), len(wanted))
		}
		for i, c := range chunks {
			if !wanted[c.Index] || (i > 0 && c.Index <= chunks[i-1].Index) {
				t.Fatalf("chunk %d has index %d", i, c.Index)
			}
		}
		slices.Reverse(chunks)
		if back, err = FromChunks(append(chunks, chunks...)); err != nil || !back.Equal(s) {
			t.Fatalf("chunks: %v, %d members, want %d", err, back.Count(), s.Count())
		}
	})
}

func TestFullChunkAtTheEnds(t *testing.T) {
	t.Parallel()
	for _, s := range []Set{Span(0, 1<<17), Span(1<<32-1<<16, 1<<32), Span(1<<32-1<<16, 1<<32+3), SetOf(MaxOrdinal), Span(math.MaxUint64-1<<16, math.MaxUint64)} {
		back, err := FromChunks(slices.Collect(s.Chunks()))
		if err != nil || !back.Equal(s) {
			t.Errorf("%d members come back as %d, %v", s.Count(), back.Count(), err)
		}
	}
	for range Span(0, 1<<18).Chunks() {
		break // stopping early is fine
	}
}

func TestDecodingRefusesBrokenBytes(t *testing.T) {
	t.Parallel()
	good := slices.Collect(SetOf(1, 5, 70000).Chunks())
	wide, err := Span(1<<16, 1<<16+9).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	outside := wide[8+4:] // a 32-bit bitmap with members past one chunk
	chunks := []struct {
		why, say string
		chunk    Chunk
	}{
		{"no bytes", "chunk 0: broken bitmap", Chunk{}},
		{"cut off", "broken bitmap", Chunk{Bits: good[0].Bits[:len(good[0].Bits)-1]}},
		{"more after the end", "2 bytes after the end", Chunk{Bits: append(slices.Clone(good[0].Bits), 0, 0)}},
		{"random", "broken bitmap", Chunk{Index: 7, Bits: bytes.Repeat([]byte{0xA5}, 64)}},
		{"a member of another chunk", "outside of the chunk", Chunk{Bits: outside}},
		{"an index out of range", "out of range", Chunk{Index: 1 << 60, Bits: good[0].Bits}},
	}
	for _, c := range chunks {
		t.Run("chunk "+c.why, func(t *testing.T) {
			if _, err := FromChunks([]Chunk{c.chunk}); err == nil || !strings.Contains(err.Error(), c.say) {
				t.Errorf("error %v does not say %q", err, c.say)
			}
		})
	}
	count := func(n uint64, rest ...byte) []byte { return append(binary.LittleEndian.AppendUint64(nil, n), rest...) }
	past := Set{SetOf(MaxOrdinal).bits.Clone()}
	past.bits.Add(math.MaxUint64)
	beyond, err := past.bits.ToBytes()
	if err != nil {
		t.Fatal(err)
	}
	sets := []struct {
		why, say string
		raw      []byte
	}{
		{"no bytes", "cut off", nil},
		{"a huge count", "cut off", count(math.MaxUint64)},
		{"a piece without a bitmap", "broken bitmap", count(1, 0, 0, 0, 0)},
		{"an empty piece", "a piece of it is empty", append(count(1, 0, 0, 0, 0), emptyBitmap(t)...)},
		{"pieces out of order", "out of order", append(append(count(2), wide[8:]...), wide[8:]...)},
		{"more after the end", "1 bytes after the end", append(slices.Clone(wide), 0)},
		{"a member past the largest", "larger than the largest ordinal", beyond},
	}
	for _, c := range sets {
		t.Run("set "+c.why, func(t *testing.T) {
			s := SetOf(3)
			if err := s.UnmarshalBinary(c.raw); err == nil || !strings.Contains(err.Error(), c.say) {
				t.Errorf("error %v does not say %q", err, c.say)
			}
			if !s.Equal(SetOf(3)) {
				t.Error("a refused decoding changed the set")
			}
		})
	}
}

// emptyBitmap is the encoding of an empty 32-bit bitmap.
func emptyBitmap(t *testing.T) []byte {
	t.Helper()
	raw, err := roaring.New().ToBytes()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func FuzzDecodeSet(f *testing.F) {
	for _, s := range []Set{{}, SetOf(1, 5, 70000), Span(0, 1<<17), SetOf(1 << 40)} {
		raw, err := s.MarshalBinary()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		for c := range s.Chunks() {
			f.Add(c.Bits)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s Set
		if err := s.UnmarshalBinary(raw); err == nil {
			exercise(t, s)
		}
		if s, err := FromChunks([]Chunk{{Index: 3, Bits: raw}}); err == nil {
			exercise(t, s)
			for o := range s.Ordinals() {
				if o>>16 != 3 {
					t.Fatalf("member %d lies outside of its chunk", o)
				}
			}
		}
	})
}

// exercise uses a set that was decoded, and compares what its methods say.
func exercise(t *testing.T, s Set) {
	t.Helper()
	var count uint64
	for from, to := range s.Ranges() {
		count += to - from
	}
	if count != s.Count() {
		t.Fatalf("the ranges hold %d members, Count is %d", count, s.Count())
	}
	if count > 1<<20 {
		return
	}
	back, err := FromChunks(slices.Collect(s.Chunks()))
	if err != nil || !back.Equal(s) {
		t.Fatalf("the chunks come back as %d members, %v; want %d", back.Count(), err, count)
	}
	if page := s.Page(0, 10); uint64(len(page)) != min(10, count) {
		t.Fatalf("Page = %v of %d members", page, count)
	}
}

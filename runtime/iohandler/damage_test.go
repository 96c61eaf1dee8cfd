package iohandler_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"rivers.io/runtime/iohandler"
	"rivers.io/runtime/rivers"
)

// object reads a stored object as it is.
func object(t testing.TB, b *iohandler.Blob, ref rivers.Ref) []byte {
	t.Helper()
	r, err := b.Open(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return raw
}

func samples(t testing.TB, b *iohandler.Blob) rivers.Ref {
	t.Helper()
	epoch := time.Unix(0, 0).UTC()
	return store(t, b, []sample{{Count: 1, Day: epoch, At: epoch, Tags: []string{"a"}}, {Day: epoch, At: epoch}})
}

// TestDamagedFiles changes bytes of a Parquet file: reading it is an error or
// gives other rows, but neither panics nor takes the memory that the damaged
// bytes ask for.
func TestDamagedFiles(t *testing.T) {
	b := open(t, "mem://")
	good := object(t, b, samples(t, b))
	random := rand.New(rand.NewPCG(1, 2))
	var before, after runtime.MemStats
	for range 2000 {
		raw := append([]byte(nil), good...)
		for range 1 + random.IntN(3) {
			raw[random.IntN(len(raw))] = byte(random.IntN(256))
		}
		if random.IntN(4) == 0 {
			raw = raw[:random.IntN(len(raw))]
		}
		ref := rivers.Ref{Path: "values/_/damaged", Format: "parquet", Bytes: int64(len(raw))}
		iohandler.WriteRaw(t, b, ref.Path, raw)
		runtime.ReadMemStats(&before)
		_, _ = b.Preview(t.Context(), ref, 10)
		_, _ = load[[]sample](t.Context(), b, ref)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 256<<20 {
			t.Fatalf("reading %d damaged bytes took %d MiB: %x", len(raw), took>>20, raw)
		}
	}
}

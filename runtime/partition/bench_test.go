package partition

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// million is an hourly grid of 1,000,000 keys and a random half of them.
func million(b *testing.B) (Space, Set) {
	b.Helper()
	first := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	space := mustNew(b, Definition{
		Kind:  Hourly,
		Start: first.Format("2006-01-02T15:00"),
		End:   first.Add(999_999 * time.Hour).Format("2006-01-02T15:00"),
	})
	random := rand.New(rand.NewPCG(1, 2))
	var half Set
	for o := range space.Count(never) {
		if random.IntN(2) == 0 {
			half.Add(o)
		}
	}
	return space, half
}

func BenchmarkMillion(b *testing.B) {
	space, half := million(b)
	chunks := slices.Collect(half.Chunks())
	yesterday := Mapping{Kind: Offset, Offset: -24}
	for name, op := range map[string]func(){
		"missing":    func() { Full(space, never).AndNot(half).Count() },
		"page":       func() { half.Page(400_000, 100) },
		"chunks":     func() { _ = slices.Collect(half.Chunks()) },
		"fromChunks": func() { _, _ = FromChunks(chunks) },
		"ranges": func() {
			for range half.Ranges() {
			}
		},
		"offset": func() { yesterday.Downstream(space, space, half, never) },
		"search": func() { Search(space, "-02-29T23", never, 0, 100) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				op()
			}
		})
	}
}

func BenchmarkGridOrdinal(b *testing.B) {
	space := mustNew(b, Definition{Kind: Hourly, Start: "1900-01-01T00:00"})
	now := at(b, "2024-01-01T00:00:00Z")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := space.Ordinal("2020-02-29T05:00", now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStaticNew(b *testing.B) {
	keys := make([]string, 100_000)
	for i := range keys {
		keys[i] = fmt.Sprintf("customer-%06d", i)
	}
	b.ReportAllocs()
	for b.Loop() {
		mustNew(b, Definition{Kind: Static, Keys: keys})
	}
}

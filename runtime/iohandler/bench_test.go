package iohandler_test

import (
	"fmt"
	"testing"

	"rivers.io/runtime/rivers"
)

// BenchmarkStore writes a small value as a file, as each step of a large run
// does.
func BenchmarkStore(b *testing.B) {
	h := open(b, "file://"+b.TempDir())
	for i := 0; b.Loop(); i++ {
		storeAs(b, h, fmt.Sprintf("asset%d", i%100), i)
	}
}

type benchRow struct {
	Carrier, From, To string
	Delay             float64
	Minutes           int
}

// BenchmarkRows stores and loads rows.
func BenchmarkRows(b *testing.B) {
	h := open(b, "mem://")
	rows := make([]benchRow, 10_000)
	for i := range rows {
		rows[i] = benchRow{"AA", "ATL", fmt.Sprint(i % 50), float64(i), i}
	}
	var ref rivers.Ref
	b.Run("store", func(b *testing.B) {
		for b.Loop() {
			ref = storeAs(b, h, "rows", rows)
		}
	})
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			if _, err := load[[]benchRow](b.Context(), h, ref); err != nil {
				b.Fatal(err)
			}
		}
	})
}

package asset

import (
	"fmt"
	"testing"
)

// wide declares n assets with three inputs each, all partitioned by day.
func wide(n int) []Definition {
	defs := make([]Definition, n)
	for i := range defs {
		defs[i] = Definition{Name: fmt.Sprintf("asset_%06d", i), Group: fmt.Sprintf("group_%d", i%100), Partitions: january, Site: Site{File: "main.go", Line: i}}
		for _, back := range []int{1, 10, 100} {
			if i >= back {
				defs[i].Inputs = append(defs[i].Inputs, Input{Asset: defs[i-back].Name, Kind: Data})
			}
		}
	}
	return defs
}

func BenchmarkResolve100k(b *testing.B) {
	defs := wide(MaxAssets)
	b.ReportAllocs()
	for b.Loop() {
		mustResolve(b, defs)
	}
}

func BenchmarkHash100k(b *testing.B) {
	g := mustResolve(b, wide(MaxAssets))
	b.ReportAllocs()
	for b.Loop() {
		g.digest()
	}
}

func BenchmarkSelect100k(b *testing.B) {
	g := mustResolve(b, wide(MaxAssets))
	for name, text := range map[string]string{"all": "", "upstreams": "+asset_090000", "group": "group:group_7+2", "glob": "asset_0*7"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := g.Select(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package house_test

import (
	"slices"
	"testing"

	"rivers.io/internal/house"
)

// TestWeights proves what packages do not pull in, however indirectly.
func TestWeights(t *testing.T) {
	all := packages(t)
	for _, w := range house.Weights {
		for _, p := range all {
			if !house.Matches(p.path(), w.Package) {
				continue
			}
			for _, dep := range p.Deps {
				if house.MatchesAny(dep, w.Never) {
					t.Errorf("%s pulls in %s, but %s (see: go mod why -m, go list -deps)", p.ImportPath, dep, w.Because)
				}
			}
		}
	}
}

// TestKeepers finds libraries that are imported elsewhere than where they are kept.
func TestKeepers(t *testing.T) {
	for _, k := range house.Keepers {
		for _, p := range packages(t) {
			if house.MatchesAny(p.path(), k.Only) {
				continue
			}
			for _, imp := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
				if house.MatchesAny(imp, k.Library) {
					t.Errorf("%s may not import %s: %s", p.ImportPath, imp, k.Because)
				}
			}
		}
	}
}

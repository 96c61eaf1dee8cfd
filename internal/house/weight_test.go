package house_test

import (
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

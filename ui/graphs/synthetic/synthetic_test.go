package synthetic_test

import (
	"testing"

	"rivers.io/runtime/asset"
	"rivers.io/ui/graphs/synthetic"
)

// TestDefinitionsResolve holds the assets of a drawing to what those of a pipeline
// must be.
func TestDefinitionsResolve(t *testing.T) {
	for _, n := range []int{1, 100, 1000} {
		g, err := asset.Resolve(synthetic.Definitions(n))
		if err != nil {
			t.Fatal(err)
		}
		if g.Len() != n {
			t.Errorf("%d assets, want %d", g.Len(), n)
		}
	}
}

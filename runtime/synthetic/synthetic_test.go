package synthetic_test

import (
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/synthetic"
)

func TestShape(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 2, 59, 60, 61, 1000, 10_000} {
		shape := synthetic.Shape(n)
		if len(shape) != max(n, 0) {
			t.Fatalf("%d assets for %d", len(shape), n)
		}
		names := map[string]bool{}
		for i, a := range shape {
			if names[a.Name] {
				t.Fatalf("%d: two assets are called %s", n, a.Name)
			}
			names[a.Name] = true
			from := map[int]bool{}
			for _, in := range a.Inputs {
				if in.From < 0 || in.From >= i || from[in.From] {
					t.Fatalf("%d: %s at %d is made from %d of %v", n, a.Name, i, in.From, a.Inputs)
				}
				from[in.From] = true
			}
		}
	}
}

// TestShapeStaysTheSame holds what figures of different days are compared by: the
// shape of a size never changes.
func TestShapeStaysTheSame(t *testing.T) {
	shape := synthetic.Shape(1000)
	if diff := cmp.Diff(synthetic.Shape(1000), shape); diff != "" {
		t.Error(diff)
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%v", shape)
	if got, want := fmt.Sprintf("%016x", h.Sum64()), "7a5eefc2997b2a0b"; got != want {
		t.Errorf("the shape of 1000 assets has the sum %s, want %s", got, want)
	}
}

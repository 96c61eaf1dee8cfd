package rivers

import (
	"fmt"
	"maps"

	"rivers.io/runtime/asset"
)

// withMetadata is an input whose handler sees other metadata.
type withMetadata[A any] struct {
	in Input[A]
	usable
	at *edge
}

// WithMetadata is the same input, of which the handler sees the given metadata
// in the place of all that the asset declares; nothing is merged, and none given
// is none seen. It concerns this one input: others of the asset load as before.
// It goes around All, Offset, Via, Complete and Optional, or into them.
func WithMetadata[A any](in Input[A], metadata map[string]string) Input[A] {
	e := copyEdge(in)
	if e != nil {
		e.metadata = maps.Clone(metadata)
		if e.metadata == nil {
			e.metadata = map[string]string{}
		}
	}
	return withMetadata[A]{in: in, at: e, usable: usable{e}}
}

func (w withMetadata[A]) edge() *edge { return w.at }

func (w withMetadata[A]) load(ctx *Context, n int) (A, error) { return w.in.load(ctx, n) }

// checkEdges reports metadata that no asset may have, and one asset that is
// loaded twice in the same way but with other metadata (D-56).
func (d *declaration) checkEdges() {
	for i, e := range d.edges {
		if e.metadata == nil {
			continue
		}
		if err := asset.CheckMetadata(e.metadata); err != nil {
			d.problem(fmt.Errorf("input %q: %w", e.up.def.Name, err))
		}
		if e.kind == asset.Lineage {
			d.problem(fmt.Errorf("input %q: After loads nothing, so that no handler sees the metadata", e.up.def.Name))
		}
		for j, o := range d.edges {
			if o.metadata != nil && j >= i || o.kind != e.kind || o.up != e.up || o.mapping != e.mapping || sameMetadata(e.metadata, o.metadata) {
				continue
			}
			d.problem(fmt.Errorf("input %q is declared twice with other metadata", e.up.def.Name))
			break
		}
	}
}

// sameMetadata reports whether two overrides are one; nil is none.
func sameMetadata(a, b map[string]string) bool { return (a == nil) == (b == nil) && maps.Equal(a, b) }

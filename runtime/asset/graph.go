package asset

import (
	"slices"
	"sync"

	"rivers.io/runtime/partition"
)

// Graph is a validated set of declarations and the edges between them. It is
// made by Resolve, immutable and safe for concurrent use. Assets are named by
// their index in declaration order.
type Graph struct {
	defs   []Definition
	spaces []partition.Space
	index  map[string]int
	up     edges
	down   edges
	order  []int
	// rank is the inverse of order.
	rank []int32
	hash func() string
}

// Edge is one input of one asset, seen from either of its ends.
type Edge struct {
	// Asset is the index of the asset at the other end.
	Asset int
	// Input is the index of the edge in the inputs of the consumer, which is
	// the downstream end.
	Input int
}

// edges holds the edges of every asset in one slice: those of asset i are
// list[first[i]:first[i+1]].
type edges struct {
	first []int32
	list  []Edge
}

func (e edges) of(i int) []Edge {
	from, to := e.first[i], e.first[i+1]
	return e.list[from:to:to]
}

// Len returns the number of assets.
func (g *Graph) Len() int { return len(g.defs) }

// At returns the declaration of an asset; it must not be changed.
func (g *Graph) At(i int) *Definition { return &g.defs[i] }

// Index returns the index of the asset with the given name.
func (g *Graph) Index(name string) (int, bool) {
	i, ok := g.index[name]
	return i, ok
}

// Upstreams returns the edges to the assets that i consumes, in the order of
// its inputs. The slice must not be changed.
func (g *Graph) Upstreams(i int) []Edge { return g.up.of(i) }

// Downstreams returns the edges to the assets that consume i, in declaration
// order. The slice must not be changed.
func (g *Graph) Downstreams(i int) []Edge { return g.down.of(i) }

// Order returns all assets, upstreams first; among those that are free to come
// next the first declared does. The slice must not be changed.
func (g *Graph) Order() []int { return g.order }

// Rank returns the position of an asset in Order.
func (g *Graph) Rank(i int) int { return int(g.rank[i]) }

// Space returns the key space of an asset, or nil when it has no partitions.
// Assets of equal definitions share one space.
func (g *Graph) Space(i int) partition.Space { return g.spaces[i] }

// Mapping returns the mapping of an input of asset i, with the default applied.
func (g *Graph) Mapping(i, input int) partition.Mapping {
	in := &g.defs[i].Inputs[input]
	return in.Mapping.Default(g.spaces[i], g.spaces[g.index[in.Asset]])
}

// Names returns the names of assets.
func (g *Graph) Names(assets []int) []string {
	names := make([]string, len(assets))
	for at, i := range assets {
		names[at] = g.defs[i].Name
	}
	return names
}

// Executor returns where the steps of an asset ask to run: the declared
// executor or its metadata twin, or "" (D-145).
func (g *Graph) Executor(i int) string { return g.defs[i].executor() }

func (d *Definition) executor() string {
	if d.Executor != "" {
		return d.Executor
	}
	return d.Metadata[ExecutorKey]
}

// Resolve checks declarations and builds their graph. The error is a Problems
// that lists everything that is wrong with them. The declarations are copied,
// though not deeply: what they refer to must not be changed afterwards.
func Resolve(defs []Definition) (*Graph, error) {
	g := &Graph{defs: slices.Clone(defs), index: make(map[string]int, len(defs))}
	g.hash = sync.OnceValue(g.digest)
	var r reporter
	if n := len(defs); n > MaxAssets {
		r.add(&defs[MaxAssets], "the pipeline declares %d assets; the limit is %d", n, MaxAssets)
		return nil, r.err(defs)
	}
	for i := range g.defs {
		def := &g.defs[i]
		r.validate(def)
		if first, taken := g.index[def.Name]; !taken {
			g.index[def.Name] = i
		} else if def.Name != "" {
			r.add(def, "the name is taken by another asset%s", declaredAt(g.defs[first].Site))
		}
	}
	invalid := g.resolveSpaces(&r)
	g.resolveEdges(&r, invalid)
	if left := g.sort(); left > 0 {
		g.reportCycles(&r)
	}
	if err := r.err(g.defs); err != nil {
		return nil, err
	}
	return g, nil
}

func declaredAt(s Site) string {
	if s.File == "" {
		return ""
	}
	return " declared at " + s.String()
}

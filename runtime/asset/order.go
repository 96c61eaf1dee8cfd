package asset

import (
	"container/heap"
	"iter"
)

// names yields the names of all assets in declaration order.
func (g *Graph) names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range g.defs {
			if !yield(g.defs[i].Name) {
				return
			}
		}
	}
}

// sort fills order and rank, and returns the number of assets that no order
// reaches because of cycles.
func (g *Graph) sort() int {
	n := len(g.defs)
	if g.declaredInOrder() {
		g.order = make([]int, n)
		for i := range g.order {
			g.order[i] = i
		}
	} else {
		g.order = g.kahn()
	}
	g.rank = make([]int32, n)
	for at, i := range g.order {
		g.rank[i] = int32(at)
	}
	return n - len(g.order)
}

// declaredInOrder reports whether every asset is declared after its upstreams,
// as it is in Go source that compiles without forward references.
func (g *Graph) declaredInOrder() bool {
	for i := range g.defs {
		for _, e := range g.up.of(i) {
			if e.Asset >= i {
				return false
			}
		}
	}
	return true
}

// kahn orders the assets upstreams first, ties by declaration.
func (g *Graph) kahn() []int {
	waits := make([]int32, len(g.defs))
	var free indexHeap
	for i := range g.defs {
		waits[i] = int32(len(g.up.of(i)))
		if waits[i] == 0 {
			free = append(free, i) // ascending, hence a heap
		}
	}
	order := make([]int, 0, len(g.defs))
	for len(free) > 0 {
		i := heap.Pop(&free).(int)
		order = append(order, i)
		for _, e := range g.down.of(i) {
			if waits[e.Asset]--; waits[e.Asset] == 0 {
				heap.Push(&free, e.Asset)
			}
		}
	}
	return order
}

// indexHeap gives the smallest index first.
type indexHeap []int

func (h indexHeap) Len() int           { return len(h) }
func (h indexHeap) Less(a, b int) bool { return h[a] < h[b] }
func (h indexHeap) Swap(a, b int)      { h[a], h[b] = h[b], h[a] }
func (h *indexHeap) Push(x any)        { *h = append(*h, x.(int)) }
func (h *indexHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

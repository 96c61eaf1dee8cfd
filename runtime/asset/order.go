package asset

import (
	"container/heap"
	"iter"
	"slices"
	"strings"
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

// reportCycles reports one cycle of each knot of assets that depend on each
// other, at the asset of it that was declared first.
func (g *Graph) reportCycles(r *reporter) {
	for _, knot := range g.knots() {
		path := g.cycle(knot)
		const most = 20
		names := g.Names(path)
		if len(names) > most {
			names = slices.Concat(names[:most-1], []string{"…"}, names[len(names)-1:])
		}
		r.add(&g.defs[knot[0]], "cycle: %s", strings.Join(names, " → "))
	}
}

// knots returns the strongly connected components that hold a cycle, each
// ascending, by their first asset. It is Tarjan's algorithm with a stack of its
// own, since a chain may be as long as there are assets.
func (g *Graph) knots() [][]int {
	n := len(g.defs)
	number, low := make([]int32, n), make([]int32, n)
	onStack := make([]bool, n)
	next := make([]int32, n) // the next upstream to visit
	var knots [][]int
	var stack, path []int
	counter := int32(0)
	for root := range n {
		if number[root] != 0 {
			continue
		}
		path = append(path, root)
		for len(path) > 0 {
			i := path[len(path)-1]
			if number[i] == 0 {
				counter++
				number[i], low[i] = counter, counter
				stack, onStack[i] = append(stack, i), true
			}
			if up := g.up.of(i); int(next[i]) < len(up) {
				to := up[next[i]].Asset
				next[i]++
				if number[to] == 0 {
					path = append(path, to)
				} else if onStack[to] {
					low[i] = min(low[i], number[to])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				parent := path[len(path)-1]
				low[parent] = min(low[parent], low[i])
			}
			if low[i] == number[i] {
				at := slices.Index(stack, i)
				knot := slices.Clone(stack[at:])
				stack = stack[:at]
				for _, member := range knot {
					onStack[member] = false
				}
				if len(knot) > 1 || g.consumesItself(i) {
					slices.Sort(knot)
					knots = append(knots, knot)
				}
			}
		}
	}
	slices.SortFunc(knots, func(a, b []int) int { return a[0] - b[0] })
	return knots
}

func (g *Graph) consumesItself(i int) bool {
	return slices.ContainsFunc(g.up.of(i), func(e Edge) bool { return e.Asset == i })
}

// cycle returns a shortest path from the first asset of a knot, along the flow
// of data, back to itself.
func (g *Graph) cycle(knot []int) []int {
	inside := make(map[int]bool, len(knot))
	for _, i := range knot {
		inside[i] = true
	}
	start := knot[0]
	from := make(map[int]int, len(knot))
	for queue := []int{start}; len(queue) > 0; queue = queue[1:] {
		for _, e := range g.down.of(queue[0]) {
			if e.Asset == start {
				path := []int{start}
				for i := queue[0]; i != start; i = from[i] {
					path = append(path, i)
				}
				path = append(path, start)
				slices.Reverse(path)
				return path
			}
			if _, seen := from[e.Asset]; !seen && inside[e.Asset] {
				from[e.Asset] = queue[0]
				queue = append(queue, e.Asset)
			}
		}
	}
	return knot
}

package asset

import (
	"slices"
	"strings"
)

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
// ascending, by their first asset.
func (g *Graph) knots() [][]int {
	n := len(g.defs)
	t := &tarjan{
		g: g, number: make([]int32, n), low: make([]int32, n), next: make([]int32, n), onStack: make([]bool, n),
	}
	for root := range n {
		if t.number[root] == 0 {
			t.visit(root)
		}
	}
	slices.SortFunc(t.knots, func(a, b []int) int { return a[0] - b[0] })
	return t.knots
}

// tarjan is the algorithm of that name with a path of its own instead of
// recursion, since a chain may be as long as there are assets.
type tarjan struct {
	g *Graph
	// number counts assets as they are met; low is the smallest number that is
	// reached from one, as far as known; next is its upstream to visit next.
	number, low, next []int32
	counter           int32
	// stack holds the assets whose component is not known yet.
	stack   []int
	onStack []bool
	knots   [][]int
}

// visit walks all that root depends on.
func (t *tarjan) visit(root int) {
	t.meet(root)
	for path := []int{root}; len(path) > 0; {
		i := path[len(path)-1]
		if up := t.g.up.of(i); int(t.next[i]) < len(up) {
			to := up[t.next[i]].Asset
			t.next[i]++
			if t.number[to] == 0 {
				t.meet(to)
				path = append(path, to)
			} else if t.onStack[to] {
				t.low[i] = min(t.low[i], t.number[to])
			}
			continue
		}
		path = path[:len(path)-1]
		if len(path) > 0 {
			parent := path[len(path)-1]
			t.low[parent] = min(t.low[parent], t.low[i])
		}
		if t.low[i] == t.number[i] {
			t.leave(i)
		}
	}
}

func (t *tarjan) meet(i int) {
	t.counter++
	t.number[i], t.low[i] = t.counter, t.counter
	t.stack, t.onStack[i] = append(t.stack, i), true
}

// leave takes the component that i was met first of from the stack.
func (t *tarjan) leave(i int) {
	at := len(t.stack) - 1
	for t.stack[at] != i {
		at--
	}
	knot := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	for _, member := range knot {
		t.onStack[member] = false
	}
	if len(knot) > 1 || t.g.consumesItself(i) {
		slices.Sort(knot)
		t.knots = append(t.knots, knot)
	}
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

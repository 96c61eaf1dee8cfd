package layout

// csr is an adjacency list in two slices: the neighbours of v are
// list[start[v]:start[v+1]].
type csr struct{ start, list []int32 }

func (c csr) of(v int32) []int32 { return c.list[c.start[v]:c.start[v+1]] }

// newCSR groups the ends of edges by from, in the order of the edges.
func newCSR(n int, edges []Edge) csr {
	c := csr{start: make([]int32, n+1), list: make([]int32, len(edges))}
	for _, e := range edges {
		c.start[e.From+1]++
	}
	for v := range n {
		c.start[v+1] += c.start[v]
	}
	next := append([]int32(nil), c.start[:n]...)
	for _, e := range edges {
		c.list[next[e.From]] = e.To
		next[e.From]++
	}
	return c
}

func flip(edges []Edge) []Edge {
	out := make([]Edge, len(edges))
	for i, e := range edges {
		out[i] = Edge{e.To, e.From}
	}
	return out
}

// acyclic returns the edges with those that close a cycle turned around, loops
// left out, and the indices of both.
func acyclic(g Graph) (edges []Edge, reversed []int32) {
	state := visitStates(len(g.Nodes), g.Edges)
	edges = make([]Edge, 0, len(g.Edges))
	for i, e := range g.Edges {
		switch {
		case e.From == e.To:
			reversed = append(reversed, int32(i))
		case state[e.From] < state[e.To]:
			edges = append(edges, e)
		default:
			reversed = append(reversed, int32(i))
			edges = append(edges, Edge{e.To, e.From})
		}
	}
	return edges, reversed
}

// visitStates returns a number for each node such that every edge leads to a
// higher number, except the edges that close a cycle in a depth-first walk from
// the first node on.
func visitStates(n int, edges []Edge) []int32 {
	adjacent := newCSR(n, edges)
	number := make([]int32, n) // 0 is new, -1 is open
	next := make([]int32, n)
	copy(next, adjacent.start[:n])
	last := int32(n)
	var stack []int32
	for root := range int32(n) {
		if number[root] != 0 {
			continue
		}
		number[root] = -1
		stack = append(stack[:0], root)
		for len(stack) > 0 {
			v := stack[len(stack)-1]
			if next[v] == adjacent.start[v+1] {
				number[v] = last
				last--
				stack = stack[:len(stack)-1]
				continue
			}
			w := adjacent.list[next[v]]
			next[v]++
			if number[w] == 0 {
				number[w] = -1
				stack = append(stack, w)
			}
		}
	}
	return number
}

package graphs

import (
	"fmt"
	"slices"
)

// Neighbourhood returns the part of the topology that is at most up edges above
// and down edges below the named asset, with all edges between those nodes, and
// the asset's index in it. Negative numbers mean without end. A name that is not
// declared is an *UnknownError.
func (t *Topology) Neighbourhood(name string, up, down int) (*Topology, int32, error) {
	at, ok := t.Index(name)
	if !ok {
		return nil, -1, &UnknownError{What: "asset", Name: name}
	}
	keep := make([]bool, len(t.Nodes))
	t.reach(keep, at, up, func(e Edge) (int32, int32) { return e.To, e.From })
	t.reach(keep, at, down, func(e Edge) (int32, int32) { return e.From, e.To })
	part := t.filter(keep)
	focus, _ := part.Index(name)
	return part, focus, nil
}

// reach marks what can be reached from a node in at most steps edges.
func (t *Topology) reach(keep []bool, from int32, steps int, ends func(Edge) (from, to int32)) {
	next := make([][]int32, len(t.Nodes))
	for _, e := range t.Edges {
		a, b := ends(e)
		next[a] = append(next[a], b)
	}
	keep[from] = true
	seen := make([]bool, len(t.Nodes))
	seen[from] = true
	front := []int32{from}
	for ; len(front) > 0 && steps != 0; steps-- {
		var ahead []int32
		for _, v := range front {
			for _, w := range next[v] {
				if !seen[w] {
					seen[w], keep[w] = true, true
					ahead = append(ahead, w)
				}
			}
		}
		front = ahead
	}
}

func (t *Topology) filter(keep []bool) *Topology {
	part := &Topology{Source: t.Source}
	at := make([]int32, len(t.Nodes))
	for i, n := range t.Nodes {
		if keep[i] {
			at[i] = int32(len(part.Nodes))
			part.Nodes = append(part.Nodes, n)
		}
	}
	for _, e := range t.Edges {
		if keep[e.From] && keep[e.To] {
			part.Edges = append(part.Edges, Edge{From: at[e.From], To: at[e.To], Lineage: e.Lineage})
		}
	}
	return part
}

// Collapse returns the topology with each of the named groups as one node. Edges
// inside of a group are gone and equal ones are one, a lineage edge only when
// all of them are. A group that has no asset is an *UnknownError.
func (t *Topology) Collapse(groups []string) (*Topology, error) {
	if len(groups) == 0 {
		return t, nil
	}
	out := &Topology{Source: t.Source}
	node := make(map[string]int32)
	at := make([]int32, len(t.Nodes))
	for i, n := range t.Nodes {
		if n.Group == "" || !slices.Contains(groups, n.Group) {
			at[i] = int32(len(out.Nodes))
			out.Nodes = append(out.Nodes, n)
			continue
		}
		v, ok := node[n.Group]
		if !ok {
			v = int32(len(out.Nodes))
			node[n.Group] = v
			out.Nodes = append(out.Nodes, Node{Name: n.Group, Group: n.Group, Collapsed: true})
		}
		at[i] = v
		out.Nodes[v].Declared = append(out.Nodes[v].Declared, n.Declared...)
	}
	for _, g := range groups {
		if _, ok := node[g]; !ok {
			return nil, &UnknownError{What: "group", Name: g}
		}
	}
	out.mergeEdges(t.Edges, at)
	return out, nil
}

func (t *Topology) mergeEdges(edges []Edge, at []int32) {
	type ends struct{ from, to int32 }
	seen := make(map[ends]int)
	for _, e := range edges {
		key := ends{at[e.From], at[e.To]}
		if key.from == key.to {
			continue
		}
		if i, ok := seen[key]; ok {
			t.Edges[i].Lineage = t.Edges[i].Lineage && e.Lineage
			continue
		}
		seen[key] = len(t.Edges)
		t.Edges = append(t.Edges, Edge{From: key.from, To: key.to, Lineage: e.Lineage})
	}
}

// UnknownError tells that a request named something that is not declared.
type UnknownError struct{ What, Name string }

// Error names what is unknown.
func (e *UnknownError) Error() string { return fmt.Sprintf("no %s is called %q", e.What, e.Name) }

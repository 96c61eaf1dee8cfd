package layout_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rivers.io/ui/graphs/synthetic"
	"rivers.io/ui/layout"
)

// drawn is a graph of any shape: cycles, loops, repeated edges, groups that
// cross each other.
func drawn(t *rapid.T) layout.Graph {
	n := rapid.IntRange(0, 60).Draw(t, "nodes")
	groups := rapid.IntRange(0, 6).Draw(t, "groups")
	var g layout.Graph
	for range n {
		g.Nodes = append(g.Nodes, layout.Node{
			Group: int32(rapid.IntRange(-1, groups-1).Draw(t, "group")),
			Width: int32(rapid.IntRange(0, 300).Draw(t, "width")),
		})
	}
	if n == 0 {
		return g
	}
	forward := rapid.Bool().Draw(t, "acyclic")
	for range rapid.IntRange(0, 2*n).Draw(t, "edges") {
		a, b := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
		if forward {
			if a == b {
				continue
			}
			a, b = min(a, b), max(a, b)
		}
		g.Edges = append(g.Edges, layout.Edge{From: int32(a), To: int32(b)})
	}
	return g
}

func compute(t rapid.TB, g layout.Graph) *layout.Drawing {
	t.Helper()
	d, err := layout.Compute(g)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestEqualGraphsGiveEqualDrawings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawn(t)
		first := compute(t, g)
		for range 2 {
			if diff := cmp.Diff(first, compute(t, g)); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestEdgesGoRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawn(t)
		d := compute(t, g)
		reversed := make(map[int]bool)
		for _, i := range d.Reversed {
			reversed[int(i)] = true
		}
		for i, e := range g.Edges {
			from, to := right(d, e.From), left(d, e.To)
			if reversed[i] {
				from, to = right(d, e.To), left(d, e.From)
			}
			if e.From != e.To && from >= to {
				t.Fatalf("edge %d leaves at %d and arrives at %d", i, from, to)
			}
		}
	})
}

func TestAcyclicGraphsReverseNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawn(t)
		for i, e := range g.Edges {
			if e.From >= e.To {
				g.Edges[i] = layout.Edge{From: min(e.From, e.To), To: max(e.From, e.To) + 1}
				g.Nodes = append(g.Nodes, layout.Node{Group: layout.NoGroup})
			}
		}
		if d := compute(t, g); len(d.Reversed) > 0 {
			t.Fatalf("reversed %v", d.Reversed)
		}
	})
}

func TestNodesKeepApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawn(t)
		d := compute(t, g)
		boxes := make([]layout.Box, len(g.Nodes))
		for i := range boxes {
			boxes[i] = nodeBox(d, int32(i))
			if b := boxes[i]; b.X < 0 || b.Y < 0 || b.X+b.Width > d.Width || b.Y+b.Height > d.Height {
				t.Fatalf("node %d at %+v lies outside of %d x %d", i, b, d.Width, d.Height)
			}
		}
		disjoint(t, "nodes", boxes)
	})
}

func TestGroupsHoldTheirMembersAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawn(t)
		d := compute(t, g)
		disjoint(t, "groups", d.Boxes)
		of := make(map[int32]layout.Box)
		for _, b := range d.Boxes {
			of[b.Group] = b
		}
		for i, n := range g.Nodes {
			place := nodeBox(d, int32(i))
			for group, b := range of {
				switch inside := contains(b, place); {
				case group == n.Group && !inside:
					t.Fatalf("node %d at %+v lies outside of its group %d at %+v", i, place, group, b)
				case group != n.Group && overlap(b, place):
					t.Fatalf("node %d of group %d at %+v lies in group %d at %+v", i, n.Group, place, group, b)
				}
			}
			if _, ok := of[n.Group]; n.Group != layout.NoGroup && !ok {
				t.Fatalf("group %d has no box", n.Group)
			}
		}
	})
}

func TestTrunksPassBetweenNodes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawn(t)
		d := compute(t, g)
		type way struct {
			from  int32
			inner bool
		}
		length := make(map[way]int)
		for _, trunk := range d.Trunks {
			length[way{trunk.From, trunk.Inner}] = len(trunk.Y)
			for k, y := range trunk.Y {
				c := d.Nodes[trunk.From].Column + 1 + int32(k)
				for i, place := range d.Nodes {
					if place.Column == c && y >= place.Y && y <= place.Y+layout.NodeHeight {
						t.Fatalf("trunk of %d runs through node %d", trunk.From, i)
					}
				}
			}
		}
		reversed := make(map[int]bool)
		for _, i := range d.Reversed {
			reversed[int(i)] = true
		}
		for i, e := range g.Edges {
			if reversed[i] {
				e.From, e.To = e.To, e.From
			}
			span := int(d.Nodes[e.To].Column - d.Nodes[e.From].Column)
			inner := g.Nodes[e.From].Group == g.Nodes[e.To].Group && g.Nodes[e.From].Group != layout.NoGroup
			if span > 1 && length[way{e.From, inner}] < span-1 {
				t.Fatalf("edge %d spans %d columns without a trunk", i, span)
			}
		}
	})
}

func TestColumnsAreLongestPaths(t *testing.T) {
	// A diamond with a short cut: the end stands after the longer way.
	g := layout.Graph{Nodes: make([]layout.Node, 5), Edges: []layout.Edge{{0, 1}, {1, 2}, {2, 3}, {0, 3}, {0, 4}}}
	for i := range g.Nodes {
		g.Nodes[i].Group = layout.NoGroup
	}
	d := compute(t, g)
	want := []int32{0, 1, 2, 3, 1}
	for i, place := range d.Nodes {
		if place.Column != want[i] {
			t.Errorf("node %d stands in column %d, want %d", i, place.Column, want[i])
		}
	}
}

func TestAChainIsStraight(t *testing.T) {
	g := layout.Graph{}
	for i := range int32(20) {
		g.Nodes = append(g.Nodes, layout.Node{Group: layout.NoGroup})
		if i > 0 {
			g.Edges = append(g.Edges, layout.Edge{From: i - 1, To: i})
		}
	}
	d := compute(t, g)
	for i, place := range d.Nodes {
		if place.Y != d.Nodes[0].Y {
			t.Errorf("node %d is at %d, not at %d", i, place.Y, d.Nodes[0].Y)
		}
	}
}

func TestATreeHasNoCrossings(t *testing.T) {
	g := layout.Graph{Nodes: []layout.Node{{Group: layout.NoGroup}}}
	for i := int32(1); i < 200; i++ {
		g.Nodes = append(g.Nodes, layout.Node{Group: layout.NoGroup})
		// The children of a node are not declared one after another.
		g.Edges = append(g.Edges, layout.Edge{From: (i * 7 % 13) % i, To: i})
	}
	if d := compute(t, g); d.Crossings != 0 {
		t.Errorf("%d crossings", d.Crossings)
	}
}

func TestUnconnectedNodesFormAGrid(t *testing.T) {
	for _, group := range []int32{layout.NoGroup, 0} {
		t.Run(fmt.Sprint("group ", group), func(t *testing.T) {
			g := layout.Graph{}
			for range 1000 {
				g.Nodes = append(g.Nodes, layout.Node{Group: group, Width: 180})
			}
			d := compute(t, g)
			if ratio := float64(d.Width) / float64(d.Height); ratio < 0.5 || ratio > 3 {
				t.Errorf("%d x %d is no shape for a screen", d.Width, d.Height)
			}
		})
	}
}

func TestManyComponentsFillAScreen(t *testing.T) {
	g := layout.Graph{}
	for i := range int32(300) {
		g.Nodes = append(g.Nodes, layout.Node{Group: layout.NoGroup, Width: 150}, layout.Node{Group: layout.NoGroup, Width: 150})
		g.Edges = append(g.Edges, layout.Edge{From: 2 * i, To: 2*i + 1})
	}
	d := compute(t, g)
	if ratio := float64(d.Width) / float64(d.Height); ratio < 1 || ratio > 3 {
		t.Errorf("%d x %d is no shape for a screen", d.Width, d.Height)
	}
}

func TestLargeGraphsFitAScreen(t *testing.T) {
	for _, n := range []int{1000, 5000} {
		g := fromDefinitions(synthetic.Definitions(n))
		d := compute(t, g)
		if ratio := float64(d.Width) / float64(d.Height); ratio < 0.8 || ratio > 3.5 {
			t.Errorf("%d nodes: %d x %d is no shape for a screen", n, d.Width, d.Height)
		}
		if len(d.Folded) == 0 || len(d.Folded) > len(g.Edges)/3 {
			t.Errorf("%d nodes: %d of %d edges lead from strip to strip", n, len(d.Folded), len(g.Edges))
		}
		folded := make(map[int32]bool)
		for _, i := range d.Folded {
			folded[i] = true
		}
		for i, e := range g.Edges {
			if !folded[int32(i)] && right(d, e.From) >= left(d, e.To) {
				t.Fatalf("edge %d goes left inside of a strip", i)
			}
		}
		disjoint(t, "groups", d.Boxes)
		if diff := cmp.Diff(d, compute(t, g)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestBadGraphsAreRefused(t *testing.T) {
	for _, c := range []struct {
		reason string
		graph  layout.Graph
		want   string
	}{
		{"an edge names a node that is not there", layout.Graph{Nodes: make([]layout.Node, 1), Edges: []layout.Edge{{0, 1}}},
			"layout: edge 0 leads from node 0 to node 1 of 1 nodes"},
		{"a group below none", layout.Graph{Nodes: []layout.Node{{Group: -2}}}, "layout: node 0 has group -2"},
		{"a negative width", layout.Graph{Nodes: []layout.Node{{Width: -1}}}, "layout: node 0 has width -1"},
	} {
		if _, err := layout.Compute(c.graph); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.reason, err, c.want)
		}
	}
}

// TestDeepFansStayBounded draws a chain whose every node also leads to the last
// one: with a slot for each of its edges it would need 50 million.
func TestDeepFansStayBounded(t *testing.T) {
	const n = 10_000
	g := layout.Graph{}
	for i := range int32(n) {
		g.Nodes = append(g.Nodes, layout.Node{Group: layout.NoGroup})
		if i > 0 {
			g.Edges = append(g.Edges, layout.Edge{From: i - 1, To: i}, layout.Edge{From: i - 1, To: n - 1})
		}
	}
	slots := 0
	for _, trunk := range compute(t, g).Trunks {
		slots += len(trunk.Y)
	}
	if slots > 400_000 {
		t.Errorf("%d slots", slots)
	}
}

func left(d *layout.Drawing, v int32) int32 { return d.Columns[d.Nodes[v].Column].X }

func right(d *layout.Drawing, v int32) int32 {
	c := d.Columns[d.Nodes[v].Column]
	return c.X + c.Width
}

func nodeBox(d *layout.Drawing, v int32) layout.Box {
	c := d.Columns[d.Nodes[v].Column]
	return layout.Box{Group: v, X: c.X, Y: d.Nodes[v].Y, Width: c.Width, Height: layout.NodeHeight}
}

func disjoint(t rapid.TB, what string, boxes []layout.Box) {
	for i, a := range boxes {
		for _, b := range boxes[:i] {
			if overlap(a, b) {
				t.Fatalf("%s overlap: %+v and %+v", what, a, b)
			}
		}
	}
}

func overlap(a, b layout.Box) bool {
	return a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height
}

func contains(a, b layout.Box) bool {
	return a.X <= b.X && a.Y <= b.Y && b.X+b.Width <= a.X+a.Width && b.Y+b.Height <= a.Y+a.Height
}

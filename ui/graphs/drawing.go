package graphs

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"rivers.io/ui/layout"
)

// Text is measured in pixels of the interface's font, roughly: the browser cuts
// names that turn out longer.
const (
	letterWidth = 7.4
	padding     = 58
	maxWidth    = 300
)

// graph returns the topology as the layout sees it, and the names of its groups.
func (t *Topology) graph() (layout.Graph, []string) {
	g := layout.Graph{Nodes: make([]layout.Node, len(t.Nodes)), Edges: make([]layout.Edge, len(t.Edges))}
	index := make(map[string]int32)
	var groups []string
	for i, n := range t.Nodes {
		g.Nodes[i] = layout.Node{Group: layout.NoGroup, Width: width(n)}
		if n.Group == "" || n.Collapsed {
			continue
		}
		at, ok := index[n.Group]
		if !ok {
			at = int32(len(groups))
			index[n.Group] = at
			groups = append(groups, n.Group)
		}
		g.Nodes[i].Group = at
	}
	for i, e := range t.Edges {
		g.Edges[i] = layout.Edge{From: e.From, To: e.To}
	}
	return g, groups
}

func width(n Node) int32 {
	letters := utf8.RuneCountInString(n.Name)
	badges := 0
	for _, k := range n.Kinds {
		badges += utf8.RuneCountInString(k) + 3
	}
	if n.Partitions != "" {
		badges += utf8.RuneCountInString(n.Partitions) + 3
	}
	if n.Collapsed {
		badges = len(strconv.Itoa(len(n.Declared))) + len(" assets")
	}
	return min(maxWidth, int32(float64(max(letters, badges*6/7))*letterWidth)+padding)
}

// uniqueIndex collects distinct values in the order they are first seen.
type uniqueIndex[T any] struct {
	values []T
	at     map[string]int32
}

func (u *uniqueIndex[T]) add(key string, value T) int32 {
	if u.at == nil {
		u.at = make(map[string]int32)
	}
	i, ok := u.at[key]
	if !ok {
		i = int32(len(u.values))
		u.at[key] = i
		u.values = append(u.values, value)
	}
	return i
}

// deltas replaces each number by its difference from the one before it, which
// are small and repeat, so that they compress well.
func deltas(numbers []int32) []int32 {
	out := slices.Clone(numbers)
	for i := len(out) - 1; i > 0; i-- {
		out[i] -= out[i-1]
	}
	return out
}

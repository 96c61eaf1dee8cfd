package asset

import "slices"

// Ancestors returns the assets that i depends on over at most depth edges, in
// plan order and without i; a negative depth means without limit.
func (g *Graph) Ancestors(i, depth int) []int { return g.reach(i, depth, g.up) }

// Descendants returns the assets that depend on i over at most depth edges, in
// plan order and without i; a negative depth means without limit.
func (g *Graph) Descendants(i, depth int) []int { return g.reach(i, depth, g.down) }

func (g *Graph) reach(i, depth int, along edges) []int {
	seen := map[int]bool{i: true}
	var found []int
	for level := []int{i}; len(level) > 0 && depth != 0; depth-- {
		var next []int
		for _, from := range level {
			for _, e := range along.of(from) {
				if !seen[e.Asset] {
					seen[e.Asset] = true
					next = append(next, e.Asset)
				}
			}
		}
		found = append(found, next...)
		level = next
	}
	g.sortByPlan(found)
	return found
}

// sortByPlan sorts assets into plan order.
func (g *Graph) sortByPlan(assets []int) {
	slices.SortFunc(assets, func(a, b int) int { return int(g.rank[a]) - int(g.rank[b]) })
}

// Neighbourhood is the part of the graph around one asset.
type Neighbourhood struct {
	// Assets are the asset itself and what was reached, in plan order.
	Assets []int
	// Links are all edges between them.
	Links []Link
	// MoreUp and MoreDown list the assets that have upstreams or downstreams
	// outside of Assets, in plan order.
	MoreUp, MoreDown []int
}

// Link is one edge: To consumes From by its input number Input.
type Link struct{ From, To, Input int }

// Neighbourhood returns the assets within up edges upstream and down edges
// downstream of asset i; negative depths mean without limit.
func (g *Graph) Neighbourhood(i, up, down int) Neighbourhood {
	assets := append([]int{i}, g.Ancestors(i, up)...)
	return g.Among(append(assets, g.Descendants(i, down)...))
}

// Among returns the given assets and all edges between them.
func (g *Graph) Among(assets []int) Neighbourhood {
	n := Neighbourhood{Assets: slices.Clone(assets)}
	g.sortByPlan(n.Assets)
	inside := make(map[int]bool, len(n.Assets))
	for _, i := range n.Assets {
		inside[i] = true
	}
	outside := func(e Edge) bool { return !inside[e.Asset] }
	for _, i := range n.Assets {
		for _, e := range g.up.of(i) {
			if inside[e.Asset] {
				n.Links = append(n.Links, Link{From: e.Asset, To: i, Input: e.Input})
			}
		}
		if slices.ContainsFunc(g.up.of(i), outside) {
			n.MoreUp = append(n.MoreUp, i)
		}
		if slices.ContainsFunc(g.down.of(i), outside) {
			n.MoreDown = append(n.MoreDown, i)
		}
	}
	return n
}

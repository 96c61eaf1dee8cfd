package layout

// part is one component: nodes that are connected by edges or by a group, and
// the edges between them, both in terms of the whole graph.
type part struct {
	nodes []int32
	edges []Edge
	// loose parts are the nodes that have neither edges nor a group.
	loose bool
}

// components splits the graph, ordered by first node; the loose nodes come last
// as one part.
func components(g Graph, edges []Edge) []part {
	parent := unite(g, edges)
	degree := make([]int32, len(g.Nodes))
	for _, e := range edges {
		degree[e.From]++
		degree[e.To]++
	}
	var parts []part
	var loose part
	of := make([]int32, len(g.Nodes))
	at := make(map[int32]int32)
	for v, node := range g.Nodes {
		if degree[v] == 0 && node.Group == NoGroup {
			loose.nodes = append(loose.nodes, int32(v))
			continue
		}
		root := find(parent, int32(v))
		i, ok := at[root]
		if !ok {
			i = int32(len(parts))
			at[root] = i
			parts = append(parts, part{})
		}
		of[v] = i
		parts[i].nodes = append(parts[i].nodes, int32(v))
	}
	for _, e := range edges {
		p := &parts[of[e.From]]
		p.edges = append(p.edges, e)
	}
	if len(loose.nodes) > 0 {
		loose.loose = true
		parts = append(parts, loose)
	}
	return parts
}

func unite(g Graph, edges []Edge) []int32 {
	parent := make([]int32, len(g.Nodes))
	for v := range parent {
		parent[v] = int32(v)
	}
	join := func(a, b int32) {
		a, b = find(parent, a), find(parent, b)
		parent[max(a, b)] = min(a, b)
	}
	for _, e := range edges {
		join(e.From, e.To)
	}
	first := make(map[int32]int32)
	for v, node := range g.Nodes {
		if node.Group == NoGroup {
			continue
		}
		if w, ok := first[node.Group]; ok {
			join(int32(v), w)
		} else {
			first[node.Group] = int32(v)
		}
	}
	return parent
}

func find(parent []int32, v int32) int32 {
	for parent[v] != v {
		parent[v] = parent[parent[v]]
		v = parent[v]
	}
	return v
}

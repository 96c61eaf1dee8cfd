package layout

import "slices"

// Extents are the heights that things take in a column, gaps included. They are
// even, so that centers are whole pixels.
const (
	nodeExtent = NodeHeight + 20
	slotExtent = 14
	// labelPad and boxPad lie between a box and its members, boxGap around it.
	labelPad = 20
	boxPad   = 4
	boxGap   = 18
)

// tissue is one component made ready for sweeping: its vertices are nodes first,
// then the slots of trunks, then one placeholder for every column that a block
// spans without having a member in it; edges join neighbouring columns.
type tissue struct {
	nodes  int
	layer  []int32
	block  []int32
	extent []float64
	in     csr
	out    csr
	// columns hold the vertices of each layer from top to bottom.
	columns [][]int32
	// position is a vertex's index in its column.
	position []int32
	blocks   []block
	routes   []route
	// slot is the first vertex of each route.
	slot []int32
}

// block is a group inside of a component.
type block struct {
	// group is the group that is drawn, or NoGroup for loose nodes.
	group       int32
	first, last int32
	members     []int32
	// key orders the blocks in every column.
	key float64
	// top and height are its place, pads included.
	top, height float64
}

// weave prepares one component of g.
func weave(g Graph, p part) *tissue {
	local := make(map[int32]int32, len(p.nodes))
	for i, v := range p.nodes {
		local[v] = int32(i)
	}
	edges := make([]Edge, len(p.edges))
	for i, e := range p.edges {
		edges[i] = Edge{local[e.From], local[e.To]}
	}
	t := &tissue{nodes: len(p.nodes)}
	t.assignBlocks(g, p)
	t.layer = layers(t.nodes, edges, t.block)
	t.extent = slices.Repeat([]float64{nodeExtent}, t.nodes)
	edges = t.insertSlots(edges)
	t.insertPlaceholders()
	t.out = newCSR(len(t.layer), edges)
	t.in = newCSR(len(t.layer), flip(edges))
	t.fillColumns()
	return t
}

func (t *tissue) assignBlocks(g Graph, p part) {
	t.block = make([]int32, t.nodes)
	at := make(map[int32]int32)
	for i, v := range p.nodes {
		group := g.Nodes[v].Group
		if group == NoGroup && !p.loose {
			t.block[i] = -1
			continue
		}
		b, ok := at[group]
		if !ok {
			b = int32(len(t.blocks))
			at[group] = b
			t.blocks = append(t.blocks, block{group: group})
		}
		t.block[i] = b
		t.blocks[b].members = append(t.blocks[b].members, int32(i))
	}
}

func (t *tissue) addVertex(layer, block int32, extent float64) int32 {
	t.layer = append(t.layer, layer)
	t.block = append(t.block, block)
	t.extent = append(t.extent, extent)
	return int32(len(t.layer) - 1)
}

// insertSlots replaces long edges by chains through the slots of their trunk.
func (t *tissue) insertSlots(edges []Edge) []Edge {
	found, used := routes(edges, t.layer[:t.nodes], t.block[:t.nodes])
	t.routes = found
	t.slot = make([]int32, len(found))
	short := make([]Edge, 0, len(edges))
	for i, r := range found {
		before := r.from
		for k := range r.length {
			v := t.addVertex(t.layer[r.from]+1+k, r.block, slotExtent)
			if k == 0 {
				t.slot[i] = v
			}
			short = append(short, Edge{before, v})
			before = v
		}
	}
	for i, e := range edges {
		span := t.layer[e.To] - t.layer[e.From]
		switch {
		case span == 1:
			short = append(short, e)
		case used[i] >= 0:
			short = append(short, Edge{t.slot[used[i]] + span - 2, e.To})
		}
	}
	return short
}

// insertPlaceholders makes every block present in each column that it spans, so
// that nothing else is placed inside of its box.
func (t *tissue) insertPlaceholders() {
	for b := range t.blocks {
		members := t.blocks[b].members
		first, last := t.layer[members[0]], t.layer[members[0]]
		for _, v := range members {
			first, last = min(first, t.layer[v]), max(last, t.layer[v])
		}
		t.blocks[b].first, t.blocks[b].last = first, last
		taken := make([]bool, last-first+1)
		for _, v := range members {
			taken[t.layer[v]-first] = true
		}
		for i, has := range taken {
			if !has {
				t.addVertex(first+int32(i), int32(b), 0)
			}
		}
	}
}

// fillColumns puts the vertices into their columns in the order they were made,
// blocks in the order of their first member.
func (t *tissue) fillColumns() {
	count := slices.Max(t.layer) + 1
	t.columns = make([][]int32, count)
	for v, l := range t.layer {
		t.columns[l] = append(t.columns[l], int32(v))
	}
	t.position = make([]int32, len(t.layer))
	for _, column := range t.columns {
		t.number(column)
	}
	for b := range t.blocks {
		sum := 0.0
		for _, v := range t.blocks[b].members {
			sum += t.rank(v)
		}
		t.blocks[b].key = sum / float64(len(t.blocks[b].members))
	}
}

func (t *tissue) number(column []int32) {
	for i, v := range column {
		t.position[v] = int32(i)
	}
}

// rank is the height of v in its column, from 0 to 1.
func (t *tissue) rank(v int32) float64 {
	return (float64(t.position[v]) + 0.5) / float64(len(t.columns[t.layer[v]]))
}

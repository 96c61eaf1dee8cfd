package layout

import "math"

const positionSweeps = 8

// placer moves the vertices of an ordered tissue up and down.
//
// Two promises hold from the first place on: vertices of a column keep their
// order with their extents between them, and a block's box holds its members in
// all columns that it spans and nothing else.
type placer struct {
	t *tissue
	// center is the height of each vertex.
	center []float64
	// before and after are what separates a block from the blocks next to it.
	before, after [][]separation
	// rank holds the blocks from top to bottom.
	rank []int32
	run  run
}

// separation is the least distance between the boxes of two blocks that are
// neighbours in some column.
type separation struct {
	block    int32
	distance float64
}

// place gives every vertex its final height.
func (t *tissue) place() []float64 {
	p := &placer{t: t, center: make([]float64, len(t.layer))}
	p.measure()
	p.separate()
	p.stack()
	for l := range t.columns {
		p.settle(l, none)
	}
	for i := range positionSweeps {
		look := left
		if i%2 == 1 {
			look = right
		}
		if i >= positionSweeps-2 {
			look = both
		}
		p.moveBlocks(i%2 == 0)
		p.sweep(look)
	}
	return p.center
}

// side says which neighbours a vertex is drawn to.
type side int

const (
	none side = iota
	left
	right
	both
)

func (p *placer) sweep(look side) {
	n := len(p.t.columns)
	for i := range n {
		if look == right {
			p.settle(n-1-i, look)
		} else {
			p.settle(i, look)
		}
	}
}

// settle solves one column: each stretch between two boxes, and the inside of
// each box.
func (p *placer) settle(l int, look side) {
	column := p.t.columns[l]
	upper := math.Inf(-1)
	for i := 0; i < len(column); {
		b := p.t.block[column[i]]
		j := i
		for j < len(column) && p.t.block[column[j]] == b {
			j++
		}
		if b >= 0 {
			blk := &p.t.blocks[b]
			p.solve(column[i:j], blk.top+labelPad, blk.top+blk.height-boxPad, look)
			upper = blk.top + blk.height + boxGap
		} else {
			lower := math.Inf(1)
			if j < len(column) {
				lower = p.t.blocks[p.t.block[column[j]]].top - boxGap
			}
			p.solve(column[i:j], upper, lower, look)
		}
		i = j
	}
}

// solve places vertices that follow each other as near to what they are drawn
// to as their order and the bounds allow.
func (p *placer) solve(vertices []int32, upper, lower float64, look side) {
	p.run.reset()
	for _, v := range vertices {
		want, weight := p.pull(v, look)
		p.run.add(want, weight, p.t.extent[v])
	}
	for i, c := range p.run.solve(upper, lower) {
		p.center[vertices[i]] = c
	}
}

// pull is the height that v is drawn to, and how strongly. Slots pull harder on
// each other, so that long edges are straight.
func (p *placer) pull(v int32, look side) (want, weight float64) {
	if look == left || look == both {
		for _, w := range p.t.in.of(v) {
			k := p.stiffness(v, w)
			want, weight = want+k*p.center[w], weight+k
		}
	}
	if look == right || look == both {
		for _, w := range p.t.out.of(v) {
			k := p.stiffness(v, w)
			want, weight = want+k*p.center[w], weight+k
		}
	}
	if weight == 0 {
		return p.center[v], 0.1
	}
	return want / weight, weight
}

func (p *placer) stiffness(v, w int32) float64 {
	nodes := int32(p.t.nodes)
	switch {
	case v >= nodes && w >= nodes:
		return 8
	case v >= nodes || w >= nodes:
		return 2
	default:
		return 1
	}
}

package layout

import (
	"math"
	"slices"
)

// measure finds the height of every box: its fullest column.
func (p *placer) measure() {
	t := p.t
	for _, column := range t.columns {
		for i := 0; i < len(column); {
			b := t.block[column[i]]
			sum := 0.0
			for ; i < len(column) && t.block[column[i]] == b; i++ {
				sum += t.extent[column[i]]
			}
			if b >= 0 {
				t.blocks[b].height = max(t.blocks[b].height, sum+labelPad+boxPad)
			}
		}
	}
}

// separate collects which blocks are neighbours in some column and how far apart
// their boxes must stay, and ranks the blocks from top to bottom.
func (p *placer) separate() {
	t := p.t
	p.before = make([][]separation, len(t.blocks))
	p.after = make([][]separation, len(t.blocks))
	for _, column := range t.columns {
		last, between := int32(-1), 0.0
		for i, v := range column {
			b := t.block[v]
			if b < 0 {
				between += t.extent[v]
				continue
			}
			if i > 0 && t.block[column[i-1]] == b {
				continue
			}
			if last >= 0 {
				p.before[b] = widen(p.before[b], last, between+boxGap)
				p.after[last] = widen(p.after[last], b, between+boxGap)
			}
			last, between = b, boxGap
		}
	}
	p.rankBlocks()
}

// widen keeps the largest distance to a block.
func widen(list []separation, b int32, distance float64) []separation {
	for i := range list {
		if list[i].block == b {
			list[i].distance = max(list[i].distance, distance)
			return list
		}
	}
	return append(list, separation{b, distance})
}

// rankBlocks orders the blocks as all columns have them.
func (p *placer) rankBlocks() {
	p.rank = make([]int32, len(p.t.blocks))
	for b := range p.rank {
		p.rank[b] = int32(b)
	}
	slices.SortStableFunc(p.rank, func(a, b int32) int {
		switch x, y := p.t.blocks[a].key, p.t.blocks[b].key; {
		case x < y:
			return -1
		case x > y:
			return 1
		default:
			return 0
		}
	})
}

// stack gives the boxes their first places, as far up as their neighbours above
// allow.
func (p *placer) stack() {
	for _, b := range p.rank {
		top := 0.0
		for _, s := range p.before[b] {
			above := &p.t.blocks[s.block]
			top = max(top, above.top+above.height+s.distance)
		}
		p.t.blocks[b].top = top
	}
}

// moveBlocks draws every box towards what its members are joined to, as far as
// the boxes next to it allow.
func (p *placer) moveBlocks(down bool) {
	for i := range p.rank {
		b := p.rank[i]
		if down {
			b = p.rank[len(p.rank)-1-i]
		}
		p.moveBlock(b)
	}
}

func (p *placer) moveBlock(b int32) {
	t := p.t
	blk := &t.blocks[b]
	shift, weight := 0.0, 0.0
	for _, v := range blk.members {
		for _, side := range [2]csr{t.in, t.out} {
			for _, w := range side.of(v) {
				if t.block[w] != b {
					shift += p.center[w] - p.center[v]
					weight++
				}
			}
		}
	}
	if weight == 0 {
		return
	}
	upper, lower := math.Inf(-1), math.Inf(1)
	for _, s := range p.before[b] {
		above := &t.blocks[s.block]
		upper = max(upper, above.top+above.height+s.distance)
	}
	for _, s := range p.after[b] {
		lower = min(lower, t.blocks[s.block].top-s.distance-blk.height)
	}
	top := max(min(math.Round(blk.top+shift/weight), lower), upper)
	for _, v := range blk.members {
		p.center[v] += top - blk.top
	}
	blk.top = top
}

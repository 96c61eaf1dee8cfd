package layout

import (
	"cmp"
	"slices"
)

const (
	orderSweeps = 24
	// patience is the number of sweeps without improvement that ends the search.
	patience = 6
)

// order sorts the columns for few crossings by at most some sweeps, and returns
// their number. In every
// column the members of a block stand together, and all columns have the blocks
// in one order.
func (t *tissue) order(sweeps int) int64 {
	s := sorter{t: t, want: make([]float64, len(t.layer))}
	s.sweep(true)
	best, saved := t.crossings(), t.save()
	idle := 0
	for i := 1; i < sweeps && idle < patience && best > 0; i++ {
		s.rankBlocks()
		s.sweep(i%2 == 0)
		if now := t.crossings(); now < best {
			best, saved, idle = now, t.save(), 0
		} else {
			idle++
		}
	}
	t.restore(saved)
	return t.transpose(best)
}

// sorter holds what one sweep needs.
type sorter struct {
	t     *tissue
	want  []float64
	items []item
}

// item is a vertex with what it is sorted by: the key of its block (its own
// when it has none), then its own.
type item struct {
	outer, inner float64
	block        int32
	position     int32
	vertex       int32
}

// sweep sorts all columns from left to right by predecessors, or from right to
// left by successors.
func (s *sorter) sweep(right bool) {
	n := len(s.t.columns)
	for i := range n {
		if right {
			s.sort(i, s.t.in)
		} else {
			s.sort(n-1-i, s.t.out)
		}
	}
}

func (s *sorter) sort(l int, neighbours csr) {
	t := s.t
	column := t.columns[l]
	s.items = s.items[:0]
	for _, v := range column {
		want := t.meanRank(neighbours.of(v), t.rank(v))
		it := item{outer: want, inner: want, block: t.block[v], position: t.position[v], vertex: v}
		if it.block >= 0 {
			it.outer = t.blocks[it.block].key
		}
		s.items = append(s.items, it)
	}
	slices.SortFunc(s.items, func(a, b item) int {
		return cmp.Or(
			cmp.Compare(a.outer, b.outer), cmp.Compare(a.block, b.block),
			cmp.Compare(a.inner, b.inner), cmp.Compare(a.position, b.position))
	})
	for i, it := range s.items {
		column[i] = it.vertex
	}
	t.number(column)
}

func (t *tissue) meanRank(of []int32, otherwise float64) float64 {
	if len(of) == 0 {
		return otherwise
	}
	sum := 0.0
	for _, w := range of {
		sum += t.rank(w)
	}
	return sum / float64(len(of))
}

// rankBlocks moves the key of each block towards what its members are joined to
// outside of it.
func (s *sorter) rankBlocks() {
	t := s.t
	if len(t.blocks) < 2 {
		return
	}
	keys := make([]float64, len(t.blocks))
	for b := range t.blocks {
		own, pull, n := 0.0, 0.0, 0
		for _, v := range t.blocks[b].members {
			own += t.rank(v)
			for _, side := range [2]csr{t.in, t.out} {
				for _, w := range side.of(v) {
					if t.block[w] != int32(b) {
						pull += t.rank(w)
						n++
					}
				}
			}
		}
		keys[b] = own / float64(len(t.blocks[b].members))
		if n > 0 {
			keys[b] = 0.3*keys[b] + 0.7*pull/float64(n)
		}
	}
	for b := range t.blocks {
		t.blocks[b].key = keys[b]
	}
}

// snapshot is an order that can be gone back to.
type snapshot struct {
	columns [][]int32
	keys    []float64
}

func (t *tissue) save() snapshot {
	s := snapshot{columns: make([][]int32, len(t.columns)), keys: make([]float64, len(t.blocks))}
	for i, column := range t.columns {
		s.columns[i] = slices.Clone(column)
	}
	for i, b := range t.blocks {
		s.keys[i] = b.key
	}
	return s
}

func (t *tissue) restore(s snapshot) {
	for i, column := range s.columns {
		copy(t.columns[i], column)
		t.number(column)
	}
	for i, key := range s.keys {
		t.blocks[i].key = key
	}
}

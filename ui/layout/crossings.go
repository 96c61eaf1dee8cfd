package layout

import "slices"

// transposeLimit bounds the vertices of a component whose neighbours are also
// exchanged one by one: pictures that a person sees whole.
const transposeLimit = 3000

// crossings counts the pairs of edges between neighbouring columns that cross.
func (t *tissue) crossings() int64 {
	var total int64
	var tree fenwick
	var ends []int32
	for l := 0; l+1 < len(t.columns); l++ {
		tree.reset(len(t.columns[l+1]))
		seen := int64(0)
		for _, v := range t.columns[l] {
			ends = ends[:0]
			for _, w := range t.out.of(v) {
				ends = append(ends, t.position[w])
			}
			for _, p := range ends {
				total += seen - tree.upTo(p)
			}
			for _, p := range ends {
				tree.add(p)
			}
			seen += int64(len(ends))
		}
	}
	return total
}

// fenwick counts positions and tells how many are not above one.
type fenwick struct{ sums []int32 }

func (f *fenwick) reset(n int) {
	f.sums = slices.Grow(f.sums[:0], n+1)[:n+1]
	clear(f.sums)
}

func (f *fenwick) add(p int32) {
	for i := int(p) + 1; i < len(f.sums); i += i & -i {
		f.sums[i]++
	}
}

func (f *fenwick) upTo(p int32) int64 {
	n := int64(0)
	for i := int(p) + 1; i > 0; i -= i & -i {
		n += int64(f.sums[i])
	}
	return n
}

// transpose exchanges neighbours in a column while that saves crossings, and
// returns the crossings left of those given.
func (t *tissue) transpose(crossings int64) int64 {
	if len(t.layer) > transposeLimit {
		return crossings
	}
	for range orderSweeps {
		saved := int64(0)
		for _, column := range t.columns {
			for i := 0; i+1 < len(column); i++ {
				if t.block[column[i]] != t.block[column[i+1]] && (t.block[column[i]] >= 0 || t.block[column[i+1]] >= 0) {
					continue
				}
				if gain := t.gain(column[i], column[i+1]); gain > 0 {
					column[i], column[i+1] = column[i+1], column[i]
					t.position[column[i]], t.position[column[i+1]] = int32(i), int32(i+1)
					saved += gain
				}
			}
		}
		crossings -= saved
		if saved == 0 {
			break
		}
	}
	return crossings
}

// gain is the number of crossings saved when v changes places with w below it.
func (t *tissue) gain(v, w int32) int64 {
	return t.inversions(t.in.of(v), t.in.of(w)) + t.inversions(t.out.of(v), t.out.of(w))
}

func (t *tissue) inversions(above, below []int32) int64 {
	n := int64(0)
	for _, a := range above {
		for _, b := range below {
			switch {
			case t.position[a] > t.position[b]:
				n++
			case t.position[a] < t.position[b]:
				n--
			}
		}
	}
	return n
}

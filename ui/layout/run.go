package layout

// run solves one stretch of a column: given what each vertex wants, it finds the
// heights with the least weighted squared distance that keep the order and the
// extents (isotonic regression by pooling neighbours that are in each other's
// way).
type run struct {
	offset  []float64
	pools   []pool
	height  float64
	centers []float64
}

// pool is a stretch of vertices that stand without a gap.
type pool struct {
	sum, weight float64
	count       int
}

func (p pool) mean() float64 { return p.sum / p.weight }

func (r *run) reset() {
	r.offset, r.pools, r.height = r.offset[:0], r.pools[:0], 0
}

func (r *run) add(want, weight, extent float64) {
	offset := r.height + extent/2
	r.offset = append(r.offset, offset)
	r.height += extent
	next := pool{sum: (want - offset) * weight, weight: weight, count: 1}
	for len(r.pools) > 0 && r.pools[len(r.pools)-1].mean() >= next.mean() {
		last := r.pools[len(r.pools)-1]
		r.pools = r.pools[:len(r.pools)-1]
		next.sum += last.sum
		next.weight += last.weight
		next.count += last.count
	}
	r.pools = append(r.pools, next)
}

// solve returns the centers inside of the bounds, which must be far enough
// apart. The slice is valid until the next reset.
func (r *run) solve(upper, lower float64) []float64 {
	r.centers = r.centers[:0]
	for _, p := range r.pools {
		at := max(min(p.mean(), lower-r.height), upper)
		for range p.count {
			r.centers = append(r.centers, at+r.offset[len(r.centers)])
		}
	}
	return r.centers
}

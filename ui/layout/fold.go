package layout

import "math"

const (
	// foldAbove is the number of nodes above which a component may be folded,
	// and foldAspect the height per width: less is read as it is.
	foldAbove  = 300
	foldAspect = 2.5
	// foldSweeps are enough to find which groups belong beside each other.
	foldSweeps = 8
)

// mayFold tells whether the component is large enough to be folded.
func (p part) mayFold() bool { return len(p.nodes) >= foldAbove && !p.loose }

// fold cuts a component that would be far higher than wide between its groups
// into strips, which stand side by side like the columns of a newspaper. It
// returns nil when the component is better left whole: a good shape, one group,
// or mostly nodes without a group.
func (t *tissue) fold(g Graph, p part) []part {
	if len(t.blocks) < 2 {
		return nil
	}
	grouped := 0
	for _, b := range t.blocks {
		grouped += len(b.members)
	}
	if 2*grouped < t.nodes {
		return nil
	}
	width, height := t.size(g, p)
	if height < foldAspect*width {
		return nil
	}
	t.order(foldSweeps)
	count := min(len(t.blocks), int(math.Ceil(math.Sqrt(pictureAspect*height/width))))
	return t.cut(p, t.strips(count), count)
}

// size is about how large the component would be in one piece.
func (t *tissue) size(g Graph, p part) (width, height float64) {
	for _, column := range t.columns {
		widest, sum := int32(0), 0.0
		for _, v := range column {
			sum += t.extent[v]
			if int(v) < t.nodes {
				widest = max(widest, g.Nodes[p.nodes[v]].Width)
			}
		}
		width += float64(widest) + minGap
		height = max(height, sum)
	}
	return width, height
}

// strips gives each node one of count strips: blocks in their order, so that
// every strip is about as high, and nodes without a group beside a neighbour.
func (t *tissue) strips(count int) []int32 {
	p := &placer{t: t, center: make([]float64, len(t.layer))}
	p.measure()
	p.rankBlocks()
	total := 0.0
	for _, b := range t.blocks {
		total += b.height
	}
	of := make([]int32, t.nodes)
	for i := range of {
		of[i] = -1
	}
	sum := 0.0
	for _, b := range p.rank {
		middle := sum + t.blocks[b].height/2
		strip := min(int32(middle/total*float64(count)), int32(count-1))
		for _, v := range t.blocks[b].members {
			of[v] = strip
		}
		sum += t.blocks[b].height
	}
	t.followNeighbours(of)
	return of
}

// followNeighbours gives nodes without a strip the one of a neighbour, from left
// to right and back, and the first one to what is left.
func (t *tissue) followNeighbours(of []int32) {
	n := len(t.columns)
	for i := range 2 * n {
		l, side := i, t.in
		if i >= n {
			l, side = 2*n-1-i, t.out
		}
		for _, v := range t.columns[l] {
			if int(v) >= t.nodes || of[v] >= 0 {
				continue
			}
			for _, w := range side.of(v) {
				if int(w) < t.nodes && of[w] >= 0 {
					of[v] = of[w]
					break
				}
			}
		}
	}
	for v := range of {
		of[v] = max(of[v], 0)
	}
}

// cut divides a component; edges between strips are in none of them.
func (t *tissue) cut(p part, of []int32, count int) []part {
	strips := make([]part, count)
	at := make(map[int32]int32, len(p.nodes))
	for i, v := range p.nodes {
		strips[of[i]].nodes = append(strips[of[i]].nodes, v)
		at[v] = of[i]
	}
	for _, e := range p.edges {
		if s := at[e.From]; s == at[e.To] {
			strips[s].edges = append(strips[s].edges, e)
		}
	}
	kept := strips[:0]
	for _, s := range strips {
		if len(s.nodes) > 0 {
			kept = append(kept, s)
		}
	}
	return kept
}

// markFolded lists the edges between strips.
func (d *Drawing) markFolded(g Graph, tiles []tile) {
	strip := make([]int32, len(g.Nodes))
	for i, t := range tiles {
		for _, v := range t.part.nodes {
			strip[v] = int32(i)
		}
	}
	for i, e := range g.Edges {
		if strip[e.From] != strip[e.To] {
			d.Folded = append(d.Folded, int32(i))
		}
	}
}

package layout

import (
	"cmp"
	"math"
	"slices"
)

const (
	// pictureAspect is the width per height that packing aims at.
	pictureAspect = 1.7
	tileGap       = 36
)

// pack places tiles in rows, the largest first and loose nodes last, so that the
// whole picture is about as wide as a screen.
func pack(tiles []tile) {
	order := make([]int, len(tiles))
	area, widest := 0.0, int32(0)
	for i, t := range tiles {
		order[i] = i
		area += float64(t.width+tileGap) * float64(t.height+tileGap)
		widest = max(widest, t.width)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &tiles[a], &tiles[b]
		return cmp.Or(compareBool(x.part.loose, y.part.loose), cmp.Compare(y.height, x.height),
			cmp.Compare(y.width, x.width), cmp.Compare(a, b))
	})
	limit := max(widest, int32(math.Sqrt(area*pictureAspect)))
	var x, y, row int32
	for _, i := range order {
		t := &tiles[i]
		if x > 0 && x+t.width > limit {
			x, y, row = 0, y+row+tileGap, 0
		}
		t.x, t.y = x, y
		x += t.width + tileGap
		row = max(row, t.height)
	}
}

// sort orders what the drawing lists as its fields say.
func (d *Drawing) sort() {
	slices.SortFunc(d.Trunks, func(a, b Trunk) int {
		return cmp.Or(cmp.Compare(a.From, b.From), compareBool(b.Inner, a.Inner))
	})
	slices.SortFunc(d.Boxes, func(a, b Box) int { return cmp.Compare(a.Group, b.Group) })
}

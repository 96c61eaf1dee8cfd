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

// shelf is a component with its strips side by side.
type shelf struct {
	tiles         []tile
	width, height int32
}

// shelves puts the tiles of one component, which follow each other, together.
func shelves(tiles []tile) []shelf {
	var out []shelf
	for i := 0; i < len(tiles); {
		j := i
		var s shelf
		for ; j < len(tiles) && tiles[j].component == tiles[i].component; j++ {
			if j > i {
				s.width += tileGap * 2
			}
			tiles[j].x = s.width
			s.width += tiles[j].width
			s.height = max(s.height, tiles[j].height)
		}
		s.tiles = tiles[i:j]
		out = append(out, s)
		i = j
	}
	return out
}

// pack places components in rows, the highest first and loose nodes last, so
// that the whole picture is about as wide as a screen.
func pack(tiles []tile) {
	all := shelves(tiles)
	area, widest := 0.0, int32(0)
	for _, s := range all {
		area += float64(s.width+tileGap) * float64(s.height+tileGap)
		widest = max(widest, s.width)
	}
	slices.SortStableFunc(all, func(a, b shelf) int {
		return cmp.Or(compareBool(a.tiles[0].part.loose, b.tiles[0].part.loose), cmp.Compare(b.height, a.height),
			cmp.Compare(b.width, a.width), cmp.Compare(a.tiles[0].component, b.tiles[0].component))
	})
	limit := max(widest, int32(math.Sqrt(area*pictureAspect)))
	var x, y, row int32
	for _, s := range all {
		if x > 0 && x+s.width > limit {
			x, y, row = 0, y+row+tileGap, 0
		}
		for i := range s.tiles {
			s.tiles[i].x += x
			s.tiles[i].y = y
		}
		x += s.width + tileGap
		row = max(row, s.height)
	}
}

// sort orders what the drawing lists as its fields say.
func (d *Drawing) sort() {
	slices.SortFunc(d.Trunks, func(a, b Trunk) int {
		return cmp.Or(cmp.Compare(a.From, b.From), compareBool(b.Inner, a.Inner))
	})
	slices.SortFunc(d.Boxes, func(a, b Box) int { return cmp.Compare(a.Group, b.Group) })
}

package layout

import (
	"fmt"
	"math"
)

// Compute draws a graph. Bad indices are an error that names the node or edge.
func Compute(g Graph) (*Drawing, error) {
	if err := g.validate(); err != nil {
		return nil, fmt.Errorf("layout: %w", err)
	}
	edges, reversed := acyclic(g)
	d := &Drawing{Nodes: make([]Place, len(g.Nodes)), Reversed: reversed}
	var tiles []tile
	for i, p := range components(g, edges) {
		t := weave(g, p)
		crossings := t.order()
		if strips := t.fold(g, p); strips != nil {
			crossings = 0
			for _, strip := range strips {
				t := weave(g, strip)
				crossings += t.order()
				tiles = append(tiles, newTile(g, strip, t, t.place(), i))
				d.Layers = max(d.Layers, len(t.columns))
			}
		} else {
			tiles = append(tiles, newTile(g, p, t, t.place(), i))
			d.Layers = max(d.Layers, len(t.columns))
		}
		d.Crossings += crossings
	}
	pack(tiles)
	for i := range tiles {
		tiles[i].draw(d)
	}
	d.markFolded(g, tiles)
	d.sort()
	return d, nil
}

// Columns keep this distance, more where edges between them are steep.
const (
	minGap       = 88
	maxGap       = 240
	steepness    = 12
	minWidth     = 96
	boxSide      = 18
	emptyColumns = 24
)

// tile is a finished component, or a strip of one, that waits for its place in
// the picture.
type tile struct {
	component     int
	part          part
	tissue        *tissue
	center        []float64
	columns       []Column
	x, y          int32
	width, height int32
	top           float64
}

func newTile(g Graph, p part, t *tissue, center []float64, component int) tile {
	out := tile{component: component, part: p, tissue: t, center: center}
	out.spaceColumns(g)
	top, bottom := math.Inf(1), math.Inf(-1)
	for v := range t.layer {
		half := t.extent[v] / 2
		if half > 0 {
			top, bottom = min(top, center[v]-half), max(bottom, center[v]+half)
		}
	}
	for _, b := range t.blocks {
		top, bottom = min(top, b.top), max(bottom, b.top+b.height)
	}
	out.top = math.Floor(top)
	out.height = int32(math.Ceil(bottom - out.top))
	last := out.columns[len(out.columns)-1]
	out.width = last.X + last.Width + boxSide
	return out
}

// spaceColumns gives each column the width of its widest node, and each gap the
// room that its steepest edge needs.
func (t *tile) spaceColumns(g Graph) {
	w := t.tissue
	t.columns = make([]Column, len(w.columns))
	for i, v := range t.part.nodes {
		c := &t.columns[w.layer[i]]
		c.Width = max(c.Width, g.Nodes[v].Width)
	}
	x := int32(boxSide)
	for l, column := range w.columns {
		c := &t.columns[l]
		if c.Width == 0 {
			c.Width = emptyColumns
		} else {
			c.Width = max(c.Width, minWidth)
		}
		c.X = x
		steep := 0.0
		for _, v := range column {
			for _, n := range w.out.of(v) {
				steep = max(steep, math.Abs(t.center[v]-t.center[n]))
			}
		}
		gap := max(minGap, min(maxGap, minGap+int32(steep/steepness)))
		if t.part.loose {
			gap = minGap / 3
		}
		x += c.Width + gap
	}
}

// draw adds the tile to the picture.
func (t *tile) draw(d *Drawing) {
	base := int32(len(d.Columns))
	for _, c := range t.columns {
		d.Columns = append(d.Columns, Column{X: c.X + t.x, Width: c.Width})
	}
	y := func(at float64) int32 { return int32(math.Round(at-t.top)) + t.y }
	for i, v := range t.part.nodes {
		d.Nodes[v] = Place{Column: base + t.tissue.layer[i], Y: y(t.center[i]) - NodeHeight/2}
	}
	for i, r := range t.tissue.routes {
		trunk := Trunk{From: t.part.nodes[r.from], Inner: r.block != NoGroup, Y: make([]int32, r.length)}
		for k := range trunk.Y {
			trunk.Y[k] = y(t.center[t.tissue.slot[i]+int32(k)])
		}
		d.Trunks = append(d.Trunks, trunk)
	}
	for _, b := range t.tissue.blocks {
		if b.group == NoGroup {
			continue
		}
		from, to := t.columns[b.first], t.columns[b.last]
		d.Boxes = append(d.Boxes, Box{
			Group: b.group, X: from.X + t.x - boxSide, Y: y(b.top),
			Width: to.X + to.Width - from.X + 2*boxSide, Height: int32(math.Round(b.height)),
		})
	}
	d.Width = max(d.Width, t.x+t.width)
	d.Height = max(d.Height, t.y+t.height)
}

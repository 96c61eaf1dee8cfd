package layout

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// Compute draws a graph. Bad indices are an error that names the node or edge.
func Compute(g Graph) (*Drawing, error) {
	if err := g.validate(); err != nil {
		return nil, fmt.Errorf("layout: %w", err)
	}
	edges, reversed := acyclic(g)
	d := &Drawing{Nodes: make([]Place, len(g.Nodes)), Reversed: reversed}
	tiles := drawAll(g, components(g, edges))
	for _, t := range tiles {
		d.Crossings += t.crossings
		d.Layers = max(d.Layers, len(t.columns))
	}
	pack(tiles)
	for i := range tiles {
		tiles[i].draw(d)
	}
	d.markFolded(g, tiles)
	d.sort()
	return d, nil
}

// drawAll lays the components out, each strip of a folded one by itself, on all
// processors; the order of the tiles is that of the components.
func drawAll(g Graph, parts []part) []tile {
	var tiles []tile
	for i, p := range parts {
		pieces := []part{p}
		if p.mayFold() {
			if strips := weave(g, p).fold(g, p); strips != nil {
				pieces = strips
			}
		}
		for _, piece := range pieces {
			tiles = append(tiles, tile{component: i, part: piece})
		}
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(tiles)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(tiles); i = next.Add(1) - 1 {
				tiles[i].compute(g)
			}
		})
	}
	workers.Wait()
	return tiles
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
	crossings     int64
}

// compute lays the tile out by itself.
func (t *tile) compute(g Graph) {
	t.tissue = weave(g, t.part)
	t.crossings = t.tissue.order(orderSweeps)
	t.center = t.tissue.place()
	t.spaceColumns(g)
	t.measure()
}

// measure finds the size of the tile.
func (t *tile) measure() {
	top, bottom := math.Inf(1), math.Inf(-1)
	for v, extent := range t.tissue.extent {
		if extent > 0 {
			top, bottom = min(top, t.center[v]-extent/2), max(bottom, t.center[v]+extent/2)
		}
	}
	for _, b := range t.tissue.blocks {
		top, bottom = min(top, b.top), max(bottom, b.top+b.height)
	}
	t.top = math.Floor(top)
	t.height = int32(math.Ceil(bottom - t.top))
	last := t.columns[len(t.columns)-1]
	t.width = last.X + last.Width + boxSide
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

package graphs

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rivers.io/ui/layout"
)

// Wire is a drawing as the browser gets it: columns of equal length instead of
// objects. Numbers of a field marked delta are differences from the one before.
type Wire struct {
	// Hash is the topology's, Source that of the whole which it is a part of.
	Hash   string `json:"hash"`
	Source string `json:"source"`
	// Size is the picture's width and height in pixels; NodeHeight is every
	// node's.
	Size       [2]int32 `json:"size"`
	NodeHeight int32    `json:"nodeHeight"`
	// Columns are the left edges (delta) and widths of the columns.
	ColumnX     []int32 `json:"columnX"`
	ColumnWidth []int32 `json:"columnWidth"`

	// Of each node: its name, the index of its group (0 is none), of its kinds
	// and of the kind of its partitions, its column (delta) and top edge (delta).
	Names      []string   `json:"names"`
	Groups     []string   `json:"groups"`
	Group      []int32    `json:"group"`
	KindSets   [][]string `json:"kindSets"`
	Kinds      []int32    `json:"kinds"`
	Partitions []string   `json:"partitions"`
	Partition  []int32    `json:"partition"`
	Column     []int32    `json:"column"`
	Y          []int32    `json:"y"`
	// Declared are the positions (delta) of the nodes' assets among all declared
	// ones, one for each node, but for a collapsed group as many as its members;
	// Collapsed lists node, members, node, members …
	Declared  []int32 `json:"declared"`
	Collapsed []int32 `json:"collapsed,omitempty"`

	// Edges, ordered by From (delta) and then To (delta).
	From []int32 `json:"from"`
	To   []int32 `json:"to"`
	// Lineage and Reversed list edges (delta): those that load no value, and
	// those that close a cycle.
	Lineage  []int32 `json:"lineage,omitempty"`
	Reversed []int32 `json:"reversed,omitempty"`

	// Of each trunk: its node (delta), twice as large when it is an outer one
	// and one more when it is an inner one, its length, and one after the other
	// the heights of their ways (delta).
	TrunkNode   []int32 `json:"trunkNode,omitempty"`
	TrunkLength []int32 `json:"trunkLength,omitempty"`
	TrunkY      []int32 `json:"trunkY,omitempty"`

	// Boxes are group, x, y, width and height of each group's rectangle.
	Boxes []int32 `json:"boxes,omitempty"`
	// Focus is the node that a neighbourhood was asked for, and -1 otherwise.
	Focus int32 `json:"focus"`
}

// Drawing is a finished answer.
type Drawing struct {
	// Hash is the topology's hash.
	Hash string
	// JSON is the encoded Wire, and Gzip the same compressed.
	JSON, Gzip []byte
}

// Draw lays a topology out and encodes it. focus is a node, or -1.
func Draw(t *Topology, focus int32) (*Drawing, error) {
	t = t.sorted()
	graph, groups := t.graph()
	d, err := layout.Compute(graph)
	if err != nil {
		return nil, err
	}
	w := Wire{Hash: t.Hash(), Source: t.Source, Size: [2]int32{d.Width, d.Height}, NodeHeight: layout.NodeHeight, Focus: focus}
	w.setNodes(t, graph, d, groups)
	w.setEdges(t, d)
	w.setTrunks(d)
	for _, b := range d.Boxes {
		w.Boxes = append(w.Boxes, b.Group+1, b.X, b.Y, b.Width, b.Height)
	}
	raw, err := json.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("encode drawing: %w", err)
	}
	packed, err := compress(raw)
	if err != nil {
		return nil, err
	}
	return &Drawing{Hash: w.Hash, JSON: raw, Gzip: packed}, nil
}

// sorted returns the topology with its edges ordered by their ends.
func (t *Topology) sorted() *Topology {
	edges := slices.Clone(t.Edges)
	slices.SortStableFunc(edges, func(a, b Edge) int {
		if a.From != b.From {
			return int(a.From) - int(b.From)
		}
		return int(a.To) - int(b.To)
	})
	return &Topology{Nodes: t.Nodes, Edges: edges, Source: t.Source}
}

func (w *Wire) setNodes(t *Topology, g layout.Graph, d *layout.Drawing, groups []string) {
	for _, c := range d.Columns {
		w.ColumnX = append(w.ColumnX, c.X)
		w.ColumnWidth = append(w.ColumnWidth, c.Width)
	}
	w.ColumnX = deltas(w.ColumnX)
	w.Groups = append([]string{""}, groups...)
	var kinds uniqueIndex[[]string]
	var partitions uniqueIndex[string]
	kinds.add("", []string{})
	partitions.add("", "")
	w.Names = make([]string, len(t.Nodes))
	for i, n := range t.Nodes {
		w.Names[i] = n.Name
		w.Group = append(w.Group, g.Nodes[i].Group+1)
		w.Kinds = append(w.Kinds, kinds.add(strings.Join(n.Kinds, "\x00"), n.Kinds))
		w.Partition = append(w.Partition, partitions.add(n.Partitions, n.Partitions))
		w.Column = append(w.Column, d.Nodes[i].Column)
		w.Y = append(w.Y, d.Nodes[i].Y)
		w.Declared = append(w.Declared, n.Declared...)
		if n.Collapsed {
			w.Collapsed = append(w.Collapsed, int32(i), int32(len(n.Declared)))
		}
	}
	w.Declared = deltas(w.Declared)
	w.KindSets, w.Partitions = kinds.values, partitions.values
	w.Column, w.Y = deltas(w.Column), deltas(w.Y)
}

func (w *Wire) setEdges(t *Topology, d *layout.Drawing) {
	for i, e := range t.Edges {
		w.From = append(w.From, e.From)
		w.To = append(w.To, e.To)
		if e.Lineage {
			w.Lineage = append(w.Lineage, int32(i))
		}
	}
	w.From, w.To = deltas(w.From), deltas(w.To)
	w.Lineage, w.Reversed = deltas(w.Lineage), deltas(d.Reversed)
}

func (w *Wire) setTrunks(d *layout.Drawing) {
	for _, trunk := range d.Trunks {
		at := 2 * trunk.From
		if trunk.Inner {
			at++
		}
		w.TrunkNode = append(w.TrunkNode, at)
		w.TrunkLength = append(w.TrunkLength, int32(len(trunk.Y)))
		w.TrunkY = append(w.TrunkY, trunk.Y...)
	}
	w.TrunkNode, w.TrunkY = deltas(w.TrunkNode), deltas(w.TrunkY)
}

func compress(raw []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, 7)
	if err != nil {
		return nil, fmt.Errorf("compress drawing: %w", err)
	}
	if _, err := z.Write(raw); err != nil {
		return nil, fmt.Errorf("compress drawing: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress drawing: %w", err)
	}
	return out.Bytes(), nil
}

package layout

// NodeHeight is the height of every node, in pixels.
const NodeHeight = 52

// Drawing is a finished layout in pixels, from the top left corner at (0, 0).
type Drawing struct {
	Width, Height int32
	// Columns are the columns of all components, each component's from left to
	// right and one after another.
	Columns []Column
	// Nodes are the places of the graph's nodes, by index.
	Nodes []Place
	// Trunks are the ways of edges that span more than one column, ordered by
	// From, the inner one first.
	Trunks []Trunk
	// Boxes are the rectangles of the groups, ordered by group. No two of them
	// overlap, and none holds a node of another group.
	Boxes []Box
	// Reversed lists the edges, by index, that were turned around because they
	// close a cycle. Loops from a node to itself are among them.
	Reversed []int32
	// Folded lists the edges, by index, that lead from one strip of a folded
	// component to another one: they have no trunk and may lead to the left.
	Folded []int32
	// Layers is the largest number of columns of one component.
	Layers int
	// Crossings is the number of crossings between neighbouring columns.
	Crossings int64
}

// Column is a vertical strip; its nodes fill its width.
type Column struct{ X, Width int32 }

// Place is where a node stands: its column and its top edge.
type Place struct{ Column, Y int32 }

// Trunk carries the long edges that leave From: Y holds the height of the way
// through each of the columns after From's. An edge that ends d columns to the
// right passes the first d-1 of them. A reversed edge leaves its To.
type Trunk struct {
	From int32
	// Inner trunks carry the edges that stay inside of From's group, the others
	// carry all other edges.
	Inner bool
	Y     []int32
}

// Box is the rectangle of a group.
type Box struct{ Group, X, Y, Width, Height int32 }

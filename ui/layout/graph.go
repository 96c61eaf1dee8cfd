package layout

import "fmt"

// NoGroup is the group of a node that belongs to none.
const NoGroup int32 = -1

// Graph is what is drawn. Nodes and groups are named by their index.
type Graph struct {
	Nodes []Node
	Edges []Edge
}

// Node is one box of the drawing.
type Node struct {
	// Group is NoGroup or the node's group, from 0.
	Group int32
	// Width is the least width of the node's column, in pixels.
	Width int32
}

// Edge leads from one node to another one, by index.
type Edge struct{ From, To int32 }

// validate names the first edge or group that the graph cannot have.
func (g Graph) validate() error {
	n := int32(len(g.Nodes))
	for i, node := range g.Nodes {
		switch {
		case node.Group < NoGroup:
			return fmt.Errorf("node %d has group %d", i, node.Group)
		case node.Width < 0:
			return fmt.Errorf("node %d has width %d", i, node.Width)
		}
	}
	for i, e := range g.Edges {
		if e.From < 0 || e.From >= n || e.To < 0 || e.To >= n {
			return fmt.Errorf("edge %d leads from node %d to node %d of %d nodes", i, e.From, e.To, n)
		}
	}
	return nil
}

package graphs

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"sync"

	"rivers.io/runtime/asset"
)

// Topology is what a drawing depends on: the nodes of a lineage graph and the
// edges between them. It holds no status, must not be copied, and must not be
// changed after its first Hash.
type Topology struct {
	Nodes []Node
	Edges []Edge
	// Source is the hash of the whole that this is a part or a variant of.
	Source string

	once sync.Once
	hash string
}

// Node is an asset, or a group drawn as one node.
type Node struct {
	// Name is the asset's name, or the group's when it is Collapsed.
	Name  string
	Group string
	Kinds []string
	// Partitions is the kind of the asset's partitions, such as "daily"; empty
	// when it has none.
	Partitions string
	// Declared are the positions of the node's assets among all declared ones:
	// one, or those of a collapsed group.
	Declared  []int32
	Collapsed bool
}

// Edge leads from an upstream node to one that depends on it, by index.
type Edge struct {
	From, To int32
	// Lineage edges load no value.
	Lineage bool
}

// FromDefinitions returns the lineage of declared assets, in their order. An
// input that names no declared asset has no edge.
func FromDefinitions(definitions []asset.Definition) *Topology {
	t := &Topology{Nodes: make([]Node, len(definitions))}
	index := make(map[string]int32, len(definitions))
	for i, d := range definitions {
		t.Nodes[i] = Node{Name: d.Name, Group: d.Group, Kinds: d.Kinds, Declared: []int32{int32(i)}}
		if d.Partitions != nil {
			t.Nodes[i].Partitions = string(d.Partitions.Kind)
		}
		index[d.Name] = int32(i)
	}
	for i, d := range definitions {
		for _, in := range d.Inputs {
			if from, ok := index[in.Asset]; ok {
				t.Edges = append(t.Edges, Edge{From: from, To: int32(i), Lineage: in.Kind == asset.Lineage})
			}
		}
	}
	t.Source = t.digest()
	return t
}

// Index returns the index of the node with the name.
func (t *Topology) Index(name string) (int32, bool) {
	i := slices.IndexFunc(t.Nodes, func(n Node) bool { return n.Name == name && !n.Collapsed })
	return int32(i), i >= 0
}

// Hash identifies the topology: equal ones, and no others, have one hash.
func (t *Topology) Hash() string {
	t.once.Do(func() { t.hash = t.digest() })
	return t.hash
}

func (t *Topology) digest() string {
	h := digest{h: sha256.New()}
	h.text(t.Source)
	h.number(len(t.Nodes))
	for _, n := range t.Nodes {
		h.text(n.Name)
		h.text(n.Group)
		h.text(n.Partitions)
		h.number(flag(n.Collapsed))
		h.number(len(n.Declared))
		for _, at := range n.Declared {
			h.number(int(at))
		}
		h.number(len(n.Kinds))
		for _, k := range n.Kinds {
			h.text(k)
		}
	}
	h.number(len(t.Edges))
	for _, e := range t.Edges {
		h.number(int(e.From))
		h.number(int(e.To))
		h.number(flag(e.Lineage))
	}
	return hex.EncodeToString(h.h.Sum(nil)[:16])
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// digest writes values so that different sequences give different bytes.
type digest struct {
	h   hash.Hash
	buf []byte
}

func (d *digest) number(n int) {
	d.buf = binary.AppendVarint(d.buf[:0], int64(n))
	d.h.Write(d.buf)
}

func (d *digest) text(s string) {
	d.number(len(s))
	d.buf = append(d.buf[:0], s...)
	d.h.Write(d.buf)
}

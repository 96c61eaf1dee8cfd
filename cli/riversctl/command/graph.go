package command

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/grpc"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

type grapher interface {
	GetGraph(ctx context.Context, in *riversv1.GetGraphRequest, opts ...grpc.CallOption) (*riversv1.GetGraphResponse, error)
}

// Graph prints the lineage of a location.
type Graph struct {
	Assets  grapher
	Printer output.Printer
	// Selection restricts the graph; empty means all.
	Selection string
	// Dot prints the graph in the language of Graphviz instead of as a tree.
	Dot bool
}

// Run prints the graph.
func (c Graph) Run(ctx context.Context) error {
	g, err := c.Assets.GetGraph(ctx, &riversv1.GetGraphRequest{Selection: c.Selection})
	if err != nil {
		return err
	}
	names := make([]string, len(g.GetNodes()))
	for i, n := range g.GetNodes() {
		names[i] = n.GetName()
	}
	write := tree
	if c.Dot {
		write = dot
	}
	return c.Printer.Print(output.Answer{Message: g, Names: names, Table: func(w io.Writer) error { return write(w, g) }})
}

// dot writes the graph in the language of Graphviz.
func dot(w io.Writer, g *riversv1.GetGraphResponse) error {
	var b strings.Builder
	b.WriteString("digraph rivers {\n  rankdir=LR;\n  node [shape=box];\n")
	for _, n := range g.GetNodes() {
		label := n.GetName()
		if n.GetPartitions() != "" {
			label += "\n" + n.GetPartitions()
		}
		fmt.Fprintf(&b, "  %s [label=%s];\n", strconv.Quote(n.GetName()), strconv.Quote(label))
	}
	for _, e := range g.GetEdges() {
		style := ""
		if e.GetKind() == riversv1.InputKind_INPUT_KIND_LINEAGE {
			style = " [style=dashed]"
		}
		fmt.Fprintf(&b, "  %s -> %s%s;\n", strconv.Quote(g.GetNodes()[e.GetFrom()].GetName()), strconv.Quote(g.GetNodes()[e.GetTo()].GetName()), style)
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// forest is a graph as it is walked for the tree.
type forest struct {
	g     *riversv1.GetGraphResponse
	down  [][]int32
	shown []bool
	out   strings.Builder
}

// tree writes each asset below its upstreams. One with several upstreams is written
// out below the first and pointed to below the others.
func tree(w io.Writer, g *riversv1.GetGraphResponse) error {
	f := &forest{g: g, down: make([][]int32, len(g.GetNodes())), shown: make([]bool, len(g.GetNodes()))}
	root := make([]bool, len(g.GetNodes()))
	for i := range root {
		root[i] = true
	}
	for _, e := range g.GetEdges() {
		if !slices.Contains(f.down[e.GetFrom()], e.GetTo()) { // one asset may read another in several ways
			f.down[e.GetFrom()] = append(f.down[e.GetFrom()], e.GetTo())
		}
		root[e.GetTo()] = false
	}
	for i := range g.GetNodes() {
		if root[i] {
			f.node(int32(i), "", "")
		}
	}
	_, err := io.WriteString(w, f.out.String())
	return err
}

// node writes a node behind head, and those below it behind indent.
func (f *forest) node(i int32, head, indent string) {
	n := f.g.GetNodes()[i]
	text := n.GetName()
	if n.GetPartitions() != "" {
		text += " (" + n.GetPartitions() + ")"
	}
	if f.shown[i] {
		if len(f.down[i]) > 0 {
			text += " …"
		}
		fmt.Fprintln(&f.out, head+output.Clean(text))
		return
	}
	f.shown[i] = true
	fmt.Fprintln(&f.out, head+output.Clean(text))
	for k, child := range f.down[i] {
		if k == len(f.down[i])-1 {
			f.node(child, indent+"└─ ", indent+"   ")
		} else {
			f.node(child, indent+"├─ ", indent+"│  ")
		}
	}
}

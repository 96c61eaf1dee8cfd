package rivers

import (
	"fmt"

	"rivers.io/runtime/partition"
)

// Window is the half-open span of wall-clock time of a key of a time grid.
type Window = partition.Window

// Partition is the part of an asset that a step materializes.
type Partition struct {
	asset string
	key   Key
	space partition.Space
	def   partition.Definition
}

// Partition returns the step's partition. On an asset without partitions it
// panics, which fails the step with an error that says so; see PartitionOK.
func (c *Context) Partition() Partition {
	p, ok := c.PartitionOK()
	if !ok {
		panic(misuse{fmt.Errorf("asset %q has no partitions, but its function asks for one", c.Asset())})
	}
	return p
}

// PartitionOK is Partition for functions that serve assets with and without
// partitions: false on an asset without.
func (c *Context) PartitionOK() (Partition, bool) {
	def := c.decl.def.Partitions
	if def == nil {
		return Partition{}, false
	}
	return Partition{asset: c.Asset(), key: c.req.Key, space: c.decl.space, def: *def}, true
}

// Key returns the step's key.
func (p Partition) Key() Key { return p.key }

// String returns the step's key.
func (p Partition) String() string { return string(p.key) }

// Definition returns the asset's partitions as they were declared.
func (p Partition) Definition() partition.Definition { return p.def }

// Window returns the time window that the key names, its end not included, as
// wall-clock times. On partitions that are no time grid it panics, which fails
// the step with an error that says so; see WindowOK.
func (p Partition) Window() Window {
	w, ok := p.WindowOK()
	if !ok {
		panic(misuse{fmt.Errorf("partition %q of asset %q has no time window: its partitions are %s",
			p.key, p.asset, p.def.Kind)})
	}
	return w
}

// WindowOK is Window for functions that serve several kinds of partitions.
func (p Partition) WindowOK() (Window, bool) {
	if p.space == nil {
		return Window{}, false
	}
	return p.space.Window(p.key)
}

// misuse is the panic of a call that the asset's declaration rules out. It is
// reported without a stack.
type misuse struct{ err error }

package ui

import (
	"context"
	"errors"
	"slices"
	"sync"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/ui/graphs"
)

// catalog is the stored catalogue of one location, indexed for pages. It is
// immutable.
type catalog struct {
	info  store.CatalogueInfo
	defs  []asset.Definition
	index map[string]int
	// down lists the consumers of each asset, in declaration order.
	down                map[string][]string
	groups, kinds, tags []string
	spaces              sync.Map // asset name → partition.Space
	graph               func() (*asset.Graph, error)
	topology            func() *graphs.Topology
}

// catalogs keeps the newest catalogue of each location, so that a page costs one
// cheap read.
type catalogs struct {
	mu sync.Mutex
	by map[string]*catalog
}

// catalog returns the location's catalogue; an empty one before it registered.
func (c *call) catalog() (*catalog, error) {
	if c.here.ID == "" {
		return newCatalog(store.CatalogueInfo{}, nil), nil
	}
	return c.catalogs.get(c.ctx, c.state)
}

func (cs *catalogs) get(ctx context.Context, state store.Location) (*catalog, error) {
	info, err := state.CatalogueInfo(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return newCatalog(info, nil), nil
	}
	if err != nil {
		return nil, err
	}
	cs.mu.Lock()
	known := cs.by[state.ID()]
	cs.mu.Unlock()
	if known != nil && known.info.Revision == info.Revision && known.info.Hash == info.Hash {
		return known, nil
	}
	defs, err := state.Definitions(ctx)
	if err != nil {
		return nil, err
	}
	fresh := newCatalog(info, defs)
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.by == nil {
		cs.by = map[string]*catalog{}
	}
	cs.by[state.ID()] = fresh
	return fresh, nil
}

func newCatalog(info store.CatalogueInfo, defs []asset.Definition) *catalog {
	c := &catalog{info: info, defs: defs, graph: sync.OnceValues(func() (*asset.Graph, error) { return asset.Resolve(defs) }), topology: sync.OnceValue(func() *graphs.Topology { return graphs.FromDefinitions(defs) }), index: make(map[string]int, len(defs)), down: map[string][]string{}}
	for i, d := range defs {
		c.index[d.Name] = i
		for _, in := range d.Inputs {
			if l := c.down[in.Asset]; len(l) == 0 || l[len(l)-1] != d.Name {
				c.down[in.Asset] = append(l, d.Name)
			}
		}
		c.groups = addOnce(c.groups, d.Group)
		for _, k := range d.Kinds {
			c.kinds = addOnce(c.kinds, k)
		}
		for _, t := range d.Tags {
			c.tags = addOnce(c.tags, t)
		}
	}
	slices.Sort(c.groups)
	slices.Sort(c.kinds)
	slices.Sort(c.tags)
	return c
}

func addOnce(list []string, word string) []string {
	if word == "" || slices.Contains(list, word) {
		return list
	}
	return append(list, word)
}

// get returns a definition.
func (c *catalog) get(name string) (asset.Definition, bool) {
	i, ok := c.index[name]
	if !ok {
		return asset.Definition{}, false
	}
	return c.defs[i], true
}

// ups lists the assets that an asset reads, each once.
func (c *catalog) ups(name string) []string {
	d, _ := c.get(name)
	var out []string
	for _, in := range d.Inputs {
		out = addOnce(out, in.Asset)
	}
	return out
}

// space returns the key space of an asset; nil when it has none.
func (c *catalog) space(name string) partition.Space {
	if s, ok := c.spaces.Load(name); ok {
		return s.(partition.Space)
	}
	d, ok := c.get(name)
	if !ok || d.Partitions == nil {
		return nil
	}
	s, err := partition.New(*d.Partitions)
	if err != nil {
		return nil // refused when the catalogue was registered
	}
	c.spaces.Store(name, s)
	return s
}

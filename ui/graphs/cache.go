package graphs

import (
	"context"
	"fmt"
	"sync"
)

// cached is the number of drawings that a Cache keeps: a few locations, their
// collapsed variants and many neighbourhoods.
const cached = 128

// Cache makes drawings, each once, and keeps those asked for last. It is safe
// for concurrent use.
type Cache struct {
	mu      sync.Mutex
	entries map[string]*entry
	clock   uint64
	// turn bounds the drawings made at the same time.
	turn chan struct{}
}

// entry is a drawing that is made or being made.
type entry struct {
	used    uint64
	ready   chan struct{}
	drawing *Drawing
	err     error
}

// NewCache returns an empty cache.
func NewCache() *Cache {
	return &Cache{entries: make(map[string]*entry), turn: make(chan struct{}, 2)}
}

// Draw returns the drawing of a topology. It is made on a goroutine of its own,
// which ends by itself and is not ended by ctx: a caller that leaves early gives
// the next one a finished drawing. The error is ctx's, or the layout's.
func (c *Cache) Draw(ctx context.Context, t *Topology, focus int32) (*Drawing, error) {
	e := c.entry(t, focus)
	select {
	case <-e.ready:
		return e.drawing, e.err
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the layout of %d nodes: %w", len(t.Nodes), context.Cause(ctx))
	}
}

func (c *Cache) entry(t *Topology, focus int32) *entry {
	key := fmt.Sprint(t.Hash(), " ", focus)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clock++
	e, ok := c.entries[key]
	if !ok {
		c.evict()
		e = &entry{ready: make(chan struct{})}
		c.entries[key] = e
		go c.draw(e, t, focus)
	}
	e.used = c.clock
	return e
}

func (c *Cache) draw(e *entry, t *Topology, focus int32) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	defer close(e.ready)
	e.drawing, e.err = Draw(t, focus)
}

// evict makes room for one more entry by dropping the one unused for longest.
func (c *Cache) evict() {
	if len(c.entries) < cached {
		return
	}
	oldest := ""
	for key, e := range c.entries {
		if oldest == "" || e.used < c.entries[oldest].used {
			oldest = key
		}
	}
	delete(c.entries, oldest)
}

package surreal

import (
	"cmp"
	"sync"

	"rivers.io/runtime/event"
)

// cachedHeads is how many heads are remembered.
const cachedHeads = 1024

// headCache remembers the heads of the runs that this process writes to. What it
// holds may be old: it is only ever a guess that the engine checks.
type headCache struct {
	mu  sync.Mutex
	all map[headKey]*snapshot
}

type headKey struct{ loc, run string }

func newHeadCache() *headCache { return &headCache{all: map[headKey]*snapshot{}} }

func (c *headCache) get(k headKey) *snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all[k]
}

// put remembers a head, unless a later one is known.
func (c *headCache) put(k headKey, s *snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old, known := c.all[k]
	if known && old.head.Seq > s.head.Seq {
		return
	}
	if s.head.status().Final() {
		delete(c.all, k)
		return
	}
	if !known && len(c.all) >= cachedHeads {
		for old := range c.all {
			delete(c.all, old)
			break
		}
	}
	c.all[k] = s
}

func (c *headCache) drop(k headKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, k)
}

func compareAttempts(a, b event.Attempt) int {
	return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Number, b.Number))
}

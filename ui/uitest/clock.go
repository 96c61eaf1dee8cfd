package uitest

import (
	"sync"
	"time"
)

// Clock is a clock that tests set. It can be let go, to follow the real one.
type Clock struct {
	mu   sync.Mutex
	now  time.Time
	free bool
}

// NewClock returns a clock that stands at t.
func NewClock(t time.Time) *Clock { return &Clock{now: t} }

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.free {
		return time.Now()
	}
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Free lets the clock follow real time from now on.
func (c *Clock) Free() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = true
}

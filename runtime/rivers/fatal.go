package rivers

import "sync"

// fatal holds the first failure that ends a step whatever its function returns.
// It is kept apart from the cause of the context, which is another's when the
// step was canceled before.
type fatal struct {
	mu  sync.Mutex
	err error
}

// set keeps err unless one was kept before.
func (f *fatal) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

// get returns what was kept, or nil.
func (f *fatal) get() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// fail makes the step fail with err whatever its function returns, and cancels
// the context. The first failure counts.
func (c *Context) fail(err error) {
	c.fatal.set(err)
	c.cancel(err)
}

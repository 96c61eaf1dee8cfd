package sqlite

import (
	"context"
	"errors"
	"sync"
)

// pool holds the connections for reading; they are opened when first needed.
type pool struct {
	open  func() (*conn, error)
	slots chan struct{}
	done  chan struct{} // closed by shut

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

func newPool(size int, open func() (*conn, error)) *pool {
	return &pool{open: open, slots: make(chan struct{}, size), done: make(chan struct{})}
}

func (p *pool) get(ctx context.Context) (*conn, error) {
	select {
	case p.slots <- struct{}{}:
	case <-p.done:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		<-p.slots
		return nil, errClosed
	}
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return c, nil
	}
	c, err := p.open()
	if err != nil {
		<-p.slots
		return nil, err
	}
	return c, nil
}

// put takes a connection back; a doubtful one makes room for a new one.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	if p.closed || c.doubtful {
		_ = c.close()
	} else {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	<-p.slots
}

// shut refuses further use, waits for the connections in use and closes all.
func (p *pool) shut() error {
	p.mu.Lock()
	p.closed = true
	close(p.done)
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for range cap(p.slots) {
		p.slots <- struct{}{}
	}
	var errs []error
	for _, c := range idle {
		errs = append(errs, c.close())
	}
	return errors.Join(errs...)
}

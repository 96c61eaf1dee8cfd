package chaosproxy

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy passes connections on to a server, or not. It is safe for concurrent use.
type Proxy struct {
	listener net.Listener
	work     sync.WaitGroup

	mu       sync.Mutex
	target   string
	fault    Fault
	round    int           // counts Set
	changed  chan struct{} // closed by Set
	pairs    map[*pair]bool
	accepted int
	closed   bool
}

// Start starts a proxy on loopback that ends with the test. The target is an
// address such as 127.0.0.1:8000, and need not be there yet.
func Start(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: listener, target: target, changed: make(chan struct{}), pairs: map[*pair]bool{}}
	p.work.Add(1)
	go p.accept()
	t.Cleanup(p.close)
	return p
}

// Addr is where clients connect, 127.0.0.1:PORT.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set changes what happens from now on.
func (p *Proxy) Set(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = f
	p.round++
	close(p.changed)
	p.changed = make(chan struct{})
}

// Retarget sends new connections to another address.
func (p *Proxy) Retarget(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Reset resets every open connection towards both ends and returns their number.
func (p *Proxy) Reset() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.pairs {
		c.reset()
	}
	return len(p.pairs)
}

// Open is how many connections are open, Accepted how many ever were.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.pairs)
}

// Accepted is how many connections clients opened so far.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	for c := range p.pairs {
		c.reset()
	}
	p.mu.Unlock()
	_ = p.listener.Close() // nobody is left to hear of it
	p.work.Wait()
}

// now returns the fault, the number of its round, and what closes when it ends.
func (p *Proxy) now() (Fault, int, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault, p.round, p.changed
}

func (p *Proxy) accept() {
	defer p.work.Done()
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // that one went away again
		}
		p.mu.Lock()
		p.accepted++
		p.work.Add(1)
		p.mu.Unlock()
		go p.serve(client)
	}
}

// serve carries one connection until both directions ended.
func (p *Proxy) serve(client net.Conn) {
	defer p.work.Done()
	c := &pair{proxy: p, client: client, gone: make(chan struct{})}
	p.mu.Lock()
	refuse, target := p.fault.refuse || p.closed, p.target
	if !refuse {
		p.pairs[c] = true
	}
	p.mu.Unlock()
	if refuse {
		c.reset()
		return
	}
	defer func() {
		p.mu.Lock()
		delete(p.pairs, c)
		p.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	server, err := new(net.Dialer).DialContext(ctx, "tcp", target)
	if err != nil || !c.connect(server) {
		c.reset()
		return
	}
	var both sync.WaitGroup
	both.Add(2)
	go func() { defer both.Done(); c.pump(Up, client, server) }()
	go func() { defer both.Done(); c.pump(Down, server, client) }()
	both.Wait()
	c.reset()
}

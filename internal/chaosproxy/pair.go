package chaosproxy

import (
	"net"
	"sync"
	"time"
)

// pair is a client's connection with the server's that belongs to it.
type pair struct {
	proxy  *Proxy
	client net.Conn
	gone   chan struct{} // closed by reset

	mu     sync.Mutex
	server net.Conn
	ended  bool
	round  int  // of the fault that armed
	armed  bool // a request passed in this round, so the next answer is lost
	holed  bool // something was swallowed: TCP never goes on behind a hole
}

// connect notes the server's end, unless the pair is gone already.
func (c *pair) connect(server net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		abort(server)
		return false
	}
	c.server = server
	return true
}

// reset sends RST to both ends.
func (c *pair) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.ended = true
	close(c.gone)
	abort(c.client)
	if c.server != nil {
		abort(c.server)
	}
}

// abort closes a connection so that its peer sees RST.
func abort(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it may be closed already, as may all below
	}
	_ = c.Close()
}

// pump carries one direction until it ends.
func (c *pair) pump(d Direction, from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	var s stream
	for {
		if !c.hold(d) {
			return
		}
		n, err := from.Read(buffer)
		if n > 0 && !c.pass(d, &s, buffer[:n], to) {
			return
		}
		if err != nil {
			c.finish(to)
			return
		}
	}
}

// stream is what one direction carried in the round of one fault.
type stream struct {
	round  int
	passed int64
}

// hold waits while the direction is stalled, and reports whether there still is one.
func (c *pair) hold(d Direction) bool {
	for {
		fault, _, changed := c.proxy.now()
		if !fault.flow(d).stall {
			return true
		}
		select {
		case <-changed:
		case <-c.gone:
			return false
		}
	}
}

// finish passes the end of a direction on, once nothing hides it.
func (c *pair) finish(to net.Conn) {
	for {
		fault, _, changed := c.proxy.now()
		if !fault.deaf {
			break
		}
		select {
		case <-changed:
		case <-c.gone:
			return
		}
	}
	if tcp, ok := to.(*net.TCPConn); ok && tcp.CloseWrite() == nil {
		return
	}
	c.reset()
}

// pass does to a chunk what the fault says. It reports whether the connection is
// still there.
func (c *pair) pass(d Direction, s *stream, chunk []byte, to net.Conn) bool {
	if !c.hold(d) { // the fault may have begun while the chunk was awaited
		return false
	}
	fault, round, _ := c.proxy.now()
	flow := fault.flow(d)
	if s.round != round {
		*s = stream{round: round}
	}
	switch {
	case c.hole(flow.discard):
		if !flow.discard {
			c.reset()
		}
		return flow.discard
	case fault.loseAnswer && c.arm(d, round):
		c.reset()
		return false
	case flow.delay > 0 && !c.wait(flow.delay):
		return false
	case flow.rate > 0:
		return c.drip(flow.rate, round, chunk, to)
	case flow.cut > 0 && s.passed+int64(len(chunk)) >= flow.cut:
		_, _ = to.Write(chunk[:flow.cut-s.passed]) // the reset follows anyway
		c.flush(to)
		c.reset()
		return false
	}
	n, err := to.Write(chunk)
	s.passed += int64(n)
	if err != nil {
		c.reset()
	}
	return err == nil
}

// flush lets what was written leave before the reset would throw it away.
func (c *pair) flush(to net.Conn) {
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // the reset follows anyway
	}
	c.wait(5 * time.Millisecond)
}

// hole notes that something is swallowed, and reports whether anything ever was.
func (c *pair) hole(discard bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.holed = c.holed || discard
	return c.holed
}

// arm notes a request, and reports whether a chunk is the answer to lose.
func (c *pair) arm(d Direction, round int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.round != round {
		c.round, c.armed = round, false
	}
	if d == Up {
		c.armed = true
		return false
	}
	return c.armed
}

// drip passes a chunk byte by byte while the fault lasts, at once afterwards.
func (c *pair) drip(rate, round int, chunk []byte, to net.Conn) bool {
	step := max(rate/100, 1)
	for len(chunk) > 0 {
		if _, now, _ := c.proxy.now(); now != round {
			step = len(chunk)
		} else if !c.wait(time.Duration(step) * time.Second / time.Duration(rate)) {
			return false
		}
		step = min(step, len(chunk))
		if _, err := to.Write(chunk[:step]); err != nil {
			c.reset()
			return false
		}
		chunk = chunk[step:]
	}
	return true
}

// wait lets time pass and reports whether the connection is still there.
func (c *pair) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.gone:
		return false
	}
}

func (f Fault) flow(d Direction) flow {
	if d == Up {
		return f.up
	}
	return f.down
}

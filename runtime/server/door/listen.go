package door

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// preface opens every HTTP/2 connection.
var preface = []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

// sniffTimeout is how long a connection may take to show what it speaks.
const sniffTimeout = 10 * time.Second

// queue is a net.Listener whose connections are handed to it.
type queue struct {
	addr  net.Addr
	conns chan net.Conn
	done  chan struct{}
	close func()
}

func newQueue(addr net.Addr) *queue {
	q := &queue{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
	q.close = sync.OnceFunc(func() { close(q.done) })
	return q
}

// Accept implements net.Listener.
func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (q *queue) Close() error {
	q.close()
	return nil
}

// Addr implements net.Listener.
func (q *queue) Addr() net.Addr { return q.addr }

// put hands over a connection; one that comes too late is closed.
func (q *queue) put(c net.Conn) {
	select {
	case q.conns <- c:
	case <-q.done:
		c.Close()
	}
}

// dial connects to the queue in memory.
func (q *queue) dial(ctx context.Context, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case q.conns <- theirs:
		return ours, nil
	case <-q.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// splitter accepts connections and sorts them by what they open with.
type splitter struct {
	grpc, http *queue
	slots      chan struct{}
	// sorting are connections that have not shown what they speak.
	mu      sync.Mutex
	sorting map[net.Conn]struct{}
	closed  bool
	done    sync.WaitGroup
}

func newSplitter(addr net.Addr, maxConns int) *splitter {
	return &splitter{
		grpc: newQueue(addr), http: newQueue(addr),
		slots: make(chan struct{}, maxConns), sorting: map[net.Conn]struct{}{},
	}
}

// run accepts until the listener is closed.
func (s *splitter) run(lis net.Listener) error {
	defer s.stop()
	for wait := time.Duration(0); ; {
		select {
		case s.slots <- struct{}{}:
		case <-s.grpc.done:
			return nil
		}
		conn, err := lis.Accept()
		if err == nil {
			wait = 0
			s.sort(&slotConn{Conn: conn, free: sync.OnceFunc(func() { <-s.slots })})
			continue
		}
		<-s.slots
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if temporary, ok := errors.AsType[net.Error](err); !ok || !temporary.Timeout() && !isTemporary(err) {
			return err
		}
		if wait, err = backoff(s.grpc.done, wait); err != nil {
			return nil
		}
	}
}

// isTemporary reports whether accepting may succeed later, as when the process
// is out of file descriptors.
func isTemporary(err error) bool {
	t, ok := errors.AsType[interface {
		error
		Temporary() bool
	}](err)
	return ok && t.Temporary()
}

func backoff(done <-chan struct{}, last time.Duration) (time.Duration, error) {
	next := min(max(2*last, 5*time.Millisecond), time.Second)
	t := time.NewTimer(next)
	defer t.Stop()
	select {
	case <-t.C:
		return next, nil
	case <-done:
		return 0, net.ErrClosed
	}
}

// sort finds out in the background what a connection speaks.
func (s *splitter) sort(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		conn.Close()
		return
	}
	s.sorting[conn] = struct{}{}
	s.done.Go(func() {
		opening, isHTTP2, err := sniff(conn)
		s.mu.Lock()
		delete(s.sorting, conn)
		s.mu.Unlock()
		if err != nil {
			conn.Close()
			return
		}
		target := s.http
		if isHTTP2 {
			target = s.grpc
		}
		target.put(&openedConn{Conn: conn, opening: opening})
	})
}

// sniff reads until the connection showed whether it opens with the preface.
func sniff(conn net.Conn) (opening []byte, isHTTP2 bool, err error) {
	if err := conn.SetReadDeadline(time.Now().Add(sniffTimeout)); err != nil {
		return nil, false, err
	}
	buf := make([]byte, len(preface))
	n := 0
	for n < len(preface) && bytes.HasPrefix(preface, buf[:n]) {
		m, err := conn.Read(buf[n:])
		if n += m; err != nil {
			return nil, false, err
		}
	}
	return buf[:n], bytes.Equal(buf[:n], preface), conn.SetReadDeadline(time.Time{})
}

// stop ends both queues and whatever has not shown what it speaks.
func (s *splitter) stop() {
	s.mu.Lock()
	s.closed = true
	for conn := range s.sorting {
		conn.Close()
	}
	s.mu.Unlock()
	s.grpc.close()
	s.http.close()
	s.done.Wait()
}

// openedConn gives back first what was read to find out the protocol.
type openedConn struct {
	net.Conn
	opening []byte
}

// Read implements net.Conn.
func (c *openedConn) Read(p []byte) (int, error) {
	if len(c.opening) > 0 {
		n := copy(p, c.opening)
		c.opening = c.opening[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// slotConn frees its place among the open connections once.
type slotConn struct {
	net.Conn
	free func()
}

// Close implements net.Conn.
func (c *slotConn) Close() error {
	c.free()
	return c.Conn.Close()
}

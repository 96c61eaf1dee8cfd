package conn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// link is one WebSocket, from its dial to its end. It has three goroutines: one
// writes, one reads, one asks for signs of life. None of them ever waits for a
// caller. When one fails, all end, and with them every call in flight.
type link struct {
	cfg  Config
	ws   *websocket.Conn
	wire *wire

	queue   chan *call
	pings   chan []byte   // asked for by the server, to be answered
	done    chan struct{} // closed by end
	written chan struct{} // closed when the writer ended
	ended   sync.WaitGroup

	lastID atomic.Uint64
	pong   atomic.Int64 // when the last one came, in nanoseconds since start
	start  time.Time
	served atomic.Bool // has it answered anything since it was set up?

	mu    sync.Mutex
	calls map[uint64]*call
	err   error
	live  *router

	retired chan struct{} // closed by retire
	idle    chan struct{} // closed when it is retired and no call is under way
}

// queueLength is how many calls may wait for the writer before the next waits to
// wait; it needs to be no larger than what keeps the writer busy.
const queueLength = 64

// dial opens a WebSocket.
func dial(ctx context.Context, cfg Config) (*link, error) {
	l := &link{
		cfg: cfg, start: time.Now(),
		queue: make(chan *call, queueLength), pings: make(chan []byte, 1),
		done: make(chan struct{}), written: make(chan struct{}),
		retired: make(chan struct{}), idle: make(chan struct{}),
		calls: map[uint64]*call{}, live: newRouter(cfg.QueueLimit),
	}
	dialer := websocket.Dialer{
		Subprotocols: []string{"cbor"}, ReadBufferSize: 16 << 10, WriteBufferSize: 16 << 10,
		NetDialContext: l.dialTCP, HandshakeTimeout: min(cfg.SetUp, cfg.Silence),
	}
	ws, resp, err := dialer.DialContext(ctx, cfg.Endpoint, nil)
	if err != nil {
		return nil, dialError(cfg, resp, err)
	}
	ws.SetReadLimit(cfg.MessageLimit)
	ws.SetPingHandler(func(data string) error {
		select {
		case l.pings <- []byte(data):
		default: // one that is not answered yet says as much
		}
		return nil
	})
	ws.SetPongHandler(func(string) error {
		l.pong.Store(int64(time.Since(l.start)))
		return nil
	})
	l.ws = ws
	l.ended.Add(3)
	go l.write()
	go l.read()
	go l.beat()
	return l, nil
}

// end ends the link, once; later reasons are dropped.
func (l *link) end(err error) {
	l.mu.Lock()
	if l.err != nil {
		l.mu.Unlock()
		return
	}
	l.err = err
	l.mu.Unlock()
	close(l.done)
	_ = l.ws.Close() // nothing more is expected of it
	l.live.end()
}

// shut ends the link and waits for its goroutines.
func (l *link) shut(err error) {
	l.end(err)
	l.ended.Wait()
}

// goodbye tells the server, if that is possible at once, before the link ends.
func (l *link) goodbye() {
	_ = l.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""),
		time.Now().Add(50*time.Millisecond)) // politeness
	l.shut(ErrClosed)
}

func (l *link) reason() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// call sends a request and waits for its answer, no longer than ctx and the link
// last. It consumes the message. Without an answer the error is a *LostError; the
// server's own is a *QueryError.
func (l *link) call(ctx context.Context, m *message) ([]byte, error) {
	c := &call{id: l.lastID.Add(1), message: m, answer: make(chan answer, 1)}
	if err := l.enter(c); err != nil {
		m.release()
		return nil, &LostError{Err: err}
	}
	select {
	case l.queue <- c:
	case <-ctx.Done():
		l.forget(c)
		m.release()
		return nil, &LostError{Err: ctx.Err()}
	case <-l.done:
		m.release()
		return nil, &LostError{Err: l.reason()}
	}
	select {
	case a := <-c.answer:
		return a.result, a.err
	case <-ctx.Done():
		l.forget(c)
		return l.last(c, ctx.Err())
	case <-l.done:
		<-l.written // so that what became of the request is settled
		return l.last(c, l.reason())
	}
}

// last takes an answer that came at the last moment, or says what is known of the
// request.
func (l *link) last(c *call, why error) ([]byte, error) {
	select {
	case a := <-c.answer:
		return a.result, a.err
	default:
		return nil, &LostError{Sent: !c.giveUp(), Err: why}
	}
}

// enter counts a call as under way, unless the link takes no more.
func (l *link) enter(c *call) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	if l.isRetired() {
		return errSessionOver
	}
	l.calls[c.id] = c
	return nil
}

// settleCall gives a call that is under way its answer; without one its caller
// left. The answer is there before the link can count as idle.
func (l *link) settleCall(id uint64, a *answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.calls[id]; c != nil && a != nil {
		c.answer <- *a // has room for it
	}
	delete(l.calls, id)
	l.settle()
}

// forget leaves the answer of a call to nobody.
func (l *link) forget(c *call) { l.settleCall(c.id, nil) }

// errSessionOver is why a retired link takes no calls.
var errSessionOver = errors.New("the session is over")

// retire makes the link take no more calls; those under way go on. The engine must
// not be asked to sign in on a session that has requests under way: it may then
// answer none of them, ever. So a session that is over is left behind.
func (l *link) retire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isRetired() {
		close(l.retired)
		l.settle()
	}
}

func (l *link) isRetired() bool {
	select {
	case <-l.retired:
		return true
	default:
		return false
	}
}

// settle notes when a retired link has nothing to do any more. Its caller holds mu.
func (l *link) settle() {
	if len(l.calls) > 0 || !l.isRetired() {
		return
	}
	select {
	case <-l.idle:
	default:
		close(l.idle)
	}
}

// write is the goroutine that writes requests, one after another.
func (l *link) write() {
	defer l.ended.Done()
	defer close(l.written)
	for {
		select {
		case <-l.done:
			return
		case c := <-l.queue:
			m := c.message
			if c.take() {
				if err := l.writeMessage(c.id, m); err != nil {
					c.way.Store(broken)
					l.end(fmt.Errorf("writing: %w", err))
				}
			}
			m.release()
		}
	}
}

// writeMessage writes {id, method, params} around what the message holds.
func (l *link) writeMessage(id uint64, m *message) error {
	w, err := l.ws.NextWriter(websocket.BinaryMessage)
	if err != nil {
		return err
	}
	var prefix [16]byte
	if _, err := w.Write(appendHead(append(prefix[:0], 0xa3, 0x62, 'i', 'd'), 0, id)); err != nil {
		return err
	}
	if _, err := w.Write(m.bytes); err != nil {
		return err
	}
	return w.Close()
}

// read is the goroutine that reads whatever comes.
func (l *link) read() {
	defer l.ended.Done()
	var buffer bytes.Buffer
	for {
		kind, r, err := l.ws.NextReader()
		if err == nil {
			_, err = buffer.ReadFrom(r)
		}
		if err != nil {
			l.end(readError(err))
			return
		}
		if kind != websocket.BinaryMessage {
			l.end(errors.New("the server sent text where CBOR is expected"))
			return
		}
		if buffer, err = l.receive(buffer); err != nil {
			l.end(err) // a message that cannot be read may be anybody's answer
			return
		}
	}
}

// copyLimit is the largest message in bytes that is copied out of the buffer of
// the reader; a larger one takes the buffer with it.
const copyLimit = 16 << 10

// receive hands a message to whom it is for and returns the buffer for the next.
func (l *link) receive(buffer bytes.Buffer) (bytes.Buffer, error) {
	data := buffer.Bytes()
	if len(data) <= copyLimit {
		data = bytes.Clone(data)
		buffer.Reset()
	} else {
		buffer = bytes.Buffer{}
	}
	e, err := openEnvelope(data)
	if err != nil {
		return buffer, err
	}
	if !e.hasID {
		if e.fault != nil {
			return buffer, fmt.Errorf("the server could not read a request: %w", faultOf(e.fault))
		}
		return buffer, l.live.deliver(e.result)
	}
	l.served.Store(true)
	if e.fault != nil {
		l.settleCall(e.id, &answer{err: faultOf(e.fault)})
	} else {
		l.settleCall(e.id, &answer{result: e.result})
	}
	return buffer, nil
}

// readError names the end of a connection in words.
func readError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || websocket.IsCloseError(err, websocket.CloseAbnormalClosure) {
		return errors.New("the server closed the connection")
	}
	return fmt.Errorf("reading: %w", err)
}

// minimalRate is how many bytes a second count as a sign of life while an answer
// to a ping is late: it may stand behind a long answer.
const minimalRate = 4 << 10

// beat is the goroutine that answers pings, and asks for a sign of life when
// nothing is heard.
func (l *link) beat() {
	defer l.ended.Done()
	tick := time.NewTicker(l.cfg.Heartbeat)
	defer tick.Stop()
	var asked time.Duration // since start; 0 when no answer is outstanding
	var heard int64         // received at that time
	for {
		select {
		case <-l.done:
			return
		case data := <-l.pings:
			_ = l.ws.WriteControl(websocket.PongMessage, data, time.Now().Add(l.cfg.Silence)) // the writer hears of what ends the link
		case <-tick.C:
			now, received := time.Since(l.start), l.wire.received.Load()
			switch late := now - asked; {
			case asked == 0 || time.Duration(l.pong.Load()) >= asked:
				asked, heard = now, received
				_ = l.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(l.cfg.Silence)) // if it stays unanswered the link ends
			case late < l.cfg.Silence:
			case float64(received-heard) < minimalRate*late.Seconds():
				l.end(fmt.Errorf("no sign of life from the server for %s", late.Round(time.Millisecond)))
				return
			default:
				asked, heard = now, received
				_ = l.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(l.cfg.Silence)) // as above
			}
		}
	}
}

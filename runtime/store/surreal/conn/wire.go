package conn

import (
	"net"
	"sync/atomic"
	"time"
)

// wire is a connection of TCP that counts what it carries and gives a peer that
// takes nothing only so long.
type wire struct {
	net.Conn
	patience time.Duration
	received atomic.Int64 // bytes
	written  atomic.Int64 // bytes
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.received.Add(int64(n))
	return n, err
}

// chunk is how much is written under one deadline: a long message may take its
// time as long as it moves.
const chunk = 64 << 10

func (w *wire) Write(p []byte) (int, error) {
	done := 0
	for {
		part := p[done:min(len(p), done+chunk)]
		if err := w.Conn.SetWriteDeadline(time.Now().Add(w.patience)); err != nil {
			return done, err
		}
		n, err := w.Conn.Write(part)
		w.written.Add(int64(n))
		done += n
		if err != nil || done == len(p) {
			return done, err
		}
	}
}

// SetWriteDeadline leaves the deadline to Write.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

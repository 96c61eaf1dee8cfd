package rest_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"rivers.io/runtime/server/rest"
)

// oneConn is a listener of a single connection.
type oneConn struct {
	conn chan net.Conn
	done chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *oneConn) Close() error   { close(l.done); return nil }
func (l *oneConn) Addr() net.Addr { return &net.UnixAddr{Name: "memory"} }

// exchange serves one request to handler behind the guard, in virtual time, and
// hands the client's side of the connection to use.
func exchange(t *testing.T, cfg rest.Config, request string, handler http.HandlerFunc, use func(net.Conn, *bufio.Reader)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		lis := &oneConn{conn: make(chan net.Conn, 1), done: make(chan struct{})}
		lis.conn <- theirs
		srv := &http.Server{Handler: rest.Guard(handler, cfg), ReadHeaderTimeout: time.Second}
		served := make(chan error, 1)
		go func() { served <- srv.Serve(lis) }()
		if _, err := io.WriteString(ours, request); err != nil {
			t.Fatal(err)
		}
		use(ours, bufio.NewReader(ours))
		ours.Close()
		_ = srv.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Errorf("serve: %v", err)
		}
	})
}

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

// TestIdleStreamEndsWell lets a stream say nothing for much longer than one
// write may take, and then end.
func TestIdleStreamEndsWell(t *testing.T) {
	cfg := rest.Config{WriteTimeout: time.Second}
	exchange(t, cfg, get, func(w http.ResponseWriter, _ *http.Request) {
		for range 2 {
			_, _ = io.WriteString(w, "line\n")
			_ = http.NewResponseController(w).Flush()
			<-time.After(time.Hour)
		}
	}, func(_ net.Conn, r *bufio.Reader) {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "line\nline\n" {
			t.Errorf("%q, %v", body, err)
		}
	})
}

// TestReaderThatNeverReads does not hold the handler for ever.
func TestReaderThatNeverReads(t *testing.T) {
	var held time.Duration
	exchange(t, rest.Config{WriteTimeout: time.Minute}, get, func(w http.ResponseWriter, _ *http.Request) {
		begin := time.Now()
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				held = time.Since(begin)
				return
			}
		}
	}, func(net.Conn, *bufio.Reader) {
		<-time.After(time.Hour)
		synctest.Wait()
		if held != time.Minute {
			t.Errorf("the handler was held for %v", held)
		}
	})
}

// TestBodyThatNeverEnds is answered when its time is over.
func TestBodyThatNeverEnds(t *testing.T) {
	request := "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
	exchange(t, rest.Config{BodyTimeout: time.Minute}, request, func(http.ResponseWriter, *http.Request) {
		t.Error("the handler was called")
	}, func(_ net.Conn, r *bufio.Reader) {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d", resp.StatusCode)
		}
		resp.Body.Close()
	})
}

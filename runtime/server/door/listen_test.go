package door

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
)

func TestSniff(t *testing.T) {
	for _, tt := range []struct {
		name   string
		pieces []string
		http2  bool
	}{
		{"the preface at once", []string{string(preface)}, true},
		{"the preface byte by byte", strings.Split(string(preface), ""), true},
		{"a GET", []string{"GET / HTTP/1.1\r\n"}, false},
		{"a POST, which begins alike", []string{"P", "OST / HTTP/1.1\r\n"}, false},
		{"almost the preface", []string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "x"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer ours.Close()
			const rest = "and the rest of what it says, in full"
			go func() {
				defer theirs.Close()
				for _, p := range append(tt.pieces, rest) {
					if _, err := io.WriteString(theirs, p); err != nil {
						return
					}
				}
			}()
			opening, http2, err := sniff(ours)
			if err != nil || http2 != tt.http2 {
				t.Fatalf("sniff = %v, %v", http2, err)
			}
			all, err := io.ReadAll(&openedConn{Conn: ours, opening: opening})
			if want := strings.Join(tt.pieces, "") + rest; err != nil || string(all) != want {
				t.Errorf("the server reads %q, %v; want %q", all, err, want)
			}
		})
	}
}

// TestSniffGivesUp waits for a connection that shows nothing, in virtual time.
func TestSniffGivesUp(t *testing.T) {
	for _, opening := range []string{"", "PRI *"} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer ours.Close()
			defer theirs.Close()
			if opening != "" {
				go func() { _, _ = io.WriteString(theirs, opening) }()
			}
			if _, _, err := sniff(ours); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("after %q: %v", opening, err)
			}
		})
	}
}

// TestConnectionsAreBounded accepts no more than it may until one is closed.
func TestConnectionsAreBounded(t *testing.T) {
	lis, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := newSplitter(lis.Addr(), 1)
	done := make(chan error, 1)
	go func() { done <- s.run(lis) }()
	dial := func() net.Conn {
		t.Helper()
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", lis.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\n"); err != nil {
			t.Fatal(err)
		}
		return c
	}
	dial()
	dial()
	first, err := s.http.Accept()
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.http.conns:
		t.Fatal("a second connection was accepted beyond the limit of one")
	default:
	}
	first.Close()
	second, err := s.http.Accept()
	if err != nil {
		t.Fatal(err)
	}
	second.Close()
	second.Close() // frees its place once
	if n := len(s.slots); n > 1 {
		t.Errorf("%d places are taken", n)
	}
	lis.Close()
	if err := <-done; err != nil {
		t.Errorf("run = %v", err)
	}
}

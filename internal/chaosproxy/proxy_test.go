package chaosproxy_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"rivers.io/internal/chaosproxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// echo serves connections that send back what they get, and counts what came.
func echo(t *testing.T) (address string, got <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	heard := make(chan string, 100)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				buffer := make([]byte, 1024)
				for {
					n, err := c.Read(buffer)
					if err != nil {
						return
					}
					heard <- string(buffer[:n])
					if _, err := c.Write(buffer[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return listener.Addr().String(), heard
}

// dial connects to the proxy and makes sure that it reaches the server.
func dial(t *testing.T, p *chaosproxy.Proxy) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c
}

func send(t *testing.T, c net.Conn, s string) {
	t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatalf("waiting for %q: %v", want, err)
	}
	if string(got) != want {
		t.Fatalf("received %q, want %q", got, want)
	}
}

// broken waits for the end of a connection and returns what came before.
func broken(t *testing.T, c net.Conn) string {
	t.Helper()
	rest, err := io.ReadAll(c)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		t.Fatal("the connection still stands")
	}
	return string(rest)
}

func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault chaosproxy.Fault
		check func(t *testing.T, p *chaosproxy.Proxy, c net.Conn, heard <-chan string)
		why   string
	}{
		{"stall up", chaosproxy.Stall(chaosproxy.Up), func(t *testing.T, p *chaosproxy.Proxy, c net.Conn, heard <-chan string) {
			send(t, c, "held")
			select {
			case s := <-heard:
				t.Errorf("the server heard %q", s)
			default:
			}
			p.Set(chaosproxy.None)
			receive(t, c, "held")
		}, "what was held back passes afterwards"},
		{"stall down", chaosproxy.Stall(chaosproxy.Down), func(t *testing.T, p *chaosproxy.Proxy, c net.Conn, heard <-chan string) {
			send(t, c, "up")
			if s := <-heard; s != "up" {
				t.Errorf("the server heard %q", s)
			}
			p.Set(chaosproxy.None)
			receive(t, c, "up")
		}, "the other direction is open"},
		{"lose answer", chaosproxy.LoseAnswer(), func(t *testing.T, p *chaosproxy.Proxy, c net.Conn, heard <-chan string) {
			send(t, c, "request")
			if s := <-heard; s != "request" {
				t.Errorf("the server heard %q", s)
			}
			if got := broken(t, c); got != "" {
				t.Errorf("received %q", got)
			}
		}, "the request arrives and its answer does not"},
		{"cut", chaosproxy.Cut(chaosproxy.Down, 4), func(t *testing.T, p *chaosproxy.Proxy, c net.Conn, heard <-chan string) {
			send(t, c, "123456789")
			if got := broken(t, c); !strings.HasPrefix("1234", got) {
				t.Errorf("received %q", got)
			}
		}, "no more than the first bytes pass"},
		{"black hole", chaosproxy.BlackHole(), func(t *testing.T, p *chaosproxy.Proxy, c net.Conn, heard <-chan string) {
			send(t, c, "swallowed")
			if err := c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			var late net.Error
			if _, err := c.Read(make([]byte, 1)); !errors.As(err, &late) || !late.Timeout() {
				t.Errorf("reading: %v, want silence", err)
			}
			if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			p.Set(chaosproxy.None)
			send(t, c, "x")
			if got := broken(t, c); got != "" {
				t.Errorf("received %q behind a hole", got)
			}
		}, "nothing goes on behind a hole"},
		{"drip", chaosproxy.Drip(chaosproxy.Both, 2000), func(t *testing.T, p *chaosproxy.Proxy, c net.Conn, heard <-chan string) {
			send(t, c, "drop by drop")
			receive(t, c, "drop by drop")
		}, "everything arrives in the end"},
		{"delay", chaosproxy.Delay(chaosproxy.Both, time.Millisecond), func(t *testing.T, p *chaosproxy.Proxy, c net.Conn, heard <-chan string) {
			send(t, c, "later")
			receive(t, c, "later")
		}, "everything arrives in the end"},
		{"refuse", chaosproxy.Refuse(), func(t *testing.T, p *chaosproxy.Proxy, c net.Conn, heard <-chan string) {
			send(t, c, "old")
			receive(t, c, "old")
			if other, err := net.Dial("tcp", p.Addr()); err == nil { // its reset may come first
				if got := broken(t, other); got != "" {
					t.Errorf("received %q", got)
				}
				_ = other.Close()
			}
		}, "open connections stay, new ones do not come about"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			address, heard := echo(t)
			p := chaosproxy.Start(t, address)
			c := dial(t, p)
			send(t, c, "hello")
			receive(t, c, "hello")
			<-heard
			p.Set(tt.fault)
			tt.check(t, p, c, heard)
			if t.Failed() {
				t.Log(tt.why)
			}
		})
	}
}

// TestReset: both ends see the end of every connection.
func TestReset(t *testing.T) {
	address, _ := echo(t)
	p := chaosproxy.Start(t, address)
	a, b := dial(t, p), dial(t, p)
	for _, c := range []net.Conn{a, b} {
		send(t, c, "x")
		receive(t, c, "x")
	}
	if n := p.Reset(); n != 2 {
		t.Errorf("%d connections were reset, want 2", n)
	}
	broken(t, a)
	broken(t, b)
}

// TestStorm: a seed draws the same faults each time, and the proxy works after it.
func TestStorm(t *testing.T) {
	address, _ := echo(t)
	var rows [2][]string
	for i := range rows {
		p := chaosproxy.Start(t, address)
		counts, err := p.Storm(t.Context(), chaosproxy.Weather{
			Seed: 7, Rounds: 60, Longest: time.Millisecond, Calm: time.Millisecond,
			After: func(_ int, name string) { rows[i] = append(rows[i], name) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(counts) < 8 {
			t.Errorf("only %v", counts)
		}
		c := dial(t, p)
		send(t, c, "calm")
		receive(t, c, "calm")
	}
	if diff := cmp.Diff(rows[0], rows[1]); diff != "" {
		t.Errorf("one seed, two storms:\n%s", diff)
	}
}

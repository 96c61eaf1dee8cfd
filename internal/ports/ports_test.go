package ports_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"rivers.io/internal/ports"
)

func taken(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return ports.Number(l)
}

func TestDefaultPortMovesOn(t *testing.T) {
	port := taken(t)
	l, err := ports.Listen(ports.Wanted{Host: "127.0.0.1", Port: port, Flag: "--port"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := ports.Number(l); got <= port || got > port+ports.Reach {
		t.Errorf("port %d was taken, got %d", port, got)
	}
}

func TestFixedPortNamesTheOwner(t *testing.T) {
	port := taken(t)
	_, err := ports.Listen(ports.Wanted{Host: "127.0.0.1", Port: port, Fixed: true, Flag: "--port"})
	var e *ports.TakenError
	if !errors.As(err, &e) {
		t.Fatalf("Listen = %v, want a TakenError", err)
	}
	if runtime.GOOS == "linux" && !strings.Contains(err.Error(), fmt.Sprintf("pid %d", os.Getpid())) {
		t.Errorf("the message does not name this process: %v", err)
	}
	if !strings.Contains(err.Error(), "--port") {
		t.Errorf("the message does not say what to do: %v", err)
	}
}

func TestFreeCanBeListenedOn(t *testing.T) {
	port, err := ports.Free(ports.Wanted{Host: "127.0.0.1", Port: taken(t)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := ports.Listen(ports.Wanted{Host: "127.0.0.1", Port: port, Fixed: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestBadHost(t *testing.T) {
	if _, err := ports.Listen(ports.Wanted{Host: "203.0.113.1", Port: 0}); err == nil {
		t.Error("listened on an address that is not ours")
	}
}

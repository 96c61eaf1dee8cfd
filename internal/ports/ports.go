// Package ports listens on the ports of a program: a default port that is taken
// moves on to the next free one, a port that was asked for is never replaced. It
// never listens on an address it was not given.
package ports

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// Reach is how many ports after a default one are tried.
const Reach = 99

// Wanted is a port to listen on.
type Wanted struct {
	// Host is the address.
	Host string
	// Port is the port; 0 takes any.
	Port int
	// Fixed says that a person asked for this very port.
	Fixed bool
	// Flag is the flag that sets the port, for the message.
	Flag string
}

// TakenError says that a port is in use.
type TakenError struct {
	Wanted Wanted
	// Last is the last port tried.
	Last int
	// Owner names the process that listens, when it could be found.
	Owner string
}

// Error names the owner and what to do.
func (e *TakenError) Error() string {
	what := fmt.Sprintf("port %d on %s is", e.Wanted.Port, e.Wanted.Host)
	if e.Last > e.Wanted.Port {
		what = fmt.Sprintf("ports %d to %d on %s are all", e.Wanted.Port, e.Last, e.Wanted.Host)
	}
	by := ""
	if e.Owner != "" {
		by = " by " + e.Owner
	}
	return fmt.Sprintf("%s taken%s; choose another with %s", what, by, e.Wanted.Flag)
}

// Listen opens the wanted port, or the next free one when it is not fixed. The
// listener's address tells which it became.
func Listen(w Wanted) (net.Listener, error) {
	last := w.Port
	if !w.Fixed && w.Port != 0 {
		last = min(w.Port+Reach, 65535)
	}
	for port := w.Port; port <= last; port++ {
		l, err := net.Listen("tcp", net.JoinHostPort(w.Host, strconv.Itoa(port)))
		if err == nil {
			return l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("listen on %s port %d: %w", w.Host, port, err)
		}
	}
	return nil, &TakenError{Wanted: w, Last: last, Owner: Owner(w.Port)}
}

// Free returns a port that another process can listen on, by the rules of Listen.
func Free(w Wanted) (int, error) {
	l, err := Listen(w)
	if err != nil {
		return 0, err
	}
	port := Number(l)
	return port, l.Close()
}

// Number returns the port of a TCP listener.
func Number(l net.Listener) int {
	if a, ok := l.Addr().(*net.TCPAddr); ok {
		return a.Port
	}
	return 0
}

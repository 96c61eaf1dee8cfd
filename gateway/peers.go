package gateway

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// maxAnswer is the largest message that is taken from a location, its own limit.
const maxAnswer = 32 << 20

// maxPeers bounds the connections that are kept; beyond, the one used longest
// ago is closed once nothing uses it.
const maxPeers = 512

// peers keeps one connection for each endpoint of a location.
type peers struct {
	creds  credentials.TransportCredentials
	mu     sync.Mutex
	conns  map[string]*peer
	closed bool
}

// peer is a connection and how many calls use it.
type peer struct {
	conn  *grpc.ClientConn
	users int
	last  time.Time
}

func newPeers(creds credentials.TransportCredentials) *peers {
	if creds == nil {
		creds = insecure.NewCredentials()
	}
	return &peers{creds: creds, conns: map[string]*peer{}}
}

// get returns the connection to an endpoint; release gives it back.
func (p *peers) get(endpoint string) (conn *grpc.ClientConn, release func(), err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, errors.New("gateway is closed")
	}
	c := p.conns[endpoint]
	if c == nil {
		p.evict()
		conn, err := p.dial(endpoint)
		if err != nil {
			return nil, nil, err
		}
		c = &peer{conn: conn}
		p.conns[endpoint] = c
	}
	c.users++
	c.last = time.Now()
	return c.conn, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		c.users--
	}, nil
}

// dial makes a connection that connects when it is used, fails at once while the
// location is down, and looks again soon after.
func (p *peers) dial(endpoint string) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient("passthrough:///"+endpoint,
		grpc.WithTransportCredentials(p.creds),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxAnswer)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second},
			MinConnectTimeout: 2 * time.Second,
		}))
	if err != nil {
		return nil, fmt.Errorf("endpoint %s: %w", endpoint, err)
	}
	return conn, nil
}

// evict closes the unused connection that was used longest ago when there are
// too many.
func (p *peers) evict() {
	if len(p.conns) < maxPeers {
		return
	}
	oldest := ""
	for endpoint, c := range p.conns {
		if c.users == 0 && (oldest == "" || c.last.Before(p.conns[oldest].last)) {
			oldest = endpoint
		}
	}
	if oldest != "" {
		p.conns[oldest].conn.Close()
		delete(p.conns, oldest)
	}
}

func (p *peers) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	var errs []error
	for _, c := range p.conns {
		errs = append(errs, c.conn.Close())
	}
	clear(p.conns)
	return errors.Join(errs...)
}

package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	riversv1 "rivers.io/proto/rivers/v1"
)

// ClientConfig is what a Client needs; zero fields take the default they name.
type ClientConfig struct {
	// Target is the registry's host and port.
	Target string
	// Token is presented with every call; may be empty on a laptop.
	Token string
	// Namespace restricts what is watched; empty means all.
	Namespace string
	// Credentials secure the connection; default: none.
	Credentials credentials.TransportCredentials
	// MinWait and MaxWait bound the wait before a new attempt (0.5 s, 60 s).
	MinWait, MaxWait time.Duration
	Logger           *slog.Logger
}

// Client keeps a Feed like the registry's.
type Client struct {
	cfg  ClientConfig
	feed *Feed
	conn *grpc.ClientConn
}

// NewClient returns a client; Run makes it work. Close releases it.
func NewClient(cfg ClientConfig) (*Client, error) {
	if cfg.MinWait <= 0 {
		cfg.MinWait = 500 * time.Millisecond
	}
	if cfg.MaxWait <= 0 {
		cfg.MaxWait = time.Minute
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Credentials == nil {
		cfg.Credentials = insecure.NewCredentials()
	}
	conn, err := grpc.NewClient(cfg.Target, grpc.WithTransportCredentials(cfg.Credentials),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}))
	if err != nil {
		return nil, fmt.Errorf("registry %s: %w", cfg.Target, err)
	}
	return &Client{cfg: cfg, feed: NewFeed(), conn: conn}, nil
}

// Feed is what the registry is known to hold. It is synced once the first
// snapshot is complete, and stale while the registry cannot be reached; it then
// keeps what was known last (K-63).
func (c *Client) Feed() *Feed { return c.feed }

// Close releases the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Run watches the registry until ctx ends, and begins again whenever the watch
// breaks, after a wait that grows and is jittered.
func (c *Client) Run(ctx context.Context) error {
	for wait := c.cfg.MinWait; ; {
		synced, err := c.watch(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		c.feed.MarkStale()
		if synced {
			wait = c.cfg.MinWait
		}
		c.cfg.Logger.WarnContext(ctx, "watch of the registry ended", "registry", c.cfg.Target, "error", err, "wait", wait)
		if err := pause(ctx, wait); err != nil {
			return err
		}
		wait = min(2*wait, c.cfg.MaxWait)
	}
}

// pause waits between half of d and d.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d/2 + rand.N(d/2+1))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// errEnded is the error of a watch that the registry ended without one.
var errEnded = errors.New("the registry ended the watch")

// watch follows one watch to its end and reports whether it became synced.
func (c *Client) watch(ctx context.Context) (synced bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.cfg.Token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.cfg.Token)
	}
	parent := "namespaces/-"
	if c.cfg.Namespace != "" {
		parent = "namespaces/" + c.cfg.Namespace
	}
	stream, err := riversv1.NewRegistryServiceClient(c.conn).WatchCodeLocations(ctx, &riversv1.WatchCodeLocationsRequest{Parent: parent})
	if err != nil {
		return false, err
	}
	var staged []*riversv1.CodeLocation
	for {
		msg, err := stream.Recv()
		if err != nil {
			return synced, errors.Join(errEnded, err)
		}
		switch {
		case msg.CodeLocation == nil && msg.Type != riversv1.WatchCodeLocationsResponse_EVENT_TYPE_SYNCED:
			return synced, fmt.Errorf("the registry sent %s without an entry", msg.Type)
		case msg.Type == riversv1.WatchCodeLocationsResponse_EVENT_TYPE_SYNCED:
			c.feed.Replace(staged)
			staged, synced = nil, true
		case !synced:
			staged = append(staged, msg.CodeLocation)
		case msg.Type == riversv1.WatchCodeLocationsResponse_EVENT_TYPE_DELETED:
			c.feed.Remove(msg.CodeLocation.GetNamespace(), msg.CodeLocation.GetName())
		default:
			c.feed.Put(msg.CodeLocation)
		}
	}
}

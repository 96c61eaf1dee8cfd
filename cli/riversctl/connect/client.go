package connect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/nearest"
	riversv1 "rivers.io/proto/rivers/v1"
)

// MaxMessage is the largest answer that is taken, in bytes.
const MaxMessage = 64 << 20

// Client talks to one target. It dials when it is first used; Close ends its
// connections.
type Client struct {
	target Target

	mu    sync.Mutex
	conns map[string]*grpc.ClientConn
}

// New makes a client.
func New(t Target) *Client { return &Client{target: t, conns: map[string]*grpc.ClientConn{}} }

// Target returns what the client talks to.
func (c *Client) Target() Target { return c.target }

// Close ends all connections.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		_ = conn.Close() // nothing is under way
	}
	clear(c.conns)
}

func (c *Client) dial(address string) (*grpc.ClientConn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn := c.conns[address]; conn != nil {
		return conn, nil
	}
	creds := insecure.NewCredentials()
	if c.target.TLS {
		creds = credentials.NewTLS(nil)
	}
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(creds),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessage)))
	if err != nil {
		return nil, exit.Unreachablef("%s: %w", address, err)
	}
	c.conns[address] = conn
	return conn, nil
}

func (c *Client) authorize(ctx context.Context) context.Context {
	if c.target.Token == "" {
		return ctx
	}
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.target.Token)
}

// Locations lists what the registry knows in the target's namespace.
func (c *Client) Locations(ctx context.Context) ([]*riversv1.CodeLocation, error) {
	conn, err := c.dial(c.target.Registry)
	if err != nil {
		return nil, err
	}
	resp, err := riversv1.NewRegistryServiceClient(conn).ListCodeLocations(c.authorize(ctx),
		&riversv1.ListCodeLocationsRequest{Parent: "namespaces/" + c.target.Namespace})
	switch status.Code(err) {
	case codes.OK:
		return resp.GetCodeLocations(), nil
	case codes.Unavailable:
		return nil, exit.Unreachablef("the registry at %s (%s) does not answer: %w", c.target.Registry, c.target.Origin, err)
	default:
		return nil, fmt.Errorf("registry at %s (%s): %w", c.target.Registry, c.target.Origin, err)
	}
}

// Choose returns the location called name; with an empty name that of the target,
// or the only one there is.
func (c *Client) Choose(ctx context.Context, name string) (*riversv1.CodeLocation, error) {
	all, err := c.Locations(ctx)
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = c.target.Location
	}
	names := make([]string, len(all))
	for i, l := range all {
		names[i] = l.GetName()
		if l.GetName() == name || name == "" && len(all) == 1 {
			return l, nil
		}
	}
	slices.Sort(names)
	switch {
	case len(all) == 0:
		return nil, exit.Unreachablef("%s has no code location in namespace %q yet", c.target.Origin, c.target.Namespace)
	case name == "":
		return nil, exit.Usagef("there are several code locations, choose one with --location: %s", strings.Join(names, ", "))
	}
	hint := ""
	if meant, ok := nearest.To(name, names); ok {
		hint = "; did you mean " + meant + "?"
	}
	return nil, exit.Usagef("no code location is called %q%s (there is %s)", name, hint, strings.Join(names, ", "))
}

// Resource returns the resource name of a location.
func Resource(l *riversv1.CodeLocation) string {
	return "namespaces/" + l.GetNamespace() + "/codeLocations/" + l.GetName()
}

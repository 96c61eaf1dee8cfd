package connect

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/cli/riversctl/exit"
)

// Location carries calls to one location, wherever it is at the moment.
type Location struct {
	client *Client
	name   string
}

var _ grpc.ClientConnInterface = (*Location)(nil)

// Location returns the way to the location called name, chosen as by Choose.
func (c *Client) Location(name string) *Location { return &Location{client: c, name: name} }

// attempts is how often a call is tried: the location may just have moved.
const attempts = 2

// Invoke carries out a call; one that finds nobody is repeated once.
func (l *Location) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	var err error
	for range attempts {
		var conn *grpc.ClientConn
		if conn, err = l.conn(ctx); err != nil {
			return err
		}
		if err = conn.Invoke(l.client.authorize(ctx), method, args, reply, opts...); status.Code(err) != codes.Unavailable {
			return err
		}
	}
	return err
}

// NewStream opens a stream to where the location is now. A stream that breaks is
// the caller's to open again.
func (l *Location) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	conn, err := l.conn(ctx)
	if err != nil {
		return nil, err
	}
	return conn.NewStream(l.client.authorize(ctx), desc, method, opts...)
}

func (l *Location) conn(ctx context.Context) (*grpc.ClientConn, error) {
	entry, err := l.client.Choose(ctx, l.name)
	if err != nil {
		return nil, err
	}
	if entry.GetEndpoint() == "" {
		why := entry.GetMessage()
		if why == "" {
			why = "nothing serves it"
		}
		return nil, exit.Unreachablef("code location %s is %s: %w", entry.GetName(), entry.GetPhase(),
			fmt.Errorf("%w", status.Error(codes.Unavailable, why)))
	}
	return l.client.dial(entry.GetEndpoint())
}

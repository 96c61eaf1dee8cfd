package gateway

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/rest"
)

// located is a request that names its code location.
type located interface{ GetLocation() string }

// target is where a request is forwarded to.
type target struct {
	entry   *riversv1.CodeLocation
	conn    *grpc.ClientConn
	release func()
}

// retryWait is how long a call waits for a location that was down a moment ago.
const retryWait = 500 * time.Millisecond

// awaken makes a connection that failed look again at once, instead of after its
// backoff: the location may have come back.
func awaken(ctx context.Context, conn *grpc.ClientConn) {
	if conn.GetState() != connectivity.TransientFailure {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, retryWait)
	defer cancel()
	conn.ResetConnectBackoff()
	conn.WaitForStateChange(ctx, connectivity.TransientFailure)
}

// target returns the connection to the location that a request names.
func (g *Gateway) target(ctx context.Context, req located) (target, error) {
	entry, err := g.cfg.entryOf(req.GetLocation())
	if err != nil {
		return target{}, err
	}
	if entry.Endpoint == "" {
		return target{}, down(entry, "LOCATION_DOWN", "is not ready")
	}
	conn, release, err := g.peers.get(entry.Endpoint)
	if err != nil {
		return target{}, down(entry, "LOCATION_UNREACHABLE", "cannot be reached")
	}
	awaken(ctx, conn)
	return target{entry: entry, conn: conn, release: release}, nil
}

// outgoing is the context of a forwarded call: the location's token, and the
// user that this process vouches for.
func (g *Gateway) outgoing(ctx context.Context, entry *riversv1.CodeLocation) context.Context {
	md := metadata.MD{}
	if in, ok := metadata.FromIncomingContext(ctx); ok {
		for _, key := range []string{rest.UserKey, "traceparent"} {
			if v := in.Get(key); len(v) > 0 {
				md.Set(key, v[0])
			}
		}
	}
	if g.cfg.Token != nil {
		if token := g.cfg.Token(entry); token != "" {
			md.Set("authorization", "Bearer "+token)
		}
	}
	return metadata.NewOutgoingContext(ctx, md)
}

// unary forwards a call to the location that it names.
func unary[C any, Req located, Resp any](
	ctx context.Context, g *Gateway, req Req, client func(grpc.ClientConnInterface) C,
	call func(C, context.Context, Req, ...grpc.CallOption) (Resp, error),
) (Resp, error) {
	var none Resp
	to, err := g.target(ctx, req)
	if err != nil {
		return none, err
	}
	defer to.release()
	resp, err := call(client(to.conn), g.outgoing(ctx, to.entry), req)
	if err != nil {
		return none, to.failed(ctx, err)
	}
	return resp, nil
}

// stream forwards a call that answers with a stream.
func stream[C any, Req located, Resp any](
	g *Gateway, req Req, out grpc.ServerStreamingServer[Resp], client func(grpc.ClientConnInterface) C,
	call func(C, context.Context, Req, ...grpc.CallOption) (grpc.ServerStreamingClient[Resp], error),
) error {
	to, err := g.target(out.Context(), req)
	if err != nil {
		return err
	}
	defer to.release()
	ctx, cancel := context.WithCancel(out.Context())
	defer cancel()
	in, err := call(client(to.conn), g.outgoing(ctx, to.entry), req)
	if err != nil {
		return to.failed(ctx, err)
	}
	for {
		msg, err := in.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return to.failed(ctx, err)
		}
		if err := out.Send(msg); err != nil {
			return err
		}
	}
}

// failed passes on what the location answered, and says so when it was not the
// location that answered. A wrong token is this process's fault, not the
// caller's.
func (t target) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch st := status.Convert(err); {
	case fault.Reason(err) == "" && st.Code() == codes.Unavailable:
		return down(t.entry, "LOCATION_UNREACHABLE", "cannot be reached")
	case st.Code() == codes.Unauthenticated:
		return down(t.entry, "LOCATION_TOKEN", "refuses the token of the gateway")
	}
	return err
}

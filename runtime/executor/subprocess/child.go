package subprocess

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	hostv1 "rivers.io/proto/rivers/host/v1"
	"rivers.io/runtime/host"
)

// fd is the descriptor of the child's end of the socket pair.
const fd = 3

// Serve carries out the one step that the parent orders, on h, and returns when
// the parent has the result or is gone. It is what the child's main calls.
func Serve(ctx context.Context, h host.Host) error {
	file := os.NewFile(fd, "parent")
	conn, err := net.FileConn(file)
	if err != nil {
		return fmt.Errorf("this command is started by an executor only: %w", err)
	}
	_ = file.Close()
	l := &oneConn{conn: make(chan net.Conn, 1), closed: make(chan struct{})}
	l.conn <- &watchedConn{Conn: conn, gone: l.closed}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))
	hostv1.RegisterHostServiceServer(server, &childServer{host: h})
	go func() {
		select {
		case <-ctx.Done():
		case <-l.closed:
		}
		server.Stop()
	}()
	if err := server.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// oneConn is a listener that accepts one connection.
type oneConn struct {
	conn   chan net.Conn
	closed chan struct{}
}

// Accept returns the connection, then waits for its end.
func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close does nothing: the listener ends with its connection.
func (*oneConn) Close() error { return nil }

// Addr names the socket pair.
func (*oneConn) Addr() net.Addr { return &net.UnixAddr{Name: "parent", Net: "unix"} }

// watchedConn tells when it is closed.
type watchedConn struct {
	net.Conn
	gone chan struct{}
	once sync.Once
}

// Close closes the connection once.
func (c *watchedConn) Close() error {
	c.once.Do(func() { close(c.gone) })
	return c.Conn.Close()
}

type childServer struct {
	hostv1.UnimplementedHostServiceServer
	host host.Host
}

type hostStream = grpc.BidiStreamingServer[hostv1.ExecuteRequest, hostv1.ExecuteResponse]

// Execute implements the contract.
func (s *childServer) Execute(stream hostStream) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	order := first.GetOrder()
	if order == nil {
		return status.Error(codes.InvalidArgument, "the first message is not an order")
	}
	env := newChildEnv(stream)
	go env.receive()
	result, err := s.host.Execute(stream.Context(), requestOf(order), env)
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return env.send(&hostv1.ExecuteResponse{Message: &hostv1.ExecuteResponse_Result{Result: resultToProto(result)}})
}

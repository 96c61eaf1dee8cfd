package subprocess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"os"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	hostv1 "rivers.io/proto/rivers/host/v1"
	"rivers.io/runtime/host"
	"rivers.io/runtime/partition"
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

// childEnv asks the parent.
type childEnv struct {
	stream hostStream
	sendMu sync.Mutex
	logger *slog.Logger

	mu      sync.Mutex
	next    uint64
	values  map[uint64]chan *hostv1.ValuesAnswer
	missing map[uint64]chan *hostv1.MissingAnswer
}

var _ host.Env = (*childEnv)(nil)

func newChildEnv(stream hostStream) *childEnv {
	e := &childEnv{
		stream: stream,
		values: map[uint64]chan *hostv1.ValuesAnswer{}, missing: map[uint64]chan *hostv1.MissingAnswer{},
	}
	e.logger = slog.New(&recorder{send: func(l *hostv1.Log) error {
		return e.send(&hostv1.ExecuteResponse{Message: &hostv1.ExecuteResponse_Log{Log: l}})
	}})
	return e
}

func (e *childEnv) send(m *hostv1.ExecuteResponse) error {
	e.sendMu.Lock()
	defer e.sendMu.Unlock()
	return e.stream.Send(m)
}

// receive hands answers to those who asked, until the stream ends.
func (e *childEnv) receive() {
	for {
		msg, err := e.stream.Recv()
		if err != nil {
			return
		}
		switch m := msg.GetMessage().(type) {
		case *hostv1.ExecuteRequest_Values:
			deliver(e, e.values, m.Values.GetId(), m.Values)
		case *hostv1.ExecuteRequest_Missing:
			deliver(e, e.missing, m.Missing.GetId(), m.Missing)
		}
	}
}

func deliver[T any](e *childEnv, to map[uint64]chan T, id uint64, answer T) {
	e.mu.Lock()
	c := to[id]
	e.mu.Unlock()
	if c == nil {
		return // withdrawn
	}
	select {
	case c <- answer:
	case <-e.stream.Context().Done():
	}
}

func ask[T any](e *childEnv, in map[uint64]chan T, depth int) (uint64, chan T, func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.next++
	id, c := e.next, make(chan T, depth)
	in[id] = c
	return id, c, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(in, id)
	}
}

// Values implements host.Env.
func (e *childEnv) Values(ctx context.Context, input int) iter.Seq2[host.Value, error] {
	return func(yield func(host.Value, error) bool) {
		id, answers, forget := ask(e, e.values, 4)
		defer forget()
		if err := e.ask(&hostv1.ValuesQuestion{Id: id, Input: int32(input)}); err != nil {
			yield(host.Value{}, err)
			return
		}
		for {
			select {
			case <-ctx.Done():
				yield(host.Value{}, context.Cause(ctx))
				return
			case <-e.stream.Context().Done():
				yield(host.Value{}, errors.New("the executor is gone"))
				return
			case a := <-answers:
				if done := e.give(a, yield); done {
					return
				}
			}
		}
	}
}

func (e *childEnv) ask(q *hostv1.ValuesQuestion) error {
	return e.send(&hostv1.ExecuteResponse{Message: &hostv1.ExecuteResponse_Values{Values: q}})
}

// give yields a piece of an answer; it is true when no more is to come.
func (e *childEnv) give(a *hostv1.ValuesAnswer, yield func(host.Value, error) bool) bool {
	for _, v := range a.GetValues() {
		if !yield(valueOf(v), nil) {
			// The parent records what it handed out; what was under way is
			// part of it.
			_ = e.ask(&hostv1.ValuesQuestion{Id: a.GetId(), Cancel: true})
			return true
		}
	}
	if a.GetError() != "" {
		yield(host.Value{}, errors.New(a.GetError()))
	}
	return a.GetLast()
}

// Missing implements host.Env.
func (e *childEnv) Missing(ctx context.Context, input, limit int) ([]partition.Key, uint64, error) {
	id, answers, forget := ask(e, e.missing, 1)
	defer forget()
	question := &hostv1.MissingQuestion{Id: id, Input: int32(input), Limit: int32(limit)}
	if err := e.send(&hostv1.ExecuteResponse{Message: &hostv1.ExecuteResponse_Missing{Missing: question}}); err != nil {
		return nil, 0, err
	}
	select {
	case <-ctx.Done():
		return nil, 0, context.Cause(ctx)
	case <-e.stream.Context().Done():
		return nil, 0, errors.New("the executor is gone")
	case a := <-answers:
		if a.GetError() != "" {
			return nil, 0, errors.New(a.GetError())
		}
		keys := make([]partition.Key, len(a.GetFirst()))
		for i, k := range a.GetFirst() {
			keys[i] = partition.Key(k)
		}
		return keys, a.GetTotal(), nil
	}
}

// Logger implements host.Env.
func (e *childEnv) Logger() *slog.Logger { return e.logger }

// Stdout is the process's own, which the parent reads.
func (*childEnv) Stdout() io.Writer { return os.Stdout }

// Stderr is the process's own, which the parent reads.
func (*childEnv) Stderr() io.Writer { return os.Stderr }

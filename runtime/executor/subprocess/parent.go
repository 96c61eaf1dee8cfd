package subprocess

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	hostv1 "rivers.io/proto/rivers/host/v1"
	"rivers.io/runtime/host"
)

// maxMessage bounds one message of the seam, in bytes.
const maxMessage = 16 << 20

// defaultGrace is how long a child may take to end by itself after its result.
const defaultGrace = 10 * time.Second

// Config says how children are started.
type Config struct {
	// Path is the binary; Args follow it and make it call Serve. Empty is this
	// process's own binary. That one is never mixed with another build: on
	// Linux children run the file that this process was started from, whatever
	// lies at its path by now; elsewhere a file that changed is refused.
	Path string
	Args []string
	// Env is the child's whole environment.
	Env []string
	// Dir is its working directory; empty is the parent's.
	Dir string
	// Grace is how long a child that gave its result may take to end by itself,
	// for example to tear its resources down; default 10 s. After that it is
	// killed, and its result counts all the same.
	Grace time.Duration
	// Logger is told about children; nil discards it.
	Logger *slog.Logger
}

// Host runs each step in a child. It is safe for concurrent use.
type Host struct {
	cfg     Config
	program program
}

var _ host.Host = (*Host)(nil)

// New returns a host; nothing is started before a step is.
func New(cfg Config) *Host {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Grace <= 0 {
		cfg.Grace = defaultGrace
	}
	return &Host{cfg: cfg, program: newProgram(cfg.Path)}
}

// Execute implements host.Host. An env that is a host.ProcessWatcher is told the
// child's pid before the child gets its order.
func (h *Host) Execute(ctx context.Context, req host.Request, env host.Env) (host.Result, error) {
	c, err := h.start(env)
	if err != nil {
		return host.Result{}, infrastructure{fmt.Errorf("start a child process: %w", err)}
	}
	stop := context.AfterFunc(ctx, c.kill)
	defer stop()
	if w, ok := env.(host.ProcessWatcher); ok {
		w.Started(c.pid())
	}
	result, callErr := c.call(ctx, req, env)
	patience := h.cfg.Grace
	if callErr != nil {
		// A child that died has a status to tell; one that broke the contract
		// is still there and must go.
		patience = waitDelay
	}
	exit := c.wait(patience, h.cfg.Logger)
	switch {
	case callErr == nil:
		return result, nil
	case ctx.Err() != nil:
		return host.Result{}, context.Cause(ctx)
	case status.Code(callErr) == codes.InvalidArgument, status.Code(callErr) == codes.NotFound:
		return host.Result{}, errors.New(status.Convert(callErr).Message())
	}
	return host.Result{Failure: c.failure(exit, callErr)}, nil
}

// infrastructure is an error of the machinery, not of user code.
type infrastructure struct{ error }

// Infrastructure marks the reason of the failure.
func (infrastructure) Infrastructure() bool { return true }

// call speaks the contract over the socket pair.
func (c *child) call(ctx context.Context, req host.Request, env host.Env) (host.Result, error) {
	conn, err := grpc.NewClient("passthrough:child",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return c.dial() }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)))
	if err != nil {
		return host.Result{}, err
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := hostv1.NewHostServiceClient(conn).Execute(ctx, grpc.WaitForReady(false))
	if err != nil {
		return host.Result{}, err
	}
	order := &hostv1.ExecuteRequest{Message: &hostv1.ExecuteRequest_Order{Order: orderOf(req)}}
	if err := stream.Send(order); err != nil {
		return host.Result{}, err
	}
	return newConversation(ctx, cancel, stream, env).run()
}

var errDialed = errors.New("the child ended")

// dial gives the one connection there is; gRPC asks again once it broke.
func (c *child) dial() (net.Conn, error) {
	conn, err := net.Conn(nil), errDialed
	c.once.Do(func() { conn, err = c.conn, nil })
	return conn, err
}

// failure classifies the end of a child that gave no result (D-132).
func (c *child) failure(exit, callErr error) *host.Failure {
	f := &host.Failure{Reason: "error", Kinds: []string{"process_exit"}}
	var ee *exec.ExitError
	switch {
	case errors.As(exit, &ee):
		ws, _ := ee.Sys().(syscall.WaitStatus)
		code := ee.ExitCode()
		if ws.Signaled() {
			f.Message = fmt.Sprintf("the step's process was ended by signal %v", ws.Signal())
			code = 128 + int(ws.Signal())
		} else {
			f.Message = fmt.Sprintf("the step's process exited with status %d before the step ended", code)
		}
		if code == 137 || code == 143 {
			f.Reason = "infrastructure"
		}
	default:
		f.Message = "the step's process ended without a result: " + status.Convert(callErr).Message()
	}
	if t := strings.TrimSpace(c.tail.String()); t != "" {
		f.Message += "\n" + t
	}
	return f
}

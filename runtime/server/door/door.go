package door

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"buf.build/go/protovalidate"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	"rivers.io/gateway/openapi"
	"rivers.io/runtime/server/rest"
)

// Door serves gRPC and REST on one listener. It is made by New, serves one
// listener in its life, and is NOT_SERVING until SetReady.
type Door struct {
	cfg    Config
	grpc   *grpc.Server
	health *health.Server
	http   *http.Server
	api    http.Handler
	memory *queue
	self   *grpc.ClientConn

	ready     atomic.Bool
	draining  chan struct{}
	drain     func()
	stopped   chan struct{}
	serveOnce sync.Once
	stopOnce  sync.Once
	mu        sync.Mutex
	listener  net.Listener
}

// New builds the door; Serve opens it.
func New(cfg Config) (*Door, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &Door{
		cfg: cfg, health: health.NewServer(), memory: newQueue(memoryAddr{}),
		draining: make(chan struct{}), stopped: make(chan struct{}),
	}
	d.drain = sync.OnceFunc(d.beginDrain)
	if err := d.buildGRPC(); err != nil {
		return nil, err
	}
	if err := d.buildHTTP(); err != nil {
		return nil, err
	}
	d.SetReady(false)
	return d, nil
}

// memoryAddr is the address of the connection between REST and gRPC.
type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "memory" }

func (d *Door) buildGRPC() error {
	valid, err := protovalidate.New()
	if err != nil {
		return fmt.Errorf("door: rules of messages: %w", err)
	}
	counts, err := newCounts(d.cfg.Metrics)
	if err != nil {
		return fmt.Errorf("door: metrics: %w", err)
	}
	i := &interceptor{
		token: newToken(d.cfg.Token), valid: valid, timeout: d.cfg.Timeout,
		drain: d.draining, counts: counts, log: d.cfg.Logger,
	}
	d.grpc = grpc.NewServer(
		grpc.UnaryInterceptor(i.unary), grpc.StreamInterceptor(i.stream),
		grpc.MaxRecvMsgSize(d.cfg.MaxMessage), grpc.MaxSendMsgSize(d.cfg.MaxAnswer),
		grpc.MaxConcurrentStreams(1024), grpc.MaxHeaderListSize(64<<10), grpc.ConnectionTimeout(sniffTimeout),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	)
	d.cfg.Register(d.grpc)
	healthpb.RegisterHealthServer(d.grpc, d.health)
	reflection.Register(d.grpc)
	return nil
}

func (d *Door) buildHTTP() error {
	var err error
	d.self, err = grpc.NewClient("passthrough:///memory",
		grpc.WithContextDialer(d.memory.dial), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(d.cfg.MaxAnswer)))
	if err != nil {
		return fmt.Errorf("door: %w", err)
	}
	guard := rest.Config{
		Conn: d.self, Routes: d.cfg.Routes, Metadata: d.cfg.Metadata,
		MaxBody: int64(d.cfg.MaxMessage), Hosts: d.cfg.Hosts, Logger: d.cfg.Logger,
	}
	api, err := rest.New(guard)
	if err != nil {
		return errors.Join(err, d.self.Close())
	}
	routes := http.NewServeMux()
	routes.Handle("/", api)
	routes.Handle("GET /v1/openapi.json", rest.Guard(http.HandlerFunc(serveOpenAPI), guard))
	d.api = routes
	token := newToken(d.cfg.Token)
	mux := http.NewServeMux()
	mux.Handle("/", d.api)
	mux.HandleFunc("GET /healthz", d.healthz)
	mux.HandleFunc("GET /readyz", d.readyz)
	mux.Handle("GET /metrics", rest.Guard(token.guardHTTP(promhttp.HandlerFor(d.cfg.Metrics, promhttp.HandlerOpts{})), guard))
	for pattern, handler := range d.cfg.Handlers {
		mux.Handle(pattern, token.guardHTTP(handler))
	}
	d.http = &http.Server{
		Handler: mux, ReadHeaderTimeout: sniffTimeout, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	return nil
}

// Handler is the REST of the services and /v1/openapi.json, to be mounted in the
// server of another package. It answers while Serve or ServeMemory runs.
func (d *Door) Handler() http.Handler { return d.api }

// SetReady turns readiness on or off; during a drain it stays off.
func (d *Door) SetReady(ready bool) {
	if d.Draining() {
		ready = false
	}
	d.ready.Store(ready)
	status := healthpb.HealthCheckResponse_NOT_SERVING
	if ready {
		status = healthpb.HealthCheckResponse_SERVING
	}
	d.health.SetServingStatus("", status)
	for service := range d.grpc.GetServiceInfo() {
		d.health.SetServingStatus(service, status)
	}
}

// Draining reports whether the drain has begun.
func (d *Door) Draining() bool {
	select {
	case <-d.draining:
		return true
	default:
		return false
	}
}

// Drain turns readiness off and ends streams; calls are still answered, so that
// what is asked for here can finish. It is idempotent.
func (d *Door) Drain() { d.drain() }

func (d *Door) beginDrain() {
	close(d.draining)
	d.ready.Store(false)
	d.health.Shutdown()
}

// Serve answers on lis until Stop, which makes it return nil. It may be called
// once.
func (d *Door) Serve(lis net.Listener) error {
	err := errors.New("door: Serve may be called once")
	d.serveOnce.Do(func() { err = d.serve(lis) })
	return err
}

// ServeMemory answers what comes through Handler until Stop, without a listener.
// It takes the place of Serve.
func (d *Door) ServeMemory() error {
	err := errors.New("door: Serve may be called once")
	d.serveOnce.Do(func() { err = ignoreClosed(d.grpc.Serve(d.memory)) })
	return err
}

func (d *Door) serve(lis net.Listener) error {
	d.mu.Lock()
	d.listener = lis
	d.mu.Unlock()
	select {
	case <-d.stopped:
		return lis.Close()
	default:
	}
	if d.cfg.TLS != nil {
		secure := d.cfg.TLS.Clone()
		secure.NextProtos = []string{"h2", "http/1.1"}
		lis = tls.NewListener(lis, secure)
	}
	split := newSplitter(lis.Addr(), d.cfg.MaxConns)
	var running sync.WaitGroup
	failed := make(chan error, 3)
	for _, serve := range []func() error{
		func() error { return d.grpc.Serve(split.grpc) },
		func() error { return d.grpc.Serve(d.memory) },
		func() error { return d.http.Serve(split.http) },
	} {
		running.Go(func() { failed <- ignoreClosed(serve()) })
	}
	err := split.run(lis)
	running.Wait()
	close(failed)
	for e := range failed {
		err = errors.Join(err, e)
	}
	return err
}

// ignoreClosed drops the errors that only say that a server was stopped.
func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, grpc.ErrServerStopped) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Stop drains, waits until ctx ends for the calls in progress, and cuts what is
// left. It returns ctx's error when something was cut. A second call waits for the
// first one and returns nil.
func (d *Door) Stop(ctx context.Context) error {
	var err error
	d.stopOnce.Do(func() { err = d.stop(ctx) })
	return err
}

func (d *Door) stop(ctx context.Context) error {
	d.Drain()
	d.mu.Lock()
	close(d.stopped)
	lis := d.listener
	d.mu.Unlock()
	if lis != nil {
		lis.Close()
	}
	err := d.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, d.http.Close())
	}
	err = errors.Join(err, d.stopGRPC(ctx), d.self.Close())
	d.memory.close()
	return err
}

func (d *Door) stopGRPC(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		d.grpc.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		d.grpc.Stop()
		<-done
		return ctx.Err()
	}
}

func (d *Door) healthz(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok\n") }

func (d *Door) readyz(w http.ResponseWriter, _ *http.Request) {
	switch {
	case d.Draining():
		writeText(w, http.StatusServiceUnavailable, "draining\n")
	case !d.ready.Load():
		writeText(w, http.StatusServiceUnavailable, "not ready yet\n")
	default:
		writeText(w, http.StatusOK, "ok\n")
	}
}

func writeText(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text))
}

func serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openapi.Document())
}

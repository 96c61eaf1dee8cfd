package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/door"
	"rivers.io/runtime/server/rest"
)

// Config is what the registry's server needs.
type Config struct {
	// Feed is what is served.
	Feed *Feed
	// Token must be presented by every call but health.
	Token string
	// Anonymous allows an empty Token, for a laptop; in a cluster a registry
	// without a token refuses to start (K-61).
	Anonymous bool
	// TLS, when not nil, secures the listener.
	TLS *tls.Config
	// Metrics is served at /metrics; nil makes a new registry.
	Metrics *prometheus.Registry
	Logger  *slog.Logger
}

// Server serves a Feed over gRPC and REST on one listener. It is SERVING while
// its feed is synced and it does not drain.
type Server struct {
	door *door.Door
	feed *Feed
}

// Routes are the REST routes of the registry.
var Routes = []rest.Route{
	rest.Client(riversv1.NewRegistryServiceClient, riversv1.RegisterRegistryServiceHandlerClient),
}

// NewServer builds the server.
func NewServer(cfg Config) (*Server, error) {
	if cfg.Feed == nil {
		return nil, errors.New("registry: Feed is required")
	}
	if cfg.Token == "" && !cfg.Anonymous {
		return nil, errors.New("registry: a token is required: without one anybody could list the code locations")
	}
	service := NewService(cfg.Feed)
	d, err := door.New(door.Config{
		Register: func(r grpc.ServiceRegistrar) { riversv1.RegisterRegistryServiceServer(r, service) },
		Routes:   Routes, Token: cfg.Token, TLS: cfg.TLS, Metrics: cfg.Metrics, Logger: cfg.Logger,
	})
	return &Server{door: d, feed: cfg.Feed}, err
}

// Serve answers on lis until Stop, which makes it return nil. It closes lis, and
// may be called once.
func (s *Server) Serve(lis net.Listener) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.feed.Synced():
			s.door.SetReady(true)
		case <-ctx.Done():
		}
	}()
	return s.door.Serve(lis)
}

// Drain turns readiness off and ends the watches. It is idempotent.
func (s *Server) Drain() { s.door.Drain() }

// Stop drains, waits until ctx ends for the calls in progress, and cuts what is
// left.
func (s *Server) Stop(ctx context.Context) error { return s.door.Stop(ctx) }

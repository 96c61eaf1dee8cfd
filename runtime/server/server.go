package server

import (
	"context"
	"net"
	"time"

	"google.golang.org/grpc"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/server/door"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/read"
	"rivers.io/runtime/server/rest"
	"rivers.io/runtime/store"
)

// Server is the API of one code location. It is made by New, answers on one
// listener between Serve and Stop, and is NOT_SERVING until SetReady.
type Server struct {
	cfg   Config
	door  *door.Door
	start time.Time
}

// Routes are the REST routes of a location's services.
var Routes = []rest.Route{
	rest.Client(riversv1.NewLocationServiceClient, riversv1.RegisterLocationServiceHandlerClient),
	rest.Client(riversv1.NewAssetServiceClient, riversv1.RegisterAssetServiceHandlerClient),
	rest.Client(riversv1.NewPartitionServiceClient, riversv1.RegisterPartitionServiceHandlerClient),
	rest.Client(riversv1.NewRunServiceClient, riversv1.RegisterRunServiceHandlerClient),
}

// New builds the server of a location.
func New(cfg Config) (*Server, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, start: cfg.Now()}
	s.door, err = door.New(door.Config{
		Register: s.register, Routes: Routes, Token: cfg.Token, TLS: cfg.TLS, Hosts: cfg.Hosts,
		Metrics: cfg.Metrics, Logger: cfg.Logger,
	})
	return s, err
}

func (s *Server) register(r grpc.ServiceRegistrar) {
	reading := read.Config{Source: source{s.cfg}, Now: s.cfg.Now, Logger: s.cfg.Logger}
	riversv1.RegisterLocationServiceServer(r, &locations{Server: s})
	riversv1.RegisterAssetServiceServer(r, &assets{Assets: read.NewAssets(reading), cfg: s.cfg})
	riversv1.RegisterPartitionServiceServer(r, read.NewPartitions(reading))
	riversv1.RegisterRunServiceServer(r, &runs{
		Runs: read.NewRuns(reading), cfg: s.cfg, draining: func() bool { return s.door.Draining() },
	})
}

// Serve answers on lis until Stop, which makes it return nil. It closes lis, and
// may be called once.
func (s *Server) Serve(lis net.Listener) error { return s.door.Serve(lis) }

// SetReady turns readiness on or off: gRPC health and /readyz.
func (s *Server) SetReady(ready bool) { s.door.SetReady(ready) }

// Drain turns readiness off, refuses new runs and ends the watches; other calls
// are still answered. It is idempotent.
func (s *Server) Drain() { s.door.Drain() }

// Stop drains, waits until ctx ends for the calls in progress, and cuts what is
// left; it returns an error when it had to.
func (s *Server) Stop(ctx context.Context) error { return s.door.Stop(ctx) }

// source is the location itself as the source of what it reads.
type source struct{ cfg Config }

// ResourceName returns how a location is addressed.
func ResourceName(namespace, name string) string {
	return "namespaces/" + namespace + "/codeLocations/" + name
}

// check refuses what is addressed to another location.
func (s source) check(location string) error {
	own := ResourceName(s.cfg.Namespace, s.cfg.Name)
	if location == "" || location == own {
		return nil
	}
	return fault.NotFound("CODE_LOCATION_NOT_FOUND", "this is "+own+", not "+location, "location", location, "own", own)
}

// State implements read.Source.
func (s source) State(_ context.Context, location string) (store.Location, error) {
	return s.cfg.State, s.check(location)
}

// Graph implements read.Source.
func (s source) Graph(_ context.Context, location string) (*asset.Graph, error) {
	return s.cfg.Graph, s.check(location)
}

package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/door"
	"rivers.io/runtime/server/read"
	"rivers.io/runtime/server/rest"
	"rivers.io/runtime/store"
)

// Registry finds code locations.
type Registry interface {
	// Lookup returns the entry of a code location.
	Lookup(namespace, name string) (*riversv1.CodeLocation, bool)
}

// Config is what New needs.
type Config struct {
	// Registry finds code locations, and Service answers for it under
	// /v1/namespaces/{ns}/codeLocations.
	Registry Registry
	Service  riversv1.RegistryServiceServer
	// Store is the shared state; reading is enough.
	Store store.Store
	// Token returns the token to present to a location; nil presents none.
	Token func(entry *riversv1.CodeLocation) string
	// User returns on whose behalf a request is made; nil or a nil result
	// names nobody.
	User func(*http.Request) *riversv1.UserRef
	// Credentials secure the connections to locations; default: none.
	Credentials credentials.TransportCredentials
	// Hosts are accepted on loopback beside the loopback names.
	Hosts []string
	// Now is the present that grids with an open end follow; default time.Now.
	Now func() time.Time
	// Metrics counts calls; nil makes a registry of its own.
	Metrics *prometheus.Registry
	Logger  *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	var errs []error
	for _, need := range []struct {
		what string
		ok   bool
	}{{"Registry", c.Registry != nil}, {"Service", c.Service != nil}, {"Store", c.Store != nil}} {
		if !need.ok {
			errs = append(errs, errors.New("gateway: "+need.what+" is required"))
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, errors.Join(errs...)
}

// Gateway is REST over many code locations. It is made by New and ended by
// Close.
type Gateway struct {
	cfg   Config
	door  *door.Door
	peers *peers
	done  sync.WaitGroup
}

var routes = []rest.Route{
	rest.Client(riversv1.NewRegistryServiceClient, riversv1.RegisterRegistryServiceHandlerClient),
	rest.Client(riversv1.NewLocationServiceClient, riversv1.RegisterLocationServiceHandlerClient),
	rest.Client(riversv1.NewAssetServiceClient, riversv1.RegisterAssetServiceHandlerClient),
	rest.Client(riversv1.NewPartitionServiceClient, riversv1.RegisterPartitionServiceHandlerClient),
	rest.Client(riversv1.NewRunServiceClient, riversv1.RegisterRunServiceHandlerClient),
}

// New builds the gateway and begins to answer.
func New(cfg Config) (*Gateway, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Gateway{cfg: cfg, peers: newPeers(cfg.Credentials)}
	g.door, err = door.New(door.Config{
		Register: g.register, Routes: routes, Metadata: g.vouch, Hosts: cfg.Hosts, Metrics: cfg.Metrics, Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	g.done.Go(func() {
		if err := g.door.ServeMemory(); err != nil {
			cfg.Logger.Error("gateway stopped", "error", err)
		}
	})
	return g, nil
}

func (g *Gateway) register(r grpc.ServiceRegistrar) {
	reading := read.Config{Source: &source{cfg: g.cfg}, Now: g.cfg.Now, Logger: g.cfg.Logger}
	riversv1.RegisterRegistryServiceServer(r, g.cfg.Service)
	riversv1.RegisterLocationServiceServer(r, &locations{Gateway: g})
	riversv1.RegisterAssetServiceServer(r, &assets{Assets: read.NewAssets(reading), Gateway: g})
	riversv1.RegisterPartitionServiceServer(r, read.NewPartitions(reading))
	riversv1.RegisterRunServiceServer(r, &runs{Runs: read.NewRuns(reading), Gateway: g})
}

// vouch is the metadata of a request: who makes it, as the mounting server says.
func (g *Gateway) vouch(r *http.Request) metadata.MD {
	if g.cfg.User == nil {
		return nil
	}
	user := g.cfg.User(r)
	if user == nil {
		return nil
	}
	raw, err := proto.Marshal(user)
	if err != nil {
		return nil
	}
	return metadata.Pairs(rest.UserKey, string(raw))
}

// Handler serves everything under /v1. Its requests must be authenticated and
// authorized.
func (g *Gateway) Handler() http.Handler { return g.door.Handler() }

// Drain ends the watches. It is idempotent.
func (g *Gateway) Drain() { g.door.Drain() }

// Close drains, waits until ctx ends for the calls in progress, and releases the
// connections.
func (g *Gateway) Close(ctx context.Context) error {
	err := g.door.Stop(ctx)
	g.done.Wait()
	return errors.Join(err, g.peers.close())
}

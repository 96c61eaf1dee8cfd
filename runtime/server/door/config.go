package door

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"rivers.io/runtime/server/rest"
)

// Config is what New needs; zero limits take the default they name.
type Config struct {
	// Register adds the gRPC services.
	Register func(grpc.ServiceRegistrar)
	// Routes are the REST routes of the same services.
	Routes []rest.Route
	// Handlers serve more paths over HTTP, by pattern of http.ServeMux. They
	// stand behind the token but not behind the checks of package rest.
	Handlers map[string]http.Handler
	// Token, when not empty, must be presented by every call except health.
	// Only callers that present it may pass on a user.
	Token string
	// TLS, when not nil, secures the listener. A client that negotiates HTTP/2
	// then speaks gRPC; one that wants REST asks for HTTP/1.1.
	TLS *tls.Config
	// Metadata adds to the metadata of each REST call; what it gives wins over
	// what the request's headers say. Nil passes on the request's own.
	Metadata func(*http.Request) metadata.MD
	// Hosts are accepted on loopback beside the loopback names.
	Hosts []string
	// Timeout bounds a call that is no stream (60 s).
	Timeout time.Duration
	// MaxMessage bounds a received message, over gRPC and as a REST body
	// (1 MiB); MaxAnswer a sent one (32 MiB).
	MaxMessage, MaxAnswer int
	// MaxConns bounds the open connections (4096); more wait to be accepted.
	MaxConns int
	// Metrics collects what the door counts, and is served at /metrics; nil
	// makes a new registry.
	Metrics *prometheus.Registry
	Logger  *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.Register == nil {
		return c, errors.New("door: Register is required")
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	for _, n := range []struct {
		field *int
		value int
	}{{&c.MaxMessage, 1 << 20}, {&c.MaxAnswer, 32 << 20}, {&c.MaxConns, 4096}} {
		if *n.field <= 0 {
			*n.field = n.value
		}
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

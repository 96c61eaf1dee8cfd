package rest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/textproto"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
)

// Route registers the REST routes of one service on a mux; the functions
// RegisterXHandlerClient of generated code become one by Client.
type Route func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error

// Client makes a Route of a generated client constructor and its registration.
func Client[C any](client func(grpc.ClientConnInterface) C, register func(context.Context, *runtime.ServeMux, C) error) Route {
	return func(ctx context.Context, mux *runtime.ServeMux, conn grpc.ClientConnInterface) error {
		return register(ctx, mux, client(conn))
	}
}

// Config is what New needs; zero limits take the default they name.
type Config struct {
	// Conn reaches the gRPC services.
	Conn   grpc.ClientConnInterface
	Routes []Route
	// Metadata adds to the metadata of each call; nil adds nothing. What it
	// gives wins over what the request's headers say.
	Metadata func(*http.Request) metadata.MD
	// MaxBody bounds a request's body in bytes (1 MiB).
	MaxBody int64
	// BodyTimeout bounds how long a request's body may take (15 s), and
	// WriteTimeout how long one write of an answer may (30 s).
	BodyTimeout, WriteTimeout time.Duration
	// Hosts are accepted on loopback beside the loopback names, for a proxy
	// that runs on the same machine. Ports are not compared.
	Hosts  []string
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.MaxBody <= 0 {
		c.MaxBody = 1 << 20
	}
	if c.BodyTimeout <= 0 {
		c.BodyTimeout = 15 * time.Second
	}
	if c.WriteTimeout <= 0 {
		c.WriteTimeout = 30 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// New returns the guarded REST of a connection's services.
func New(cfg Config) (http.Handler, error) {
	cfg = cfg.withDefaults()
	if cfg.Conn == nil {
		return nil, fmt.Errorf("rest: Conn is required")
	}
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, marshaler()),
		runtime.WithIncomingHeaderMatcher(incoming(cfg.Metadata != nil)),
		runtime.WithOutgoingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithOutgoingTrailerMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithMetadata(annotate(cfg.Metadata)),
		runtime.WithErrorHandler(errorHandler),
		runtime.WithStreamErrorHandler(streamError),
		runtime.WithRoutingErrorHandler(routingError),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptSlash),
	)
	for _, route := range cfg.Routes {
		// The context ends only what the registration itself started; Client
		// starts nothing.
		if err := route(context.Background(), mux, cfg.Conn); err != nil {
			return nil, fmt.Errorf("rest: %w", err)
		}
	}
	return Guard(ownCredentials(mux, cfg.Metadata != nil), cfg), nil
}

// ownCredentials drops a request's credentials where the process has its own.
func ownCredentials(next http.Handler, own bool) http.Handler {
	if !own {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		r.Header.Del("Authorization")
		next.ServeHTTP(w, r)
	})
}

// Marshaling is how the API is written as JSON: every scalar and list present,
// enums by name. Unknown fields of a request are refused.
var Marshaling = protojson.MarshalOptions{EmitDefaultValues: true}

func marshaler() runtime.Marshaler {
	return &exactJSON{runtime.JSONPb{MarshalOptions: Marshaling, UnmarshalOptions: protojson.UnmarshalOptions{}}}
}

// UserKey is the metadata entry that carries a serialized UserRef from the
// gateway to a location.
const UserKey = "rivers-user-bin"

// incoming chooses the headers that become metadata beside Authorization, which
// grpc-gateway always passes on. Where the metadata of calls comes from this
// process, what a request claims about its user ends here.
func incoming(vouched bool) runtime.HeaderMatcherFunc {
	return func(header string) (string, bool) {
		switch textproto.CanonicalMIMEHeaderKey(header) {
		case "Rivers-User-Bin":
			return UserKey, !vouched
		case "Traceparent":
			return "traceparent", true
		}
		return "", false
	}
}

func annotate(more func(*http.Request) metadata.MD) func(context.Context, *http.Request) metadata.MD {
	return func(_ context.Context, r *http.Request) metadata.MD {
		if more == nil {
			return nil
		}
		return more(r)
	}
}

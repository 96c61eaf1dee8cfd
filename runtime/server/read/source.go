package read

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"google.golang.org/grpc/codes"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/internal/suggest"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/store"
)

// Source finds what a request is about. A location is the resource name of the
// request; it may be empty where there is only one.
type Source interface {
	// State returns the state of a location, or a fault.Error.
	State(ctx context.Context, location string) (store.Location, error)
	// Graph returns the assets of a location, or a fault.Error.
	Graph(ctx context.Context, location string) (*asset.Graph, error)
}

// Config is what the services of this package need.
type Config struct {
	Source Source
	// Now is the present that grids with an open end follow.
	Now func() time.Time
	// Logger is told what callers are not; nil discards.
	Logger *slog.Logger
}

// assetOf returns the index of an asset, or AssetNotFound.
func assetOf(g *asset.Graph, name string) (int, error) {
	i, ok := g.Index(name)
	if !ok {
		return 0, AssetNotFound(g, name)
	}
	return i, nil
}

// AssetNotFound returns the NOT_FOUND of an asset, with the names that were
// probably meant.
func AssetNotFound(g *asset.Graph, name string) error {
	near := suggest.Near(name, 3, func(yield func(string) bool) {
		for i := range g.Len() {
			if !yield(g.At(i).Name) {
				return
			}
		}
	})
	return fault.NotFound("ASSET_NOT_FOUND", "asset "+quote(name)+" is not declared here"+suggest.Hint(near),
		"asset", name, "near", strings.Join(near, ","))
}

// RunNotFound returns the NOT_FOUND of a run.
func RunNotFound(id string) error {
	return fault.NotFound("RUN_NOT_FOUND", "run "+id+" does not exist here", "run", id)
}

// badToken is the refusal of a page token.
func badToken(err error) error {
	text := strings.TrimSuffix(err.Error(), ": "+store.ErrPrecondition.Error())
	return fault.Invalid("page_token", "INVALID_PAGE_TOKEN", text)
}

// notPartitioned is the refusal of a question about partitions.
func notPartitioned(name string) error {
	return fault.New(codes.FailedPrecondition, "NOT_PARTITIONED", "asset "+quote(name)+" is not partitioned", "asset", name)
}

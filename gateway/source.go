package gateway

import (
	"context"
	"errors"
	"strings"
	"sync"

	"google.golang.org/grpc/codes"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/store"
)

// entryOf returns the registry's entry of a location by its resource name.
func (c Config) entryOf(location string) (*riversv1.CodeLocation, error) {
	if location == "" {
		return nil, fault.Invalid("location", "LOCATION_MISSING", "the code location is needed here")
	}
	parts := strings.Split(location, "/")
	if len(parts) != 4 {
		return nil, fault.Invalid("location", "INVALID_FIELD", "location must be namespaces/{namespace}/codeLocations/{name}")
	}
	entry, ok := c.Registry.Lookup(parts[1], parts[3])
	if !ok {
		return nil, fault.NotFound("CODE_LOCATION_NOT_FOUND", "the registry has no code location "+parts[3]+" in namespace "+parts[1],
			"namespace", parts[1], "name", parts[3])
	}
	return entry, nil
}

// down tells that a location does not answer, and why as far as that is known.
func down(entry *riversv1.CodeLocation, reason, why string) error {
	text := "code location " + entry.Name + " " + why
	if entry.Message != "" {
		text += ": " + entry.Message
	}
	return fault.New(codes.Unavailable, reason, text,
		"namespace", entry.Namespace, "name", entry.Name, "phase", entry.Phase, "endpoint", entry.Endpoint)
}

// source reads the state of any location and rebuilds its graph from the stored
// catalogue.
type source struct {
	cfg Config

	mu     sync.Mutex
	graphs map[string]*graph
}

// graph is the graph of one location as of one catalogue.
type graph struct {
	mu   sync.Mutex
	hash string
	g    *asset.Graph
}

// State implements read.Source.
func (s *source) State(_ context.Context, location string) (store.Location, error) {
	entry, err := s.cfg.entryOf(location)
	if err != nil {
		return nil, err
	}
	if entry.Identity == "" {
		return nil, down(entry, "NOT_REGISTERED", "has no identity yet")
	}
	return s.cfg.Store.Location(entry.Identity), nil
}

// Graph implements read.Source. The graph is rebuilt when the catalogue changed.
func (s *source) Graph(ctx context.Context, location string) (*asset.Graph, error) {
	state, err := s.State(ctx, location)
	if err != nil {
		return nil, err
	}
	info, err := state.CatalogueInfo(ctx)
	if errors.Is(err, store.ErrNotFound) {
		entry, entryErr := s.cfg.entryOf(location)
		if entryErr != nil {
			return nil, entryErr
		}
		return nil, down(entry, "NOT_REGISTERED", "has not registered what it declares yet")
	}
	if err != nil {
		return nil, err
	}
	cached := s.graphOf(state.ID())
	cached.mu.Lock()
	defer cached.mu.Unlock()
	if cached.g != nil && cached.hash == info.Hash {
		return cached.g, nil
	}
	defs, err := state.Definitions(ctx)
	if err != nil {
		return nil, err
	}
	g, err := asset.Resolve(defs)
	if err != nil {
		return nil, fault.New(codes.FailedPrecondition, "CATALOGUE_UNREADABLE",
			"what the code location declares is not understood by this build: "+err.Error())
	}
	cached.g, cached.hash = g, info.Hash
	return g, nil
}

func (s *source) graphOf(identity string) *graph {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.graphs == nil {
		s.graphs = map[string]*graph{}
	}
	if s.graphs[identity] == nil {
		s.graphs[identity] = &graph{}
	}
	return s.graphs[identity]
}

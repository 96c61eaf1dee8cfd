package rivers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
)

// resourceSet is the resources of one process.
type resourceSet struct {
	mu       sync.RWMutex
	values   map[*anyResource]any
	teardown []namedTeardown
}

type namedTeardown struct {
	name string
	down func() error
}

type setupKey struct{}

// setupState is one pass of setting up: the set, and the chain of resources
// that wait for each other.
type setupState struct {
	set   *resourceSet
	chain []*anyResource
}

// setUp makes the resources in order; on an error it tears down what it made.
func (s *resourceSet) setUp(ctx context.Context, resources []*anyResource, instead []Replacement) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values != nil {
		return nil
	}
	s.values = make(map[*anyResource]any, len(resources))
	for _, r := range instead {
		s.values[r.of] = r.value
	}
	state := &setupState{set: s}
	for _, r := range resources {
		if _, err := state.get(ctx, r); err != nil {
			for _, t := range slices.Backward(s.teardown) {
				err = errors.Join(err, t.run())
			}
			s.values, s.teardown = nil, nil
			return err
		}
	}
	return nil
}

// get returns a resource, setting it up unless it is; s.set.mu is held.
func (s *setupState) get(ctx context.Context, r *anyResource) (any, error) {
	if v, ok := s.set.values[r]; ok {
		return v, nil
	}
	if slices.Contains(s.chain, r) {
		return nil, fmt.Errorf("resources need each other: %s", chainNames(append(s.chain, r)))
	}
	if r.setup == nil {
		return nil, fmt.Errorf("resource %q has no setup", r.name)
	}
	inner := &setupState{set: s.set, chain: append(slices.Clone(s.chain), r)}
	v, down, err := inner.run(context.WithValue(ctx, setupKey{}, inner), r)
	if err != nil {
		return nil, fmt.Errorf("resource %q: %w", r.name, err)
	}
	s.set.values[r] = v
	if down != nil {
		s.set.teardown = append(s.set.teardown, namedTeardown{r.name, down})
	}
	return v, nil
}

// run calls the setup and turns a panic into an error.
func (s *setupState) run(ctx context.Context, r *anyResource) (v any, down func() error, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p)
		}
	}()
	return r.setup(ctx)
}

func chainNames(chain []*anyResource) string {
	names := make([]string, len(chain))
	for i, r := range chain {
		names[i] = r.name
	}
	return strings.Join(names, " → ")
}

// tearDown ends the resources in reverse order; errors are logged (D-118).
func (s *resourceSet) tearDown(log *slog.Logger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range slices.Backward(s.teardown) {
		if err := t.run(); err != nil {
			log.Error("tear down resource", "resource", t.name, "error", err)
		}
	}
	s.values, s.teardown = nil, nil
}

func (t namedTeardown) run() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = recovered(p)
		}
	}()
	return t.down()
}

func (s *resourceSet) value(r *anyResource) (any, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	v, ok := s.values[r]
	return v, ok
}

package faulty

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"rivers.io/runtime/store"
)

// Store is a store that fails by a plan.
type Store struct {
	inner  store.Store
	faults *faults

	mu    sync.Mutex
	holds []io.Closer
}

var _ store.Store = (*Store)(nil)

// New wraps a store. Closing the result closes the wrapped one.
func New(inner store.Store, plan Plan) *Store {
	return &Store{inner: inner, faults: newFaults(plan)}
}

// Writes returns how many writes have arrived, those that failed included.
func (s *Store) Writes() int { return s.faults.count() }

// Crashed is closed when the store crashes.
func (s *Store) Crashed() <-chan struct{} { return s.faults.gone }

// Crash makes every later call fail, as if the process had died now: watches
// end, and the executor ids that were held through the store are let go.
func (s *Store) Crash() {
	s.faults.crash()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.holds {
		_ = h.Close()
	}
	s.holds = nil
}

// write carries out one call that writes, with the fault that is its turn.
func (s *Store) write(ctx context.Context, do func() error) error {
	f := s.faults.next()
	if err := sleep(ctx, f.delay); err != nil {
		return err
	}
	if f.before != nil {
		if isCrash(f.before) {
			s.Crash()
		}
		return f.before
	}
	if err := do(); err != nil {
		return err
	}
	if isCrash(f.after) {
		s.Crash()
		return f.after
	}
	if err := s.faults.alive(); err != nil {
		return err
	}
	return f.after
}

// read carries out a call that does not write.
func (s *Store) read(do func() error) error {
	if err := s.faults.alive(); err != nil {
		return err
	}
	return errors.Join(do(), s.faults.alive())
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// mortal returns a context that ends with the parent or with the crash.
func (s *Store) mortal(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-s.faults.gone:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(); <-done }
}

// Location returns a handle that fails by the plan.
func (s *Store) Location(id string) store.Location { return &location{s: s, in: s.inner.Location(id)} }

// Locations lists the registered locations.
func (s *Store) Locations(ctx context.Context) (list []store.LocationInfo, err error) {
	err = s.read(func() (err error) { list, err = s.inner.Locations(ctx); return err })
	return list, err
}

// LocationOf returns the identity of the location that owns a run.
func (s *Store) LocationOf(ctx context.Context, run string) (id string, err error) {
	err = s.read(func() (err error) { id, err = s.inner.LocationOf(ctx, run); return err })
	return id, err
}

// Schema returns the version of the stored schema.
func (s *Store) Schema(ctx context.Context) (v store.Schema, err error) {
	err = s.read(func() (err error) { v, err = s.inner.Schema(ctx); return err })
	return v, err
}

// AwaitIncompatible waits on the wrapped store, or until the crash.
func (s *Store) AwaitIncompatible(ctx context.Context) error {
	inner, cancel := s.mortal(ctx)
	defer cancel()
	err := s.inner.AwaitIncompatible(inner)
	if crashed := s.faults.alive(); crashed != nil && ctx.Err() == nil {
		return crashed
	}
	return err
}

// HoldOwner holds an executor id until the result is closed or the crash.
func (s *Store) HoldOwner(executor string) (io.Closer, error) {
	if err := s.faults.alive(); err != nil {
		return nil, err
	}
	h, err := s.inner.HoldOwner(executor)
	if err != nil {
		return nil, err
	}
	once := &onceCloser{inner: h}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holds = append(s.holds, once)
	return once, nil
}

type onceCloser struct {
	once  sync.Once
	inner io.Closer
	err   error
}

func (c *onceCloser) Close() error {
	c.once.Do(func() { c.err = c.inner.Close() })
	return c.err
}

// Describe names the wrapped store.
func (s *Store) Describe() string { return s.inner.Describe() + ", failing on purpose" }

// Close closes the wrapped store.
func (s *Store) Close() error { return s.inner.Close() }

package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rivers.io/runtime/store"
)

// ownerFileAge is how long the file of a dead executor is kept: longer than
// any lease that it could prove ended.
const ownerFileAge = 10 * time.Minute

// owners are the lock files that tell living executors from dead ones.
type owners struct {
	dir string // empty for a database in memory, which has no other process

	mu   sync.Mutex
	held map[string]bool // of a database in memory
}

func newOwners(dir string) *owners { return &owners{dir: dir, held: map[string]bool{}} }

// HoldOwner announces that this process carries the executor id.
func (d *DB) HoldOwner(executor string) (io.Closer, error) {
	if err := store.CheckFileID("executor id", executor); err != nil {
		return nil, err
	}
	if d.owners.dir == "" {
		return d.owners.holdHere(executor)
	}
	return d.owners.hold(executor)
}

func (o *owners) hold(executor string) (io.Closer, error) {
	if err := os.MkdirAll(o.dir, 0o750); err != nil {
		return nil, fmt.Errorf("lock files of executors: %w: %w", classify(err), err)
	}
	path := filepath.Join(o.dir, executor)
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, fmt.Errorf("lock file of executor %s: %w: %w", executor, classify(err), err)
		}
		locked, err := lockFile(f)
		if errors.Is(err, errors.ErrUnsupported) {
			return f, nil
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock %s: %w: %w", path, store.ErrUnavailable, err), f.Close())
		}
		if !locked {
			return nil, errors.Join(fmt.Errorf("executor %s is held by a living process: %w", executor, store.ErrConflict), f.Close())
		}
		if sameFile(f, path) {
			if err := f.Truncate(0); err != nil {
				return nil, errors.Join(fmt.Errorf("lock file of executor %s: %w: %w", executor, store.ErrUnavailable, err), f.Close())
			}
			return f, nil
		}
		// The file was swept between the open and the lock.
		_ = f.Close()
	}
}

func sameFile(f *os.File, path string) bool {
	a, err := f.Stat()
	if err != nil {
		return false
	}
	b, err := os.Stat(path)
	return err == nil && os.SameFile(a, b)
}

// dead reports whether the executor announced itself and its process is gone.
// An executor that never announced itself is not known to be dead.
func (o *owners) dead(executor string) bool {
	if store.CheckFileID("executor id", executor) != nil {
		return false
	}
	if o.dir == "" {
		o.mu.Lock()
		defer o.mu.Unlock()
		held, known := o.held[executor]
		return known && !held
	}
	f, err := os.OpenFile(filepath.Join(o.dir, executor), os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	locked, err := lockFile(f)
	return err == nil && locked
}

// sweep removes the files of executors that have been dead for a while. The
// first sweep that finds one dead marks it, a later one removes it.
func (o *owners) sweep() {
	if o.dir == "" {
		return
	}
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			o.sweepFile(filepath.Join(o.dir, e.Name()))
		}
	}
}

func (o *owners) sweepFile(path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return
	}
	defer f.Close()
	locked, err := lockFile(f)
	if err != nil || !locked || !sameFile(f, path) {
		return
	}
	info, err := f.Stat()
	switch {
	case err != nil:
	case info.Size() == 0:
		_, _ = f.WriteString("dead\n")
	case time.Since(info.ModTime()) > ownerFileAge:
		_ = os.Remove(path)
	}
}

// holdHere is hold for a database in memory.
func (o *owners) holdHere(executor string) (io.Closer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held[executor] {
		return nil, fmt.Errorf("executor %s is held already: %w", executor, store.ErrConflict)
	}
	o.held[executor] = true
	return closer(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.held[executor] = false
	}), nil
}

type closer func()

func (c closer) Close() error {
	c()
	return nil
}

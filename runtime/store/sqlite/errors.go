package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	engine "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"rivers.io/runtime/store"
)

var sentinels = []error{
	store.ErrNotFound, store.ErrExists, store.ErrInvalid, store.ErrConflict, store.ErrPrecondition,
	store.ErrFenced, store.ErrUnavailable, store.ErrReadOnly, store.ErrCorrupt, store.ErrNotReady,
	store.ErrSchema, context.Canceled, context.DeadlineExceeded,
}

// panicError is the answer to a write that panicked. It wraps no sentinel: it
// is a defect of the program, which no caller mends by trying again.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// translate wraps an error of the engine in the sentinel that it means, naming
// the file and what was done. Errors that are translated already, and those
// of contexts, pass through.
func (d *DB) translate(doing string, err error) error {
	if err == nil {
		return nil
	}
	for _, s := range sentinels {
		if errors.Is(err, s) {
			return err
		}
	}
	if p := new(panicError); errors.As(err, &p) {
		return fmt.Errorf("%s: %s: %w", d.name, doing, p)
	}
	return fmt.Errorf("%s: %s: %w: %w", d.name, doing, classify(err), err)
}

func classify(err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return store.ErrReadOnly
	}
	var e *engine.Error
	if !errors.As(err, &e) {
		return store.ErrUnavailable
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_FULL:
		return store.ErrFull
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB, lib.SQLITE_FORMAT:
		return store.ErrCorrupt
	case lib.SQLITE_READONLY, lib.SQLITE_PERM:
		return store.ErrReadOnly
	case lib.SQLITE_INTERRUPT:
		return context.Canceled
	}
	return store.ErrUnavailable
}

func isBusy(err error) bool {
	var e *engine.Error
	if !errors.As(err, &e) {
		return false
	}
	code := e.Code() & 0xff
	return code == lib.SQLITE_BUSY || code == lib.SQLITE_LOCKED
}

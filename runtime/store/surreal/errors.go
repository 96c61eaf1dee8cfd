package surreal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

var errClosed = fmt.Errorf("the store is closed: %w", store.ErrUnavailable)

var sentinels = []error{
	store.ErrNotFound, store.ErrExists, store.ErrInvalid, store.ErrConflict, store.ErrPrecondition,
	store.ErrFenced, store.ErrUnavailable, store.ErrReadOnly, store.ErrCorrupt, store.ErrNotReady, store.ErrSchema,
}

// translate wraps an error of the connection or the engine in the sentinel that
// it means, naming the database and what was done (S-122). Errors that are
// translated already pass through; a context that ended is told as such.
func (d *DB) translate(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	for _, s := range sentinels {
		if errors.Is(err, s) {
			return err
		}
	}
	if d.ctx.Err() != nil {
		return errClosed
	}
	if cerr := ctx.Err(); cerr != nil {
		return cerr
	}
	return fmt.Errorf("%s: %s: %w: %w", d.name, doing, classify(err), err)
}

func classify(err error) error {
	q := new(conn.QueryError)
	if !errors.As(err, &q) {
		return store.ErrUnavailable
	}
	switch q.Kind {
	case conn.Permission:
		return store.ErrReadOnly
	case conn.MissingTable:
		return store.ErrNotReady
	case conn.Exists:
		return store.ErrExists
	}
	if strings.Contains(strings.ToLower(q.Text), "no space left") {
		return store.ErrFull
	}
	return store.ErrUnavailable
}

func notFound(what, id string) error { return fmt.Errorf("%s %q: %w", what, id, store.ErrNotFound) }

// refusals are the sentinels that concern one part of an append; all other
// errors concern the whole.
var refusals = []error{store.ErrFenced, store.ErrPrecondition, store.ErrInvalid, store.ErrConflict, store.ErrNotFound}

// partError names the part that was refused; errors of the engine concern all.
func partError(i int, err error) error {
	for _, s := range refusals {
		if errors.Is(err, s) {
			return &store.PartError{Part: i, Err: err}
		}
	}
	return err
}

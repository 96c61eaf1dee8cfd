// Package database looks after the embedded database of a project: it tells its
// version and migrates it. It migrates only when told to, and never deletes data.
package database

import (
	"context"
	"errors"
	"fmt"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
)

// Status returns the versions of the database at path.
func Status(ctx context.Context, path string) (store.Schema, error) {
	s, err := sqlite.Inspect(ctx, path)
	return s, classify(path, err)
}

// Migrate brings the database to the version of this build, and creates it when
// there is none. It returns the versions afterwards.
func Migrate(ctx context.Context, path string) (store.Schema, error) {
	if err := sqlite.Migrate(ctx, path); err != nil {
		return store.Schema{}, classify(path, err)
	}
	return Status(ctx, path)
}

// Check computes everything that follows from the stored events and returns how
// what is stored differs from it, at most 100 differences.
func Check(ctx context.Context, path string) ([]string, error) {
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path, Mode: sqlite.ReadOnly})
	if err != nil {
		return nil, classify(path, err)
	}
	differences, err := db.Compare(ctx)
	return differences, errors.Join(classify(path, err), db.Close())
}

// Rebuild makes everything that follows from the stored events anew.
func Rebuild(ctx context.Context, path string) error {
	if _, err := Status(ctx, path); err != nil {
		return err // a missing database is not created
	}
	db, err := sqlite.Open(ctx, sqlite.Config{Path: path, Mode: sqlite.ReadWrite})
	if err != nil {
		return classify(path, err)
	}
	return errors.Join(classify(path, db.Rebuild(ctx)), db.Close())
}

// Prepare makes the database usable: a missing one is created, one behind this
// build is migrated when ask says yes. Without ask it is refused with the command
// that mends it.
func Prepare(ctx context.Context, path string, ask func(question string) (bool, error)) error {
	s, err := sqlite.Inspect(ctx, path)
	switch {
	case errors.Is(err, store.ErrNotReady), err == nil && s.Version == 0:
		return classify(path, sqlite.Migrate(ctx, path))
	case err != nil:
		return classify(path, err)
	case s.Version >= s.Build:
		return nil // one that is too new is refused where it is opened
	}
	behind := fmt.Sprintf("the database %s has schema version %d, this build needs %d", path, s.Version, s.Build)
	if ask == nil {
		return fmt.Errorf("%s: run `riversctl db migrate --storage-path %s`", behind, path)
	}
	yes, err := ask(behind + ". Migrate it now?")
	switch {
	case err != nil:
		return err
	case !yes:
		return fmt.Errorf("%s, and it was not migrated", behind)
	}
	return classify(path, sqlite.Migrate(ctx, path))
}

// classify gives storage that cannot be used its exit code.
func classify(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrCorrupt):
		return exit.Unreachablef("the database %s is damaged: restore a backup of it, or choose another --state-dir, or keep nothing with `riversctl dev --ephemeral` (%w)", path, err)
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrNotReady), errors.Is(err, store.ErrSchema):
		return &exit.Error{Code: exit.Unreachable, Err: err}
	default:
		return err
	}
}

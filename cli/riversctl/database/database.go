// Package database looks after the database of a project, in a file or on a
// server: it tells its version, opens it for pages and migrates it. It migrates
// only when told to, and never deletes data.
package database

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
)

// Open opens the database for reading.
func Open(ctx context.Context, d driver.Database, log *slog.Logger) (store.Store, error) {
	db, err := d.Open(ctx, driver.Options{Logger: log})
	if err != nil {
		return nil, classify(d, err)
	}
	return db, nil
}

// Status returns the versions of the database.
func Status(ctx context.Context, d driver.Database) (store.Schema, error) {
	s, err := d.Inspect(ctx)
	return s, classify(d, err)
}

// Migrate brings the database to the version of this build, and creates it when
// there is none. It returns the versions afterwards.
func Migrate(ctx context.Context, d driver.Database, log *slog.Logger) (store.Schema, error) {
	if err := d.Migrate(ctx, log); err != nil {
		return store.Schema{}, classify(d, err)
	}
	return Status(ctx, d)
}

// Check computes everything that follows from the stored events and returns how
// what is stored differs from it, at most 100 differences.
func Check(ctx context.Context, d driver.Database) ([]string, error) {
	differences, err := d.Check(ctx)
	return differences, classify(d, err)
}

// Rebuild makes everything that follows from the stored events anew. A missing
// database is not created.
func Rebuild(ctx context.Context, d driver.Database) error {
	return classify(d, d.Rebuild(ctx))
}

// Prepare makes the database usable: a missing one is created, one behind this
// build is migrated when ask says yes. Without ask it is refused with the command
// that mends it.
func Prepare(ctx context.Context, d driver.Database, log *slog.Logger, ask func(question string) (bool, error)) error {
	s, err := d.Inspect(ctx)
	switch {
	case errors.Is(err, store.ErrNotReady), err == nil && s.Version == 0:
		return classify(d, d.Migrate(ctx, log))
	case err != nil:
		return classify(d, err)
	case s.Version >= s.Build:
		return nil // one that is too new is refused where it is opened
	}
	behind := fmt.Sprintf("the database %s has schema version %d, this build needs %d", d, s.Version, s.Build)
	if ask == nil {
		return fmt.Errorf("%s: run `riversctl db migrate %s`", behind, flags(d))
	}
	yes, err := ask(behind + ". Migrate it now?")
	switch {
	case err != nil:
		return err
	case !yes:
		return fmt.Errorf("%s, and it was not migrated", behind)
	}
	return classify(d, d.Migrate(ctx, log))
}

// flags name the database on a command line; the login is never part of one.
func flags(d driver.Database) string {
	if d.Embedded() {
		return "--storage-path " + d.Path
	}
	return fmt.Sprintf("--surreal-endpoint %s --surreal-namespace %s --surreal-database %s", d.Server.Endpoint, d.Server.Namespace, d.Server.Database)
}

// unusable are the errors of storage that cannot be used, whatever is asked of it.
var unusable = []error{store.ErrUnavailable, store.ErrNotReady, store.ErrSchema, store.ErrReadOnly}

// classify gives storage that cannot be used its exit code.
func classify(d driver.Database, err error) error {
	if errors.Is(err, store.ErrCorrupt) && d.Embedded() {
		return exit.Unreachablef("the database %s is damaged: restore a backup of it, or choose another --state-dir, or keep nothing with `riversctl dev --ephemeral` (%w)", d, err)
	}
	for _, sentinel := range unusable {
		if errors.Is(err, sentinel) {
			return &exit.Error{Code: exit.Unreachable, Err: err}
		}
	}
	return err
}

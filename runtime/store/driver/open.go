package driver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
	"rivers.io/runtime/store/surreal"
)

// Mode says what an opened database may be used for.
type Mode int

// The modes.
const (
	// ReadOnly opens an existing database; methods that write give
	// store.ErrReadOnly.
	ReadOnly Mode = iota
	// ReadWrite gives an empty database the schema of this build.
	ReadWrite
)

// Options say how a database is opened.
type Options struct {
	// Mode defaults to ReadOnly.
	Mode Mode
	// Now is the clock for times of record and leases; by default that of this
	// machine for a file, and of the server for a server.
	Now func() time.Time
	// Logger defaults to one that discards.
	Logger *slog.Logger
}

// Store is an opened database.
type Store interface {
	store.Store
	// Identity returns the random id that tells this database from every other,
	// however it is reached. The first writer makes it; a reader before that is
	// told store.ErrNotReady.
	Identity(ctx context.Context) (uuid.UUID, error)
}

// Open opens the database. An empty one is given the schema of this build in mode
// ReadWrite and is store.ErrNotReady in mode ReadOnly; a schema that this build
// may not use is store.ErrSchema; a user who may not write is store.ErrReadOnly in
// mode ReadWrite; a file that is no database is store.ErrCorrupt, and whatever
// keeps a server from being used store.ErrUnavailable.
func (d Database) Open(ctx context.Context, o Options) (Store, error) {
	if d.Embedded() {
		db, err := sqlite.Open(ctx, d.file(o))
		if err != nil {
			return nil, d.explain(err)
		}
		return &embedded{DB: db, path: d.Path}, nil
	}
	db, err := surreal.Open(ctx, d.server(o))
	if err != nil {
		return nil, d.explain(err)
	}
	if o.Mode == ReadWrite {
		if _, err := db.Identity(ctx); err != nil { // shows that the user may write
			return nil, errors.Join(d.explain(err), db.Close())
		}
	}
	return db, nil
}

// Inspect returns the schema of the database, whether or not this build may use
// it; Version is 0 for an empty one. It changes nothing. A file that is not there
// is store.ErrNotReady; other errors are those of Open.
func (d Database) Inspect(ctx context.Context) (store.Schema, error) {
	var s store.Schema
	var err error
	if d.Embedded() {
		s, err = sqlite.Inspect(ctx, d.Path)
	} else {
		s, err = surreal.Inspect(ctx, d.server(Options{}))
	}
	return s, d.explain(err)
}

// Migrate brings the database to the schema of this build, and creates it when it
// is empty. It is safe to call from several processes at once. A database that is
// newer than this build is left alone. Errors are those of Open.
func (d Database) Migrate(ctx context.Context, log *slog.Logger) error {
	if d.Embedded() {
		return d.explain(sqlite.Migrate(ctx, d.Path))
	}
	return d.explain(surreal.Migrate(ctx, d.server(Options{Logger: log})))
}

// comparer and rebuilder are what drivers offer that can compute what follows from
// the events, and make it anew.
type (
	comparer interface {
		Compare(ctx context.Context) ([]string, error)
	}
	rebuilder interface {
		Rebuild(ctx context.Context) error
	}
)

// Check computes what follows from the stored events and returns how what is
// stored differs from it, at most 100 differences. Errors are those of Open.
func (d Database) Check(ctx context.Context) (differences []string, err error) {
	err = d.project(ctx, ReadOnly, func(db Store) (err error) {
		c, ok := db.(comparer)
		if !ok {
			return fmt.Errorf("%s: rivers cannot check a database of this kind: %w", d, store.ErrInvalid)
		}
		differences, err = c.Compare(ctx)
		return err
	})
	return differences, err
}

// Rebuild makes everything that follows from the stored events anew. It never
// creates a database; a driver that cannot rebuild is store.ErrInvalid.
func (d Database) Rebuild(ctx context.Context) error {
	s, err := d.Inspect(ctx)
	switch {
	case err != nil:
		return err
	case s.Version == 0:
		return fmt.Errorf("%s: the database is empty: %w", d, store.ErrNotReady)
	}
	return d.project(ctx, ReadWrite, func(db Store) error {
		r, ok := db.(rebuilder)
		if !ok {
			return fmt.Errorf("%s: rivers cannot rebuild a database on SurrealDB, only an embedded one: %w", d, store.ErrInvalid)
		}
		return r.Rebuild(ctx)
	})
}

func (d Database) project(ctx context.Context, mode Mode, work func(Store) error) error {
	db, err := d.Open(ctx, Options{Mode: mode})
	if err != nil {
		return err
	}
	return errors.Join(d.explain(work(db)), db.Close())
}

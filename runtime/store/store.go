package store

import (
	"context"
	"io"
)

// Store is one opened state database. It is safe for concurrent use.
type Store interface {
	// Location returns a handle bound to the identity of one location. It
	// reads nothing; a location exists once it registered a catalogue.
	Location(id string) Location
	// Locations lists the registered locations, ordered by name.
	Locations(ctx context.Context) ([]LocationInfo, error)
	// LocationOf returns the identity of the location that owns a run, or
	// ErrNotFound.
	LocationOf(ctx context.Context, run string) (string, error)
	// Schema returns the version of the stored schema.
	Schema(ctx context.Context) (Schema, error)
	// AwaitIncompatible blocks until the stored schema rises past what this
	// build may use, and returns an ErrSchema that says so; or until ctx ends,
	// and returns its error (S-161).
	AwaitIncompatible(ctx context.Context) error
	// HoldOwner announces that this process carries the executor id, so that
	// others can tell its death at once where the driver can (a file lock on
	// SQLite). Closing the result, or the death of the process, ends it.
	// It returns ErrConflict when a living process holds the id.
	HoldOwner(executor string) (io.Closer, error)
	// Describe names driver and engine version, for logs and the deployment
	// page.
	Describe() string
	// Close ends the watches and releases the database.
	Close() error
}

// Location is the state of one location.
type Location interface {
	// ID returns the identity the handle is bound to.
	ID() string
	Catalogues
	Runs
	Streams
	Assets
	Logs
}

// LocationInfo is a registered location.
type LocationInfo struct {
	ID   string
	Name string
}

// Schema is the state of the stored schema (S-130, S-131).
type Schema struct {
	// Version is the newest applied migration.
	Version int
	// MinReader and MinWriter are the oldest builds' schema versions that may
	// read and write.
	MinReader, MinWriter int
	// Build is the newest migration that this build knows.
	Build int
}

// Page asks for a part of an ordered answer.
type Page struct {
	// Size is the most rows wanted; 0 means 50, and drivers cap it at 1000.
	Size int
	// Token continues where the page that returned it ended; opaque. A token
	// of another query is refused with ErrPrecondition.
	Token string
}

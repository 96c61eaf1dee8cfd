package sqlite

import (
	"context"
	"fmt"

	"rivers.io/runtime/store"
)

// location is a handle bound to the identity of one location.
type location struct {
	db    *DB
	ident string
}

var _ store.Location = (*location)(nil)

// Location returns the handle of a location.
func (d *DB) Location(id string) store.Location { return &location{db: d, ident: id} }

// ID returns the identity the handle is bound to.
func (l *location) ID() string { return l.ident }

// num returns the number of the location; 0 when nothing is recorded of it,
// which no row carries.
func (l *location) num(c *conn) (int64, error) { return l.db.locID(c, l.ident) }

// write runs f in a transaction, with the number of the location.
func (l *location) write(ctx context.Context, f func(t *tx, loc int64) error) error {
	if err := store.CheckID("location id", l.ident); err != nil {
		return err
	}
	return l.db.write(ctx, func(t *tx) error {
		loc, err := t.location(l.ident)
		if err != nil {
			return err
		}
		return f(t, loc)
	})
}

// view runs f with one state of the database, with the number of the location.
func (l *location) view(ctx context.Context, doing string, f func(c *conn, loc int64) error) error {
	return l.db.view(ctx, doing, func(c *conn) error {
		loc, err := l.num(c)
		if err != nil {
			return err
		}
		return f(c, loc)
	})
}

// Locations lists the registered locations, ordered by name.
func (d *DB) Locations(ctx context.Context) ([]store.LocationInfo, error) {
	var list []store.LocationInfo
	err := d.read(ctx, "list locations", func(c *conn) error {
		return c.each(ctx, `SELECT ident, name FROM locations WHERE revision > 0 ORDER BY name, ident`, func(r row) error {
			list = append(list, store.LocationInfo{ID: r.text(0), Name: r.text(1)})
			return nil
		})
	})
	return list, err
}

// LocationOf returns the identity of the location that owns a run.
func (d *DB) LocationOf(ctx context.Context, run string) (string, error) {
	var ident string
	err := d.read(ctx, "find the location of a run", func(c *conn) error {
		r, err := c.first(`SELECT l.ident FROM streams s JOIN locations l ON l.id = s.loc
			WHERE s.ident = ? AND s.status IS NOT NULL`, run)
		if err != nil {
			return err
		}
		if r == nil {
			return notFound("run", run)
		}
		ident = r.text(0)
		return nil
	})
	return ident, err
}

// Schema returns the version of the stored schema.
func (d *DB) Schema(ctx context.Context) (store.Schema, error) {
	var s stored
	err := d.read(ctx, "read the schema", func(c *conn) (err error) {
		s, err = readSchema(c)
		return err
	})
	s.Build = len(d.build)
	return s.Schema, err
}

// Describe names the driver and the version of the engine.
func (d *DB) Describe() string {
	version := "unknown"
	_ = d.read(d.ctx, "describe", func(c *conn) error {
		r, err := c.first(`SELECT sqlite_version()`)
		if r != nil {
			version = r.text(0)
		}
		return err
	})
	return "SQLite " + version + " (" + engineName + ")"
}

const engineName = "modernc.org/sqlite, pure Go"

func notFound(what, id string) error { return fmt.Errorf("%s %q: %w", what, id, store.ErrNotFound) }

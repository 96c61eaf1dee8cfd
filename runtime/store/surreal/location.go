package surreal

import (
	"context"

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

// writable reports whether the location may be written to.
func (l *location) writable() error {
	if err := store.CheckID("location id", l.ident); err != nil {
		return err
	}
	return l.db.writable()
}

// Locations lists the registered locations, ordered by name.
func (d *DB) Locations(ctx context.Context) ([]store.LocationInfo, error) {
	s := newScript()
	s.answer("SELECT ident, name FROM location WHERE revision > 0 ORDER BY name, ident")
	var rows []struct {
		Ident string `json:"ident"`
		Name  string `json:"name"`
	}
	if err := d.read(ctx, "list locations", s, &rows); err != nil {
		return nil, err
	}
	var list []store.LocationInfo
	for _, r := range rows {
		list = append(list, store.LocationInfo{ID: r.Ident, Name: r.Name})
	}
	return list, nil
}

// LocationOf returns the identity of the location that owns a run.
func (d *DB) LocationOf(ctx context.Context, run string) (string, error) {
	s := newScript()
	s.answer("RETURN ", s.arg(recordID("run", run)), ".loc ?? ''")
	var loc string
	if err := d.read(ctx, "find the location of a run", s, &loc); err != nil {
		return "", err
	}
	if loc == "" {
		return "", notFound("run", run)
	}
	return loc, nil
}

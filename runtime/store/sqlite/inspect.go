package sqlite

import (
	"context"

	"rivers.io/runtime/store"
)

// Inspect returns the schema of the database at path, whether or not this build
// may use it; Version is 0 for an empty database. It changes nothing. A path
// without a database is store.ErrNotReady.
func Inspect(ctx context.Context, path string) (store.Schema, error) {
	cfg, err := Config{Path: path}.withDefaults()
	if err != nil {
		return store.Schema{}, err
	}
	d := newDB(cfg, schema)
	defer func() { _ = d.Close() }() // read from only
	if err := d.prepareFile(); err != nil {
		return store.Schema{}, err
	}
	found := store.Schema{Build: len(schema)}
	err = d.read(ctx, "inspect", func(c *conn) error {
		s, err := readSchema(c)
		found.Version, found.MinReader, found.MinWriter = s.Version, s.MinReader, s.MinWriter
		return err
	})
	return found, err
}

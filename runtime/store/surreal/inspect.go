package surreal

import (
	"context"
	"errors"

	"rivers.io/runtime/store"
)

// Inspect returns the schema of a database, whether or not this build may use it;
// Version is 0 for an empty database. It changes nothing and needs no more than a
// viewer's login. Errors are those of Open, and store.ErrSchema for a database of
// something else.
func Inspect(ctx context.Context, cfg Config) (store.Schema, error) {
	d, err := connect(ctx, cfg, schema)
	if err != nil {
		return store.Schema{}, err
	}
	s, err := d.readSchema(ctx)
	return s.Schema, errors.Join(d.translate(ctx, "inspect", err), d.Close())
}

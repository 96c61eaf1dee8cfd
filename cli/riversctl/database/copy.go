package database

import (
	"context"
	"errors"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
)

// Copy copies locations from one database to another. It returns what was done
// also when it fails.
func Copy(ctx context.Context, from, to driver.Database, o driver.CopyOptions) ([]driver.Copied, error) {
	done, err := driver.Copy(ctx, from, to, o)
	if errors.Is(err, store.ErrInvalid) {
		return done, &exit.Error{Code: exit.Usage, Err: err}
	}
	return done, classify(to, err)
}

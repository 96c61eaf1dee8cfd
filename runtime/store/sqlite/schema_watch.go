package sqlite

import (
	"context"
	"time"
)

// schemaPoll is how often a running process looks whether the schema rose.
const schemaPoll = time.Second

// AwaitIncompatible blocks until the stored schema rises past what this build
// may use.
func (d *DB) AwaitIncompatible(ctx context.Context) error {
	tick := time.NewTicker(schemaPoll)
	defer tick.Stop()
	for {
		var verdict error
		err := d.read(ctx, "watch the schema", func(c *conn) error {
			s, err := readSchema(c)
			if err != nil {
				return err
			}
			verdict = s.fits(d.build, d.cfg.Mode)
			return nil
		})
		switch {
		case verdict != nil:
			return d.translate("watch the schema", verdict)
		case ctx.Err() != nil:
			return ctx.Err()
		case d.ctx.Err() != nil:
			return errClosed
		case err != nil:
			d.cfg.Logger.Warn("watching the schema", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		case <-d.ctx.Done():
		}
	}
}

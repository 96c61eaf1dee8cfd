package surreal

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"rivers.io/runtime/store/surreal/conn"
)

// schemaPoll is how often, give or take a half, a running process looks whether
// the schema rose, beside being told.
const schemaPoll = 20 * time.Second

// AwaitIncompatible blocks until the stored schema rises past what this build
// may use. A live query tells of that; the schema is read anew when it ends, and
// every so often.
func (d *DB) AwaitIncompatible(ctx context.Context) error {
	var sub *conn.Subscription
	drop := func() {
		if sub != nil {
			_ = sub.Close() // the server ends it with the connection at the latest
			sub = nil
		}
	}
	defer drop()
	ctx, cancel := d.bound(ctx)
	defer cancel()
	for pause := minPause; ; {
		var err error
		if sub == nil {
			sub, err = d.link.Live(ctx, "LIVE SELECT * FROM "+migrationTable, nil)
		}
		s, rerr := d.readSchema(ctx)
		switch {
		case ctx.Err() != nil:
			return d.translate(ctx, "watch the schema", ctx.Err())
		case rerr == nil:
			if verdict := s.fits(d.build, d.cfg.Mode); verdict != nil {
				return verdict
			}
		}
		if err = errors.Join(err, rerr); err != nil {
			d.cfg.Logger.Warn("watching the schema", "pause", pause, "error", err)
			_ = sleep(ctx, jitter(pause)) // the end of ctx is seen above
			pause = min(2*pause, maxPause)
			continue
		}
		pause = minPause
		wait, stop := context.WithTimeout(ctx, jitter(schemaPoll))
		if _, err := sub.Next(wait); err != nil && wait.Err() == nil {
			drop() // a gap: subscribe anew, then read
		}
		stop()
	}
}

// jitter is d give or take a half.
func jitter(d time.Duration) time.Duration {
	return d/2 + time.Duration(rand.Int64N(int64(d)+1)) //nolint:gosec // jitter
}

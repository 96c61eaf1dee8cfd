package surreal

import (
	"context"
	"time"

	"rivers.io/runtime/store"
)

// The pauses of the sweep, give or take a half, and how long is kept what nobody
// needs any more.
const (
	sweepFirst = 5 * time.Minute
	sweepEvery = time.Hour
	// goneAfter is how long a watch may be away and still learn from its
	// cursor that a run was deleted.
	goneAfter = 24 * time.Hour
	// ownerAfter is longer than any lease that a dead executor could have.
	ownerAfter = time.Hour
	// sweepBatch is the most records that one statement removes.
	sweepBatch = 500
)

// sweepAlways removes now and then what nobody needs any more. Every process that
// may write does: a record that another removed first is no error.
func (d *DB) sweepAlways() {
	for pause := sweepFirst; sleep(d.ctx, jitter(pause)) == nil; pause = sweepEvery {
		if err := d.sweep(d.ctx); err != nil && d.ctx.Err() == nil {
			d.cfg.Logger.Warn("removing old records", "error", err)
		}
	}
}

// sweep removes answers whose time has passed, what tells that runs were deleted
// long ago, and the records of executors that ended.
func (d *DB) sweep(ctx context.Context) error {
	for _, job := range []struct {
		table, field string
		after        time.Duration
		engine       bool
	}{
		{"request", "at", store.RequestTTL, false},
		{"pulse", "gone_at", goneAfter, false},
		{"owner", "until", ownerAfter, true},
	} {
		for {
			s := newScript()
			now := engineClock
			if !job.engine {
				now = d.clock(s)
			}
			s.do("LET $before = ", now, " - ", s.arg(int64(job.after))) // an expression would be no bound of the index
			s.answer("RETURN array::len((DELETE (SELECT VALUE id FROM ", job.table, " WHERE ", job.field, " > 0 AND ", job.field,
				" < $before LIMIT ", s.arg(sweepBatch), ") RETURN BEFORE))")
			removed := 0
			if err := d.read(ctx, "remove old records", s, &removed); err != nil {
				return err
			}
			if removed < sweepBatch {
				break
			}
		}
	}
	return nil
}

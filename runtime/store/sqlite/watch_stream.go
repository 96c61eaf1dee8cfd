package sqlite

import (
	"context"
	"errors"
	"iter"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

const (
	// watchBatch is the most lines of one batch of a watch.
	watchBatch = 1000
	// watchPace is the shortest time between two looks of a watch of one
	// stream: what comes meanwhile is one batch. The first change after a quiet
	// time is seen at once.
	watchPace = 5 * time.Millisecond
)

// WatchStream yields each event of a stream above after once and in order.
func (l *location) WatchStream(ctx context.Context, stream string, after uint64) iter.Seq2[[]event.Event, error] {
	return func(yield func([]event.Event, error) bool) {
		l.db.watch(ctx, watchPace, func(ctx context.Context) (bool, error) {
			for {
				list, err := l.Events(ctx, stream, after, 0)
				if err != nil {
					return false, err
				}
				if len(list) == 0 {
					return false, nil
				}
				after = list[len(list)-1].Seq
				if !yield(list, nil) || finishes(list) {
					return true, nil
				}
			}
		}, func(err error) { yield(nil, err) })
	}
}

func finishes(list []event.Event) bool {
	_, ok := list[len(list)-1].Payload.(*event.RunFinished)
	return ok
}

// watch calls look at once and after every change, but not more often than the
// pace, until it says that it is done, ctx or the store ends, or an error comes
// that waiting cannot mend, which goes to fail. What waiting can mend is tried
// again with growing pauses.
func (d *DB) watch(ctx context.Context, pace time.Duration, look func(context.Context) (done bool, err error), fail func(error)) {
	d.poll.join()
	defer d.poll.leave()
	pause := minPause
	for {
		changed, began := d.signal.wait(), time.Now()
		done, err := look(ctx)
		switch {
		case ctx.Err() != nil || done:
			return
		case d.ctx.Err() != nil:
			fail(errClosed)
			return
		case err == nil:
			pause = minPause
			await(ctx, d.ctx, changed)
			await(ctx, d.ctx, time.After(pace-time.Since(began)))
		case !errors.Is(err, store.ErrUnavailable):
			fail(err)
			return
		default:
			d.cfg.Logger.Warn("watch goes on after a pause", "pause", pause, "error", err)
			await(ctx, d.ctx, time.After(pause))
			pause = min(2*pause, maxPause)
		}
	}
}

// The pauses of a watch whose store does not answer (S-90).
const (
	minPause = 250 * time.Millisecond
	maxPause = 30 * time.Second
)

// await waits for ch, or for the end of one of two contexts.
func await[T any](ctx, also context.Context, ch <-chan T) {
	select {
	case <-ch:
	case <-ctx.Done():
	case <-also.Done():
	}
}

package sqlite

import (
	"context"
	"errors"
	"iter"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// watchBatch is the most events of one batch of WatchStream.
const watchBatch = 1000

// WatchStream yields each event of a stream above after once and in order.
func (l *location) WatchStream(ctx context.Context, stream string, after uint64) iter.Seq2[[]event.Event, error] {
	return func(yield func([]event.Event, error) bool) {
		l.db.watch(ctx, func(ctx context.Context) (bool, error) {
			for {
				list, err := l.Events(ctx, stream, after, watchBatch)
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

// watch calls look at once and after every change until it says that it is
// done, ctx or the store ends, or an error comes that waiting cannot mend, which
// goes to fail. What waiting can mend is tried again with growing pauses.
func (d *DB) watch(ctx context.Context, look func(context.Context) (done bool, err error), fail func(error)) {
	d.poll.join()
	defer d.poll.leave()
	pause := 250 * time.Millisecond
	for {
		changed := d.signal.wait()
		done, err := look(ctx)
		switch {
		case ctx.Err() != nil || done:
			return
		case d.ctx.Err() != nil:
			fail(errClosed)
			return
		case err == nil:
			pause = 250 * time.Millisecond
			select {
			case <-changed:
			case <-ctx.Done():
			case <-d.ctx.Done():
			}
		case !errors.Is(err, store.ErrUnavailable):
			fail(err)
			return
		default:
			d.cfg.Logger.Warn("watch goes on after a pause", "pause", pause, "error", err)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			case <-d.ctx.Done():
			}
			pause = min(2*pause, 30*time.Second)
		}
	}
}

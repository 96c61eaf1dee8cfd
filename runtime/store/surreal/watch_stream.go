package surreal

import (
	"context"
	"iter"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// watchBatch is the most lines of one batch of a watch.
const watchBatch = 1000

// WatchStream yields each event of a stream above after once and in order.
func (l *location) WatchStream(ctx context.Context, stream string, after uint64) iter.Seq2[[]event.Event, error] {
	return func(yield func([]event.Event, error) bool) {
		w := l.db.watches.join(l.ident, stream)
		defer w.leave()
		told := uint64(0) // the newest number that a notification told
		w.follow(ctx, func(ctx context.Context) (bool, error) {
			news, gap := w.take()
			for _, p := range news {
				if p.What == pulseEvents {
					told = max(told, uint64(p.Seq)) //nolint:gosec // never negative
				}
			}
			for gap || after < told {
				list, err := l.Events(ctx, stream, after, 0)
				if err != nil {
					w.missed()
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
			return false, nil
		}, func(err error) { yield(nil, err) })
	}
}

func finishes(list []event.Event) bool {
	_, ok := list[len(list)-1].Payload.(*event.RunFinished)
	return ok
}

// WatchLogs yields the lines above after as they are written.
func (l *location) WatchLogs(ctx context.Context, run string, filter store.LogFilter, after uint64) iter.Seq2[[]store.LogLine, error] {
	return func(yield func([]store.LogLine, error) bool) {
		w := l.db.watches.join(l.ident, run)
		defer w.leave()
		final := false
		w.follow(ctx, func(ctx context.Context) (bool, error) {
			news, gap := w.take()
			lines, ended := gap, gap
			for _, p := range news {
				lines = lines || p.What == pulseLogs
				ended = ended || p.What == pulseEvents && p.has(store.HintRun)
			}
			if ended && !final {
				status, err := l.statusOf(ctx, run) // before the lines, so that none is missed
				if err != nil {
					w.missed()
					return false, err
				}
				final = status.Final()
			}
			for lines || final {
				list, err := l.LogLines(ctx, run, filter, after, watchBatch)
				if err != nil {
					w.missed()
					return false, err
				}
				if len(list) == 0 {
					break
				}
				after = list[len(list)-1].Seq
				if !yield(list, nil) {
					return true, nil
				}
			}
			return final, nil
		}, func(err error) { yield(nil, err) })
	}
}

// statusOf reads the status of a run.
func (l *location) statusOf(ctx context.Context, run string) (store.Status, error) {
	s := newScript()
	s.answer("RETURN ", s.arg(l.headID(run)), ".status ?? ''")
	var status store.Status
	if err := l.db.read(ctx, "read a run", s, &status); err != nil {
		return "", err
	}
	if status == "" {
		return "", notFound("run", run)
	}
	return status, nil
}

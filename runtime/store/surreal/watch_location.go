package surreal

import (
	"context"
	"errors"
	"iter"
	"time"

	"rivers.io/runtime/store"
)

// readyWait is how long a watch waits for its live query before it begins
// without: it then finds by reading what it was not told of.
const readyWait = 3 * time.Second

// WatchLocation yields hints of what changed since cursor.
func (l *location) WatchLocation(ctx context.Context, cursor string) iter.Seq2[store.Hints, error] {
	return func(yield func(store.Hints, error) bool) {
		v := &view{l: l, yield: yield}
		if cursor != "" {
			var err error
			if v.pos, err = parseCursor(cursor); err != nil {
				yield(store.Hints{}, err)
				return
			}
		}
		v.w = l.db.watches.join(l.ident, "")
		defer v.w.leave()
		v.w.awaitReady(ctx)
		v.w.follow(ctx, v.look, func(err error) { yield(store.Hints{}, err) })
	}
}

// awaitReady waits for the live query, not for long.
func (w *watcher) awaitReady(ctx context.Context) {
	t := time.NewTimer(readyWait)
	defer t.Stop()
	select {
	case <-w.feed.ready:
	case <-t.C:
	case <-ctx.Done():
	case <-w.ws.d.ctx.Done():
	}
}

// view is one watch of a location.
type view struct {
	l       *location
	w       *watcher
	yield   func(store.Hints, error) bool
	pos     *position // nil for a watch from now on, until it began
	started bool
}

// errLeft ends a watch whose consumer went away.
var errLeft = errors.New("the consumer left")

// look yields what changed. The first look begins the watch.
func (v *view) look(ctx context.Context) (done bool, err error) {
	if !v.started {
		if err := v.begin(ctx); err != nil {
			return false, err
		}
		v.started = true
		if !v.yield(store.Hints{Cursor: v.pos.cursor()}, nil) {
			return true, nil
		}
	}
	news, gap := v.w.take()
	if gap {
		if err := v.catchUp(ctx, v.emit); err != nil {
			v.w.missed()
			return errors.Is(err, errLeft), err
		}
	}
	if err := v.emit(news, notified); err != nil {
		return errors.Is(err, errLeft), err
	}
	return false, nil
}

// begin finds where the watch begins: now, where its cursor says, or, with a
// cursor that this database cannot have given, at the beginning.
func (v *view) begin(ctx context.Context) error {
	now, err := v.l.clockAt(ctx)
	if err != nil {
		return err
	}
	if v.pos != nil {
		if v.pos.at > now+int64(overlap) {
			v.pos = newPosition()
		}
		return nil
	}
	v.w.forgive()
	v.pos = newPosition()
	v.pos.at = now
	err = v.catchUp(ctx, func(list []*pulse, _ int64) error {
		for _, p := range list {
			v.pos.note(p)
		}
		return nil
	})
	if err != nil {
		v.pos = nil
	}
	return err
}

// forgive takes back that something may have been missed: what follows is read.
func (w *watcher) forgive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gap = false
}

// catchUp reads the pulses that changed since, and shortly before, the last that
// was seen, and visits them page by page together with the time that was read
// from.
func (v *view) catchUp(ctx context.Context, visit func([]*pulse, int64) error) error {
	since := v.pos.from()
	for from, limit := since, pulsePage; ; {
		list, err := v.l.pulses(ctx, from, limit)
		if err != nil {
			return err
		}
		if err := visit(list, since); err != nil {
			return err
		}
		switch n := len(list); {
		case n < limit:
			return nil
		case list[n-1].At > from:
			from, limit = list[n-1].At, pulsePage
		default: // all of one instant
			limit *= 2
		}
	}
}

// notified stands for the time since which was read, where nothing was.
const notified = -1

// emit yields those pulses that were not seen yet. Those that were read, since an
// instant, tell less than those that came as notifications.
func (v *view) emit(list []*pulse, since int64) error {
	var fresh []*pulse
	for _, p := range list {
		if v.pos.knows(p) && (since != notified || p.N > 0) {
			continue
		}
		if since != notified && !v.pos.follows(p) {
			p.since(since)
		}
		v.pos.note(p)
		fresh = append(fresh, p)
	}
	if len(fresh) == 0 {
		return nil
	}
	if !v.yield(store.Hints{Cursor: v.pos.cursor(), Hints: hints(fresh)}, nil) {
		return errLeft
	}
	return nil
}

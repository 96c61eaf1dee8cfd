package surreal

import (
	"context"
	"time"
)

// A live query of the engine that began while others wrote to its table may stay
// silent for good, and nothing tells it from a quiet one. So each feed also looks
// for itself: often, at what changed a moment ago.
const (
	usualPoll = 500 * time.Millisecond
	// pollOverlap is how long before the last change a look begins. What commits
	// later than that after its time is found by the looks of the watchers.
	pollOverlap = 2 * time.Second
	// deafRounds is how many looks in a row may find what the live query did not
	// tell, while it told nothing at all, before it is begun anew.
	deafRounds = 3
	// maxHeard bounds what a feed remembers; to forget is to repeat hints.
	maxHeard = 8192
)

// poll looks for changes until ctx ends.
func (f *feed) poll(ctx context.Context) {
	l := &location{db: f.d, ident: f.loc}
	var from int64
	missed := 0
	for sleep(ctx, jitter(f.every)) == nil {
		if from == 0 {
			at, err := l.clockAt(ctx)
			if err != nil {
				continue // a broken connection is told of where it is mended
			}
			from = max(1, at-int64(overlap))
		}
		told := f.told.Load()
		fresh, last, err := f.look(ctx, l, from)
		if err != nil {
			continue // as above
		}
		from = max(from, last-int64(pollOverlap))
		if fresh && told == f.told.Load() {
			missed++
		} else {
			missed = 0
		}
		if missed == deafRounds {
			f.d.cfg.Logger.Info("a live query stays silent; beginning it anew", "location", f.loc)
			f.renew()
			missed = 0
		}
	}
}

// look delivers what changed from an instant on and was not heard of. It returns
// whether there was something, and the time of the last change.
func (f *feed) look(ctx context.Context, l *location, from int64) (fresh bool, last int64, err error) {
	for at, limit := from, pulsePage; ; {
		list, err := l.pulses(ctx, at, limit)
		if err != nil {
			return fresh, last, err
		}
		for _, p := range list {
			last = max(last, p.At)
			if f.unheard(p, from) {
				fresh = true
				f.deliver(p)
			}
		}
		switch n := len(list); {
		case n < limit:
			return fresh, last, nil
		case list[n-1].At > at:
			at, limit = list[n-1].At, pulsePage
		default: // all of one instant
			limit *= 2
		}
	}
}

// unheard reports whether a pulse that was read is later than what was heard of
// it, and notes it. When more than one change was missed, the pulse then stands
// for all of them.
func (f *feed) unheard(p *pulse, from int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := f.heard[p.key()]
	if p.N <= known {
		return false
	}
	if p.N != known+1 {
		p.since(from)
	}
	f.note(p)
	return true
}

// note remembers what was heard of a pulse. The caller holds mu.
func (f *feed) note(p *pulse) {
	if len(f.heard) >= maxHeard {
		clear(f.heard)
	}
	f.heard[p.key()] = max(f.heard[p.key()], p.N)
}

// notified takes a notification of the live query.
func (f *feed) notified(p *pulse) {
	f.told.Add(1)
	f.mu.Lock()
	f.note(p)
	f.mu.Unlock()
	f.deliver(p)
}

// renew ends the live query, so that it is begun anew.
func (f *feed) renew() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.again != nil {
		f.again()
	}
}

package live

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"rivers.io/runtime/store"
)

// The waits between attempts to watch a store that was lost (S-90).
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 30 * time.Second
	healthy   = 5 * time.Second
)

// Hub feeds subscribers from the watches of the locations they look at.
type Hub struct {
	open   func(location string) store.Location
	logger *slog.Logger

	ctx  context.Context
	stop context.CancelFunc
	done sync.WaitGroup

	// nonce tells this hub from another that served the same address.
	nonce string

	mu       sync.Mutex
	watchers map[string]*watcher
	serial   uint64 // of the last watcher

	events, reconnects, served atomic.Int64
}

// watcher is one watched location.
type watcher struct {
	location string
	cancel   context.CancelFunc
	subs     map[*Subscription]struct{}
	// version counts the deliveries of hints; watching tells that none can
	// have been missed since the last.
	version  uint64
	watching bool
	// serial tells it from others of the location; stood is closed once it stands
	// for the first time.
	serial uint64
	stood  chan struct{}
	// until is how long it goes on without subscribers, for pages that were made
	// while it stood.
	until time.Time
}

// Subscription is one listener's pending changes.
type Subscription struct {
	// Ready receives when something is pending.
	Ready   chan struct{}
	wants   map[Channel]bool
	mu      sync.Mutex
	pending map[Channel]*Change
	release func()
	// behind says that what changed before the watch stood may have been missed.
	behind bool // guarded by the hub's lock
}

// NewHub returns a hub that watches through handles that open returns. Close it.
func NewHub(open func(location string) store.Location, logger *slog.Logger) *Hub {
	ctx, stop := context.WithCancel(context.Background())
	return &Hub{open: open, logger: logger, ctx: ctx, stop: stop, nonce: rand.Text()[:8], watchers: map[string]*watcher{}}
}

// Close ends every watch and stream, and waits for the watches.
func (h *Hub) Close() {
	h.stop()
	h.done.Wait()
}

// Done is closed when the hub drains.
func (h *Hub) Done() <-chan struct{} { return h.ctx.Done() }

// linger is how long a watch goes on for a page that was made: until its browser
// listens.
const linger = time.Minute

// attendWithin bounds how long a page waits for the watch of its location.
const attendWithin = 250 * time.Millisecond

// Attend lets the watch of a location stand before a page reads from it, and
// returns the mark by which its browser asks for what changed since. The mark is
// empty when the watch does not stand soon enough.
func (h *Hub) Attend(ctx context.Context, location string) string {
	h.mu.Lock()
	w := h.watcher(location)
	w.until = time.Now().Add(linger)
	if len(w.subs) == 0 {
		h.expire(w)
	}
	h.mu.Unlock()
	t := time.NewTimer(attendWithin)
	defer t.Stop()
	select {
	case <-w.stood:
	case <-t.C:
	case <-ctx.Done():
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mark(w)
}

// mark names what a watch has told of so far; it is empty while the watch does
// not stand. The caller holds the lock.
func (h *Hub) mark(w *watcher) string {
	if !w.watching {
		return ""
	}
	return fmt.Sprintf("%s-%d-%d", h.nonce, w.serial, w.version)
}

// watcher returns the watch of a location, beginning it when there is none. The
// caller holds the lock.
func (h *Hub) watcher(location string) *watcher {
	w := h.watchers[location]
	if w == nil {
		ctx, cancel := context.WithCancel(h.ctx)
		h.serial++
		w = &watcher{location: location, cancel: cancel, subs: map[*Subscription]struct{}{}, serial: h.serial, stood: make(chan struct{})}
		h.watchers[location] = w
		h.done.Go(func() { h.watch(ctx, w) })
	}
	return w
}

// Subscribe listens to the given channels of a location until Release.
func (h *Hub) Subscribe(location string, channels []Channel) *Subscription {
	return h.subscribe(location, channels, func(*watcher) bool { return false })
}

// SubscribeSince is Subscribe for a page that Attend gave the mark for: when
// something was told since, or nobody knows, each channel is told that anything
// may have changed.
func (h *Hub) SubscribeSince(location string, channels []Channel, mark string) *Subscription {
	return h.subscribe(location, channels, func(w *watcher) bool { return mark == "" || h.mark(w) != mark })
}

func (h *Hub) subscribe(location string, channels []Channel, behind func(*watcher) bool) *Subscription {
	s := &Subscription{Ready: make(chan struct{}, 1), wants: map[Channel]bool{}, pending: map[Channel]*Change{}}
	for _, c := range channels {
		s.wants[c] = true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.watcher(location)
	w.subs[s] = struct{}{}
	s.release = sync.OnceFunc(func() { h.leave(w, s) })
	s.behind = behind(w)
	if s.behind && w.watching {
		s.behind = false
		s.put(anything())
	}
	return s
}

// Release ends the subscription; the last one of a location ends its watch.
func (s *Subscription) Release() { s.release() }

func (h *Hub) leave(w *watcher, s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(w.subs, s)
	if len(w.subs) == 0 {
		h.expire(w)
	}
}

// expire ends a watch that nobody listens to, once no page needs it any more. The
// caller holds the lock.
func (h *Hub) expire(w *watcher) {
	if left := time.Until(w.until); left > 0 {
		time.AfterFunc(left, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			if len(w.subs) == 0 {
				h.expire(w)
			}
		})
		return
	}
	w.cancel()
	if h.watchers[w.location] == w {
		delete(h.watchers, w.location)
	}
}

// Take returns what is pending and forgets it.
func (s *Subscription) Take() map[Channel]*Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.pending
	s.pending = map[Channel]*Change{}
	return out
}

func (s *Subscription) put(notes []note) {
	s.mu.Lock()
	for _, n := range notes {
		if !s.wants[n.channel] {
			continue
		}
		c := s.pending[n.channel]
		if c == nil {
			c = &Change{}
			s.pending[n.channel] = c
		}
		c.add(n.ids...)
	}
	some := len(s.pending) > 0
	s.mu.Unlock()
	if some {
		select {
		case s.Ready <- struct{}{}:
		default:
		}
	}
}

// Notify tells the subscribers of a location of a change that did not come from
// the store; an empty location means all of them.
func (h *Hub) Notify(location string, channel Channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, w := range h.watchers {
		if location == "" || id == location {
			w.put([]note{{channel, nil}})
		}
	}
}

// Version counts the changes that the watch of a location has told of. It is
// false when nobody watches the location now: then nothing is known.
func (h *Hub) Version(location string) (uint64, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := h.watchers[location]
	if w == nil || !w.watching {
		return 0, false
	}
	return w.version, true
}

// advance notes a delivery before anybody is told of it.
func (h *Hub) advance(w *watcher, notes []note) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.watching = true
	for s := range w.subs {
		if s.behind {
			s.behind = false
			s.put(anything())
		}
	}
	if len(notes) > 0 {
		w.version++
		w.put(notes)
	}
	select {
	case <-w.stood:
	default:
		close(w.stood)
	}
}

// anything is that each channel may have changed in any way.
func anything() []note {
	var all []note
	for _, c := range channels {
		all = append(all, note{c, nil})
	}
	return all
}

// lose notes that changes may be missed from now on.
func (h *Hub) lose(w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	w.watching = false
	w.version++
}

// put needs the hub's lock.
func (w *watcher) put(notes []note) {
	for s := range w.subs {
		s.put(notes)
	}
}

// watch follows one location until ctx ends. After every loss it tells each
// channel that anything may have changed.
func (h *Hub) watch(ctx context.Context, w *watcher) {
	wait, first := firstWait, true
	for ctx.Err() == nil {
		began := time.Now()
		err := h.follow(ctx, w, !first)
		h.lose(w)
		if ctx.Err() != nil {
			return
		}
		first = false
		if time.Since(began) >= healthy {
			wait = firstWait
		}
		h.reconnects.Add(1)
		h.logger.Warn("watch of a location was lost", "location", w.location, "retry", wait, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, lastWait)
	}
}

// follow delivers hints until the watch ends. With again, the first answer says
// that the watch stands and what happened before it is unknown.
func (h *Hub) follow(ctx context.Context, w *watcher, again bool) error {
	for hints, err := range h.open(w.location).WatchLocation(ctx, "") {
		if err != nil {
			return err
		}
		var all []note
		if again {
			again, all = false, anything()
		}
		for _, hint := range hints.Hints {
			all = append(all, notes(hint)...)
		}
		h.events.Add(int64(len(hints.Hints)))
		h.advance(w, all)
	}
	return nil
}

// Counters describe the hub, for people who look for a fault (S-94).
type Counters struct {
	Connections int   `json:"connections"`
	Locations   int   `json:"locations"`
	Hints       int64 `json:"hints"`
	Events      int64 `json:"events"`
	Reconnects  int64 `json:"reconnects"`
}

// Counters returns the present figures.
func (h *Hub) Counters() Counters {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := Counters{Locations: len(h.watchers), Hints: h.events.Load(), Events: h.served.Load(), Reconnects: h.reconnects.Load()}
	for _, w := range h.watchers {
		c.Connections += len(w.subs)
	}
	return c
}

package surreal

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// The pauses of what the database does not answer (S-90).
const (
	minPause = 250 * time.Millisecond
	maxPause = 30 * time.Second
)

// watchPoll is how often, give or take a half, a watch looks without being told:
// the server does not say when it forgot a live query.
const watchPoll = 15 * time.Second

// watches are the live queries of the process: one for each location that
// somebody watches, however many do.
//
//	live query ── feed ─┬─▶ watcher of the location: what changed, coalesced
//	                    └─▶ watcher of one stream:  what changed of that
//
// A watcher is told of a gap when the live query began, or began anew, and now
// and then; it reads then what it may have missed.
type watches struct {
	d *DB

	// poll and look are how often feeds look for what changed a moment ago, and
	// watchers for all that they may have missed.
	poll, look time.Duration

	mu    sync.Mutex
	feeds map[string]*feed
	over  bool
}

func newWatches(d *DB) *watches {
	return &watches{d: d, poll: usualPoll, look: watchPoll, feeds: map[string]*feed{}}
}

// feed is the live query of one location.
type feed struct {
	d      *DB
	loc    string
	cancel context.CancelFunc
	users  int // guarded by watches.mu
	// ready is closed once the live query runs for the first time.
	ready chan struct{}
	once  sync.Once

	// every is the pause between looks; told counts notifications.
	every time.Duration
	told  atomic.Int64

	mu    sync.Mutex
	all   map[*watcher]bool
	by    map[string]map[*watcher]bool
	heard map[pulseKey]int64
	again context.CancelFunc // begins the live query anew
}

// join begins to collect what changes about a stream, or about all of the
// location when that is empty. Leave ends it.
func (ws *watches) join(loc, stream string) *watcher {
	w := &watcher{ws: ws, stream: stream, wake: make(chan struct{}, 1), news: map[pulseKey]*pulse{}, gap: true}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	f := ws.feeds[loc]
	if f == nil {
		f = &feed{
			d: ws.d, loc: loc, ready: make(chan struct{}), every: ws.poll,
			all: map[*watcher]bool{}, by: map[string]map[*watcher]bool{}, heard: map[pulseKey]int64{},
		}
		var ctx context.Context
		ctx, f.cancel = context.WithCancel(ws.d.ctx)
		if !ws.over {
			ws.feeds[loc] = f
			ws.d.tasks.Go(func() { f.run(ctx) })
			ws.d.tasks.Go(func() { f.poll(ctx) })
		}
	}
	f.users++
	f.add(w)
	w.feed = f
	return w
}

// leave ends a watcher, and with the last one of a location its live query.
func (w *watcher) leave() {
	w.ws.mu.Lock()
	defer w.ws.mu.Unlock()
	w.feed.remove(w)
	if w.feed.users--; w.feed.users == 0 {
		w.feed.cancel()
		if w.ws.feeds[w.feed.loc] == w.feed {
			delete(w.ws.feeds, w.feed.loc)
		}
	}
}

// shut lets no further live query begin; those that run end with the store.
func (ws *watches) shut() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.over = true
}

func (f *feed) add(w *watcher) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if w.stream == "" {
		f.all[w] = true
		return
	}
	if f.by[w.stream] == nil {
		f.by[w.stream] = map[*watcher]bool{}
	}
	f.by[w.stream][w] = true
}

func (f *feed) remove(w *watcher) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, w)
	delete(f.by[w.stream], w)
	if len(f.by[w.stream]) == 0 {
		delete(f.by, w.stream)
	}
}

// run keeps the live query running until ctx ends.
func (f *feed) run(ctx context.Context) {
	pause := minPause
	for ctx.Err() == nil {
		began, err := f.listen(ctx)
		if ctx.Err() != nil {
			return
		}
		if began {
			pause = minPause
			if errors.Is(err, conn.ErrGap) {
				_ = sleep(ctx, jitter(10*time.Millisecond)) // the end of ctx is seen above
				continue
			}
		}
		if errors.Is(err, context.Canceled) {
			continue // renew
		}
		f.d.cfg.Logger.Warn("a live query ended; beginning anew", "location", f.loc, "pause", pause, "error", err)
		if sleep(ctx, jitter(pause)) != nil {
			return
		}
		pause = min(2*pause, maxPause)
	}
}

// listen runs one live query until it ends, and reports whether it began.
func (f *feed) listen(ctx context.Context) (began bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.mu.Lock()
	f.again = cancel
	f.mu.Unlock()
	sub, err := f.d.link.Live(ctx, "LIVE SELECT * FROM pulse WHERE loc = $loc", map[string]any{"loc": f.loc})
	if err != nil {
		return false, err
	}
	defer func() { _ = sub.Close() }() // the server ends it with the connection at the latest
	f.announce()
	for {
		n, err := sub.Next(ctx)
		if err != nil {
			return true, err
		}
		if n.Action == conn.Deleted {
			continue // old ones are removed once nobody needs them
		}
		p := new(pulse)
		if err := n.Decode(p); err != nil {
			return true, err
		}
		f.notified(p)
	}
}

// announce tells all watchers that something may have been missed before now.
func (f *feed) announce() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.all {
		w.missed()
	}
	for _, set := range f.by {
		for w := range set {
			w.missed()
		}
	}
	f.once.Do(func() { close(f.ready) })
}

func (f *feed) deliver(p *pulse) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for w := range f.all {
		w.push(p)
	}
	for w := range f.by[p.Ident] {
		w.push(p)
	}
}

// watcher collects what changed until somebody looks.
type watcher struct {
	ws     *watches
	feed   *feed
	stream string
	wake   chan struct{} // has room for one

	mu    sync.Mutex
	news  map[pulseKey]*pulse
	order []pulseKey
	gap   bool
}

// maxNews is how many streams a watcher collects before it rather reads them.
const maxNews = 4096

func (w *watcher) push(p *pulse) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := p.key()
	known := w.news[k]
	switch {
	case known != nil:
		known.merge(p)
	case len(w.order) >= maxNews:
		w.news, w.order, w.gap = map[pulseKey]*pulse{}, nil, true
	default:
		mine := *p
		w.news[k] = &mine
		w.order = append(w.order, k)
	}
	w.stir()
}

// missed notes that something may have been missed.
func (w *watcher) missed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gap = true
	w.stir()
}

func (w *watcher) stir() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns what was collected, in the order in which it first changed, and
// whether something may be missing.
func (w *watcher) take() (list []*pulse, gap bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, k := range w.order {
		list = append(list, w.news[k])
	}
	gap = w.gap
	w.order, w.gap = nil, false
	clear(w.news)
	return list, gap
}

// watchPace is the shortest time between two looks of a watch: what comes
// meanwhile is one batch. The first change after a quiet time is seen at once.
const watchPace = 5 * time.Millisecond

// follow calls look at once, whenever something changed and every so often, until
// it says that it is done, ctx or the store ends, or an error comes that waiting
// cannot mend, which goes to fail. What waiting can mend is tried again with
// growing pauses, and is a gap.
func (w *watcher) follow(ctx context.Context, look func(context.Context) (done bool, err error), fail func(error)) {
	d := w.ws.d
	bound, cancel := d.bound(ctx)
	defer cancel()
	pause := minPause
	for {
		began := time.Now()
		done, err := look(bound)
		switch {
		case ctx.Err() != nil || done:
			return
		case d.ctx.Err() != nil:
			fail(errClosed)
			return
		case err == nil:
			pause = minPause
			w.wait(bound)
			_ = sleep(bound, watchPace-time.Since(began)) // the end of ctx is seen after the next look
		case !errors.Is(err, store.ErrUnavailable):
			fail(err)
			return
		default:
			d.cfg.Logger.Warn("watch goes on after a pause", "pause", pause, "error", err)
			_ = d.link.Await(bound)         // the end of bound is seen after the next look
			_ = sleep(bound, jitter(pause)) // as above
			w.missed()
			pause = min(2*pause, maxPause)
		}
	}
}

// wait waits until something changed, or for so long that it is better to look.
func (w *watcher) wait(ctx context.Context) {
	t := time.NewTimer(jitter(w.ws.look))
	defer t.Stop()
	select {
	case <-w.wake:
	case <-ctx.Done():
	case <-t.C:
		w.missed()
	}
}

package chaos_test

import (
	"context"
	"errors"
	"sync"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// watcher watches the location and each run, as the pages of a UI do.
type watcher struct {
	w      *world
	l      store.Location
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	streams map[string][]event.Event
	ended   map[string]bool
	newest  map[string]uint64 // of each stream, as hints told
	changed chan struct{}     // closed when anything above changes
}

func newWatcher(w *world, l store.Location) *watcher {
	v := &watcher{w: w, l: l, streams: map[string][]event.Event{}, ended: map[string]bool{}, newest: map[string]uint64{}, changed: make(chan struct{})}
	v.ctx, v.cancel = context.WithCancel(w.ctx)
	w.Cleanup(v.stop)
	return v
}

func (v *watcher) stop() {
	v.cancel()
	v.work.Wait()
}

// change changes what was seen.
func (v *watcher) change(f func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	f()
	close(v.changed)
	v.changed = make(chan struct{})
}

// begin watches the location, and returns once it does.
func (v *watcher) begin() {
	began := make(chan struct{})
	v.work.Go(func() {
		once := sync.OnceFunc(func() { close(began) })
		defer once()
		for h, err := range v.l.WatchLocation(v.ctx, "") {
			if err != nil {
				v.w.wrong("the watch of the location ended: %v", err)
				return
			}
			once()
			v.change(func() {
				for _, x := range h.Hints {
					v.newest[x.Stream] = max(v.newest[x.Stream], x.Seq)
				}
			})
		}
	})
	<-began
}

// follow watches a run until it is finished.
func (v *watcher) follow(run string) {
	v.work.Go(func() {
		for list, err := range v.l.WatchStream(v.ctx, run, 0) {
			if err != nil && v.ctx.Err() == nil {
				v.w.wrong("the watch of run %s ended: %v", run, err)
			}
			v.change(func() { v.streams[run] = append(v.streams[run], list...) })
		}
		v.change(func() { v.ended[run] = true })
	})
}

// await waits until a condition of what was seen holds.
func (v *watcher) await(what string, holds func() bool) error {
	for {
		v.mu.Lock()
		changed, ok := v.changed, holds()
		v.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-v.ctx.Done():
			return errors.New("never: " + what)
		}
	}
}

package conn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// lane keeps one link alive: it replaces a lost one, after a pause, for as long as
// it is open.
type lane struct {
	cfg    Config
	log    *slog.Logger
	cancel context.CancelFunc
	ended  chan struct{}
	old    sync.WaitGroup // retired links with calls under way

	mu      sync.Mutex
	link    *link         // nil while there is none
	changed chan struct{} // closed when link or lost changes
	lost    error         // why there is none
}

// newLane takes over a link that is set up, or begins without one.
func newLane(cfg Config, name string, first *link) *lane {
	ctx, cancel := context.WithCancel(context.Background())
	l := &lane{
		cfg: cfg, log: cfg.Logger.With("socket", name), cancel: cancel,
		ended: make(chan struct{}), changed: make(chan struct{}), link: first,
	}
	go l.supervise(ctx, first)
	return l
}

// supervise is the goroutine that replaces lost links.
func (l *lane) supervise(ctx context.Context, current *link) {
	defer close(l.ended)
	pause := l.cfg.MinBackoff
	for {
		if current != nil {
			select {
			case <-ctx.Done():
				l.set(nil, ErrClosed)
				current.goodbye()
				return
			case <-current.done:
				current.ended.Wait()
				l.set(nil, current.reason())
				l.log.Warn("connection to SurrealDB lost", "error", current.reason())
			case <-current.retired:
				l.set(nil, errSessionOver)
				l.drain(ctx, current)
			}
			if current.served.Load() {
				pause = l.cfg.MinBackoff
			}
		}
		if !sleep(ctx, rand.N(pause)+1) {
			l.set(nil, ErrClosed)
			return
		}
		pause = min(2*pause, l.cfg.MaxBackoff)
		var err error
		if current, err = connect(ctx, l.cfg); err != nil {
			l.set(nil, err)
			if ctx.Err() == nil {
				l.log.Warn("connecting to SurrealDB", "error", err)
			}
			continue
		}
		l.set(current, nil)
		l.log.Info("connected to SurrealDB")
	}
}

// drain ends a retired link once no call is under way on it.
func (l *lane) drain(ctx context.Context, link *link) {
	l.old.Go(func() {
		select {
		case <-link.idle:
		case <-link.done:
		case <-ctx.Done():
		}
		link.goodbye()
	})
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *lane) set(link *link, lost error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if errors.Is(l.lost, ErrClosed) {
		lost = ErrClosed
	}
	l.link, l.lost = link, lost
	close(l.changed)
	l.changed = make(chan struct{})
}

// get waits for a link that is not the one given, no longer than ctx.
func (l *lane) get(ctx context.Context, not *link) (*link, error) {
	for {
		l.mu.Lock()
		link, lost, changed := l.link, l.lost, l.changed
		l.mu.Unlock()
		if link != nil && link != not {
			return link, nil
		}
		if errors.Is(lost, ErrClosed) {
			return nil, ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			why := ctx.Err()
			if errors.Is(context.Cause(ctx), errPatience) {
				why = errPatience
			}
			if lost != nil {
				return nil, &LostError{Err: fmt.Errorf("%w while there was no connection: %w", why, lost)}
			}
			return nil, &LostError{Err: why}
		}
	}
}

// errPatience ends the wait for a connection.
var errPatience = errors.New("there was none for too long")

// getSoon is get that waits no longer than Config.Patience.
func (l *lane) getSoon(ctx context.Context, not *link) (*link, error) {
	if l.cfg.Patience <= 0 {
		return l.get(ctx, not)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, l.cfg.Patience, errPatience)
	defer cancel()
	return l.get(ctx, not)
}

// close ends the lane and waits for its goroutines.
func (l *lane) close() {
	l.cancel()
	<-l.ended
	l.old.Wait()
}

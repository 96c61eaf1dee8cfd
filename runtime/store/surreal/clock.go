package surreal

import (
	"context"
	"sync"
	"time"
)

// clockStep is how far the remembered clock of a location lags behind at most when
// a change is sent, and clockJump how far it may lag when the change is made: the
// engine may have been busy in between, and changes under way at once must not all
// want to set the clock.
const (
	clockStep = 5 * time.Second
	clockJump = 15 * time.Second
)

// overlap is how long before the last change that a reader saw it looks for
// changes again: longer than any transaction takes, and than the remembered
// clock may lag.
const overlap = 30 * time.Second

// clocks is what this process knows of the remembered clocks of locations. It is
// asked for again before it is old, in a transaction of its own: were each change
// to do that, those under way at once would conflict on it.
type clocks struct {
	mu  sync.Mutex
	all map[string]*clockGuess
}

// clockGuess is a remembered clock as it was lately.
type clockGuess struct {
	mu   sync.Mutex // held while it is asked for
	at   int64
	read time.Time // by the clock of this process, which only counts what passed
}

func newClocks() *clocks { return &clocks{all: map[string]*clockGuess{}} }

func (c *clocks) of(loc string) *clockGuess {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.all[loc]
	if g == nil {
		g = &clockGuess{}
		c.all[loc] = g
	}
	return g
}

// seenClock returns the remembered clock of the location, at most half of
// clockStep old, and lets it go on when it is that far behind.
func (l *location) seenClock(ctx context.Context) (int64, error) {
	g := l.db.clocks.of(l.ident)
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.read.IsZero() && time.Since(g.read) < clockStep/2 {
		return g.at, nil
	}
	asked := time.Now()
	s := l.db.begin()
	id := s.arg(recordID("clock", l.ident))
	s.do("LET $seen = ", id, ".at ?? 0")
	s.do("LET $late = $wall > $seen + ", s.arg(int64(clockStep/2)))
	s.do("IF $late { UPSERT ", id, " SET at = $wall RETURN NONE }")
	s.answer("RETURN IF $late { $wall } ELSE { $seen }")
	s.do("COMMIT")
	var at int64
	if err := l.db.send(ctx, s, &at); err != nil {
		return 0, err
	}
	g.at, g.read = at, asked
	return at, nil
}

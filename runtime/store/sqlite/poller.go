package sqlite

import (
	"sync"
	"time"
)

// poller looks for commits of other processes while someone watches.
type poller struct {
	db *DB

	mu       sync.Mutex
	watchers int
	quit     chan struct{}
	done     chan struct{}
	stopped  bool
}

func newPoller(db *DB) *poller { return &poller{db: db} }

// join makes the poller run until leave was called as often as join.
func (p *poller) join() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchers++
	if p.watchers == 1 && !p.stopped && !p.db.memory {
		p.quit, p.done = make(chan struct{}), make(chan struct{})
		go p.run(p.quit, p.done)
	}
}

func (p *poller) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchers--
	if p.watchers == 0 {
		p.halt()
	}
}

// stop ends the poller for good.
func (p *poller) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	p.halt()
}

func (p *poller) halt() {
	if p.quit == nil {
		return
	}
	close(p.quit)
	<-p.done
	p.quit, p.done = nil, nil
}

// run raises the store's signal whenever the version of the data changed. A
// connection that breaks is replaced; since changes may have been missed then,
// the signal is raised too.
func (p *poller) run(quit, done chan struct{}) {
	defer close(done)
	var c *conn
	defer func() {
		if c != nil {
			_ = c.close()
		}
	}()
	var last int64
	tick := time.NewTicker(p.db.cfg.Poll)
	defer tick.Stop()
	for {
		version, err := int64(0), error(nil)
		if c == nil {
			c, err = p.db.connectReader()
		}
		if err == nil {
			version, err = dataVersion(c)
		}
		if err != nil {
			p.db.cfg.Logger.Warn("looking for changes", "error", err)
			if c != nil {
				_ = c.close()
				c = nil
			}
		}
		if err != nil || version != last {
			last = version
			p.db.signal.raise()
		}
		select {
		case <-quit:
			return
		case <-tick.C:
		}
	}
}

func dataVersion(c *conn) (int64, error) {
	r, err := c.first("PRAGMA data_version")
	if err != nil || r == nil {
		return 0, err
	}
	return r.int(0), nil
}

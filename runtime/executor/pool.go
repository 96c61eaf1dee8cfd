package executor

import (
	"sync"
	"time"
)

// maxAhead bounds how many attempts may be launched beyond those that run.
const maxAhead = 512

// pool shares the process's capacity to run attempts among its runs.
//
// A slot lets a runner launch one attempt; an attempt gives it back as soon as
// its function returned. There are as many slots as attempts may run at once,
// and more only while functions are so short that all workers would idle during
// one commit: launching ahead is worth exactly what would finish meanwhile.
type pool struct {
	running chan struct{} // one token an attempt that runs

	mu      sync.Mutex
	size    int
	used    int
	waiting []chan<- struct{}
	// step and commit are moving averages of how long a function and a commit
	// take.
	step, commit time.Duration
}

func newPool(size int) *pool {
	return &pool{running: make(chan struct{}, size), size: size}
}

// take gives up to want slots to the runner that listens on wake. A runner that
// gets fewer than it wants is woken when it is its turn.
func (p *pool) take(want int, wake chan<- struct{}) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	others := 0
	for i, w := range p.waiting {
		if w == wake {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			break
		}
	}
	others = len(p.waiting)
	free := p.size + p.ahead() - p.used
	// Whoever waits gets a share too.
	got := max(0, min(want, free-min(others, max(0, free-1))))
	p.used += got
	if got < want {
		p.waiting = append(p.waiting, wake)
	}
	if free > got {
		p.wakeFirst(wake)
	}
	return got
}

// give returns slots.
func (p *pool) give(n int) {
	if n == 0 {
		return
	}
	p.put(n)
	p.wakeNext()
}

// put returns slots and tells nobody.
func (p *pool) put(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used -= n
}

// wakeNext tells the first who waits that there may be slots.
func (p *pool) wakeNext() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wakeFirst(nil)
}

// leave forgets a runner that ended.
func (p *pool) leave(wake chan<- struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, w := range p.waiting {
		if w == wake {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			break
		}
	}
	p.wakeFirst(nil)
}

func (p *pool) wakeFirst(except chan<- struct{}) {
	for _, w := range p.waiting {
		if w != except {
			signal(w)
			return
		}
	}
}

// ahead is twice what the workers finish while one commit lasts, and nothing
// once functions take half as long as a commit. A single worker keeps the order
// of the plan, which attempts that wait for it would not.
func (p *pool) ahead() int {
	if p.size == 1 || p.commit == 0 || p.step*2 > p.commit {
		return 0
	}
	per := max(p.step, time.Microsecond)
	return int(min(maxAhead, 2*time.Duration(p.size)*p.commit/per))
}

func (p *pool) observeStep(d time.Duration)   { p.observe(&p.step, d) }
func (p *pool) observeCommit(d time.Duration) { p.observe(&p.commit, d) }

func (p *pool) observe(average *time.Duration, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if *average == 0 {
		*average = d
	}
	*average += (d - *average) / 8
}

// signal wakes a listener without waiting for it.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

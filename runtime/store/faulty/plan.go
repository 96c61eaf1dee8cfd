package faulty

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"rivers.io/runtime/store"
)

// ErrCrashed is what every call gives once the store has crashed: the process
// that used it counts as dead. It wraps store.ErrUnavailable.
var ErrCrashed = fmt.Errorf("crashed on purpose: %w", store.ErrUnavailable)

// Plan says which faults come when. The zero Plan injects none.
type Plan struct {
	// Seed decides which writes the rates hit.
	Seed uint64
	// CrashAt is the number of the write at which the store crashes; 0 never.
	CrashAt int
	// After makes the crash come after that write was committed, so that it
	// happened and nobody was told. Otherwise it did not happen.
	After bool
	// Busy, Full and Lost are rates between 0 and 1. Busy and Full refuse a
	// write with store.ErrUnavailable and store.ErrFull before it happens;
	// Lost carries it out and answers store.ErrUnavailable.
	Busy, Full, Lost float64
	// FullFrom and FullTo refuse the writes with numbers from FullFrom below
	// FullTo with store.ErrFull: a disk that fills up and is cleared.
	FullFrom, FullTo int
	// Slow is the longest delay of a write, in time of the context's clock;
	// each write is delayed by a part of it.
	Slow time.Duration
	// OnCrash is called once, when the store crashes, before the call returns.
	OnCrash func()
}

// fault is what one write meets.
type fault struct {
	delay  time.Duration
	before error // refused with this, unless nil
	after  error // carried out and answered with this, unless nil
}

// faults hands out the faults of a plan in the order of the writes.
type faults struct {
	plan Plan

	mu      sync.Mutex
	rnd     *rand.Rand
	writes  int
	crashed bool
	gone    chan struct{}
}

func newFaults(plan Plan) *faults {
	return &faults{plan: plan, rnd: rand.New(rand.NewPCG(plan.Seed, plan.Seed^0x9e3779b97f4a7c15)), gone: make(chan struct{})}
}

// next returns the fault of the next write. The draws are the same whatever
// the rates are, so that plans of one seed can be compared.
func (f *faults) next() fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.crashed {
		return fault{before: ErrCrashed}
	}
	f.writes++
	n, p := f.writes, f.plan
	busy, full, lost, slow := f.rnd.Float64(), f.rnd.Float64(), f.rnd.Float64(), f.rnd.Float64()
	out := fault{delay: time.Duration(slow * float64(p.Slow))}
	switch {
	case n == p.CrashAt && p.After:
		out.after = ErrCrashed
	case n == p.CrashAt:
		out.before = ErrCrashed
	case n >= p.FullFrom && n < p.FullTo, full < p.Full:
		out.before = fmt.Errorf("write %d: %w", n, store.ErrFull)
	case busy < p.Busy:
		out.before = fmt.Errorf("write %d is refused on purpose: %w", n, store.ErrUnavailable)
	case lost < p.Lost:
		out.after = fmt.Errorf("the answer of write %d is lost on purpose: %w", n, store.ErrUnavailable)
	}
	return out
}

// alive returns ErrCrashed once the store has crashed.
func (f *faults) alive() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.crashed {
		return ErrCrashed
	}
	return nil
}

// crash makes every later call fail. It is called once.
func (f *faults) crash() {
	f.mu.Lock()
	first := !f.crashed
	f.crashed = true
	if first {
		close(f.gone)
	}
	f.mu.Unlock()
	if first && f.plan.OnCrash != nil {
		f.plan.OnCrash()
	}
}

// count returns the number of writes so far.
func (f *faults) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.writes
}

func isCrash(err error) bool { return errors.Is(err, ErrCrashed) }

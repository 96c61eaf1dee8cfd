package executor

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"rivers.io/runtime/store"
)

// ErrDraining refuses work while the process hands over or ends.
var ErrDraining = errors.New("executor is draining")

// errHandover is the cause of contexts that end because the process lets its
// runs go to another executor.
var errHandover = errors.New("the run is handed over to another executor")

// Manager owns and carries out the runs of one location in this process.
type Manager struct {
	cfg  Config
	pool *pool
	logs *logWriter

	ctx    context.Context
	cancel context.CancelCauseFunc
	fatal  chan error
	sweep  chan struct{}
	done   sync.WaitGroup

	mu       sync.Mutex
	started  bool
	draining bool
	runs     map[string]*runner
	// shunned are runs that could not be carried out here, and until when they
	// are left alone.
	shunned map[string]time.Time
	// ended is closed, and made anew, whenever a run ends here.
	ended chan struct{}
	// handover is closed when runners must let go.
	handover  chan struct{}
	abandoned atomic.Int64
}

// New checks the configuration. Start begins the work.
func New(cfg Config) (*Manager, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	return &Manager{
		cfg: cfg, pool: newPool(cfg.Parallelism), logs: newLogWriter(cfg.Location, cfg.Logger),
		ctx: ctx, cancel: cancel,
		fatal: make(chan error, 1), sweep: make(chan struct{}, 1),
		runs: map[string]*runner{}, shunned: map[string]time.Time{}, ended: make(chan struct{}), handover: make(chan struct{}),
	}, nil
}

// Start begins to look for runs without an owner, at once and then whenever
// the location changes or Sweep passed. It is idempotent.
func (m *Manager) Start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.started {
		return
	}
	m.started = true
	m.done.Go(m.logs.run)
	if !m.cfg.OwnRunsOnly {
		m.done.Go(m.sweepLoop)
	}
	m.done.Go(m.watchLoop)
}

// Fatal delivers an error after which the process should exit, because it can
// no longer record what it does.
func (m *Manager) Fatal() <-chan error { return m.fatal }

// Launch takes a run and carries it out. It returns as soon as the run is
// accepted; ErrDraining when the process takes no more work.
func (m *Manager) Launch(run string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.draining || !m.started {
		return ErrDraining
	}
	m.launchLocked(run)
	return nil
}

func (m *Manager) launchLocked(run string) {
	if _, ok := m.runs[run]; ok {
		return
	}
	r := newRunner(m, run)
	m.runs[run] = r
	m.done.Go(func() {
		r.main(m.ctx)
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.runs, run)
		close(m.ended)
		m.ended = make(chan struct{})
	})
}

// Nudge makes the owner of a run look at its stream at once.
func (m *Manager) Nudge(run string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.runs[run]; r != nil {
		r.nudge()
	}
}

// Active lists the runs that this process carries out.
func (m *Manager) Active() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]string, 0, len(m.runs))
	for id := range m.runs {
		out = append(out, id)
	}
	return out
}

// Abandoned counts the functions that went on after their step was canceled.
func (m *Manager) Abandoned() int64 { return m.abandoned.Load() }

// ProcessOutput records a line that user code printed past its context, on
// every active run.
func (m *Manager) ProcessOutput(stream, line string) {
	for _, run := range m.Active() {
		m.logs.add(run, store.LogLine{
			Time: m.cfg.Now().UTC(), Stream: store.Process, Level: "", Text: stream + ": " + line,
		})
	}
}

// settleWait bounds how long the end of a run waits for its logs.
const settleWait = 2 * time.Second

// settleOutput stores what the steps of a run and the process wrote until now:
// who waits for the end of the run then finds its logs. It waits settleWait at
// most, since the lease runs meanwhile.
func (m *Manager) settleOutput(run string) {
	settled := make(chan struct{})
	go func() {
		defer close(settled)
		if m.cfg.SettleOutput != nil {
			m.cfg.SettleOutput()
		}
		m.logs.flushRun(run)
	}()
	timer := time.NewTimer(settleWait)
	defer timer.Stop()
	select {
	case <-settled:
	case <-timer.C:
	}
}

// Drain takes no more runs, lets the active ones finish until ctx ends, and
// then hands over what is left: contexts end, leases are released, and another
// executor may continue at once. It returns when no run is active.
func (m *Manager) Drain(ctx context.Context) {
	m.mu.Lock()
	m.draining = true
	m.mu.Unlock()
	m.awaitIdle(ctx)
	m.letGo()
	m.awaitIdle(context.Background())
}

// Stop hands over every run and waits until the manager did. It is idempotent.
func (m *Manager) Stop() {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	m.Drain(over)
	m.cancel(errHandover)
	m.logs.stop()
	m.done.Wait()
}

func (m *Manager) letGo() {
	m.mu.Lock()
	defer m.mu.Unlock()
	select {
	case <-m.handover:
	default:
		close(m.handover)
	}
}

// awaitIdle returns when no run is active or ctx ended.
func (m *Manager) awaitIdle(ctx context.Context) {
	for {
		m.mu.Lock()
		active, ended := len(m.runs), m.ended
		m.mu.Unlock()
		if active == 0 {
			return
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return
		}
	}
}

func (m *Manager) giveUp(err error) {
	select {
	case m.fatal <- err:
	default:
	}
}

// sweepLoop takes over runs that no living executor owns.
func (m *Manager) sweepLoop() {
	tick := time.NewTicker(m.cfg.Sweep)
	defer tick.Stop()
	for {
		if err := m.sweepOnce(m.ctx); err != nil && m.ctx.Err() == nil {
			m.cfg.Logger.Warn("looking for runs without an owner", "error", err)
		}
		select {
		case <-m.ctx.Done():
			return
		case <-tick.C:
		case <-m.sweep:
			// Hints come in swarms; one look answers those of a moment.
			if pause(m.ctx, sweepPause) != nil {
				return
			}
		}
	}
}

func (m *Manager) sweepOnce(ctx context.Context) error {
	orphans, err := m.cfg.Location.Orphans(ctx, 100)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.draining {
		return nil
	}
	for _, run := range orphans {
		if time.Now().After(m.shunned[run.ID]) {
			m.launchLocked(run.ID)
		}
	}
	return nil
}

// watchLoop wakes the runners whose streams others wrote to, and the sweep
// when a run appears that nobody here carries out.
func (m *Manager) watchLoop() {
	watching := false
	for hints, err := range m.cfg.Location.WatchLocation(m.ctx, "") {
		if err != nil {
			if m.ctx.Err() == nil {
				m.giveUp(fmt.Errorf("watch location: %w", err))
			}
			return
		}
		if !watching {
			// What changed before the watch began was not hinted at.
			watching = true
			for _, run := range m.Active() {
				m.Nudge(run)
			}
		}
		for _, h := range hints.Hints {
			m.hint(h)
		}
	}
}

func (m *Manager) hint(h store.Hint) {
	m.mu.Lock()
	r := m.runs[h.Stream]
	m.mu.Unlock()
	switch {
	case r != nil:
		if h.Seq > r.seen.Load() {
			r.nudge()
		}
	case concernsRun(h):
		// A run of others: new, let go, or none of our business.
		signal(m.sweep)
	}
}

func concernsRun(h store.Hint) bool {
	return !h.Deleted && slices.Contains(h.Kinds, store.HintRun)
}

// shun leaves a run alone for a while, and forgets those whose time is over.
func (m *Manager) shun(run string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for id, until := range m.shunned {
		if now.After(until) {
			delete(m.shunned, id)
		}
	}
	m.shunned[run] = now.Add(time.Minute)
}

func randomFloat() float64 { return rand.Float64() }

// sweepPause is how long changes are gathered before runs without an owner are
// looked for.
const sweepPause = 20 * time.Millisecond

// backoff waits before the n-th repetition: 50 ms doubling to 5 s, with jitter.
func backoff(ctx context.Context, n int) error {
	d := min(50*time.Millisecond<<min(n, 10), 5*time.Second)
	return pause(ctx, d+time.Duration(rand.Int64N(int64(d)/2+1)))
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

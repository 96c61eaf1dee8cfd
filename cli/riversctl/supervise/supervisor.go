package supervise

import (
	"context"
	"errors"
	"sync"
	"time"

	"rivers.io/cli/riversctl/child"
)

// Times of the supervisor.
const (
	// ServeWithin bounds the time from start to serving.
	ServeWithin = time.Minute
	// SupersedeAfter is how long a start may take before a newer build puts an end
	// to it.
	SupersedeAfter = 10 * time.Second
	// FirstWait and LongestWait bound the waits between restarts.
	FirstWait, LongestWait = 250 * time.Millisecond, 30 * time.Second
	// Healthy is how long a generation must have served for the waits to begin
	// anew.
	Healthy = 10 * time.Second
	// FinishWithin is how long children may finish runs when all is stopped, and
	// StopWithin how long they may take to end.
	FinishWithin, StopWithin = 2 * time.Second, 10 * time.Second
)

// Config holds the parts of a supervisor; all are needed.
type Config struct {
	Builder   Builder
	Launcher  Launcher
	Publisher Publisher
	// Report is told each change of the status, from one goroutine.
	Report func(Status)
	// Changes yields when sources were saved.
	Changes <-chan struct{}
	// Hurry, when closed after the end was asked for, kills what still runs.
	Hurry <-chan struct{}
}

// generation is one started build.
type generation struct {
	n       int
	build   Build
	child   Child
	started time.Time
	served  time.Time
}

// Supervisor keeps the newest build serving. Run may be called once.
type Supervisor struct {
	cfg    Config
	events chan func()
	work   sync.WaitGroup

	// All below belongs to the goroutine of Run.
	status   Status
	dirty    bool // saved since the last build began
	building bool
	wanted   *Build // the newest build that succeeded
	good     *Build // the newest build that served
	failed   string // the id of a wanted build that ended before it served
	starting *generation
	current  *generation
	draining map[*generation]bool
	count    int
	crashes  int
	restart  *time.Timer
}

// New makes a supervisor.
func New(cfg Config) *Supervisor {
	return &Supervisor{
		cfg: cfg, events: make(chan func()),
		status: Status{Phase: Starting}, draining: map[*generation]bool{},
		restart: stoppedTimer(), dirty: true,
	}
}

func stoppedTimer() *time.Timer {
	t := time.NewTimer(time.Hour)
	t.Stop()
	return t
}

// Run builds, starts and replaces until ctx ends. Then it asks every child to end,
// gives them FinishWithin to finish runs, kills those that take longer than
// StopWithin, and returns when none is left.
func (s *Supervisor) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.build(ctx)
	for ctx.Err() == nil {
		select {
		case <-s.cfg.Changes:
			s.dirty = true
			s.build(ctx)
		case f := <-s.events:
			f()
		case <-s.restart.C:
			s.start(ctx)
		case <-ctx.Done():
		}
	}
	s.stop()
}

// later runs slow in a goroutine of its own, then what it returns in the loop.
func (s *Supervisor) later(slow func() func()) {
	s.work.Go(func() { s.events <- slow() })
}

func (s *Supervisor) report(change func(*Status)) {
	before := s.status
	change(&s.status)
	s.status.Draining = len(s.draining)
	if s.status == before {
		return
	}
	if s.status.Phase != before.Phase || s.status.BuildError != before.BuildError || s.status.Problem != before.Problem {
		s.status.At = time.Now().UTC()
	}
	s.cfg.Report(s.status)
}

// build begins a build when one is due and none is under way.
func (s *Supervisor) build(ctx context.Context) {
	if s.building || !s.dirty {
		return
	}
	s.building, s.dirty = true, false
	s.report(func(st *Status) { st.Building = true })
	inUse := s.inUse()
	s.later(func() func() {
		b, err := s.cfg.Builder.Build(ctx, inUse)
		return func() { s.built(ctx, b, err) }
	})
}

func (s *Supervisor) inUse() []string {
	var paths []string
	for _, g := range s.alive() {
		paths = append(paths, g.build.Path)
	}
	for _, b := range []*Build{s.wanted, s.good} {
		if b != nil {
			paths = append(paths, b.Path)
		}
	}
	return paths
}

// target is the build that ought to serve: the wanted one, unless it proved unable
// to and an older one can.
func (s *Supervisor) target() Build {
	if s.failed == s.wanted.ID && s.good != nil {
		return *s.good
	}
	return *s.wanted
}

func (s *Supervisor) built(ctx context.Context, b Build, err error) {
	s.building = false
	if ctx.Err() != nil {
		return
	}
	s.report(func(st *Status) {
		st.Building, st.BuildError = false, ""
		if err != nil {
			st.BuildError = err.Error()
		}
	})
	if err == nil {
		s.want(ctx, b)
	}
	s.build(ctx)
}

// want makes b the build that is to serve.
func (s *Supervisor) want(ctx context.Context, b Build) {
	s.wanted = &b
	s.failed = ""
	switch {
	case s.starting != nil && s.starting.build.ID == b.ID:
	case s.starting != nil:
		if time.Since(s.starting.started) > SupersedeAfter {
			s.starting.child.Kill() // its end starts what is wanted
		}
	case s.current != nil && s.current.build.ID == b.ID:
		s.report(func(st *Status) { st.Problem, st.Held = "", false })
	default:
		s.crashes = 0
		s.start(ctx)
	}
}

// start launches the target, unless a start is under way.
func (s *Supervisor) start(ctx context.Context) {
	s.restart.Stop()
	if s.wanted == nil || s.starting != nil {
		return
	}
	s.count++
	g := &generation{n: s.count, build: s.target(), started: time.Now()}
	c, err := s.cfg.Launcher.Launch(g.build, g.n)
	if err != nil {
		s.startFailed(ctx, g, err)
		return
	}
	g.child, s.starting = c, g
	s.later(func() func() {
		<-c.Done()
		return func() { s.ended(ctx, g) }
	})
	s.later(func() func() {
		wait, cancel := context.WithTimeoutCause(ctx, ServeWithin, errors.New("a minute has passed"))
		defer cancel()
		a, err := c.WaitServing(wait)
		return func() { s.serves(ctx, g, a, err) }
	})
}

// serves puts a generation in the place of the old one, or ends it when it did not
// come to serve.
func (s *Supervisor) serves(ctx context.Context, g *generation, a child.Announcement, err error) {
	if s.starting != g || ctx.Err() != nil {
		return // it has ended, which was dealt with
	}
	if err != nil {
		var exited *child.ExitError
		if !errors.As(err, &exited) { // what ended by itself is dealt with by ended
			s.starting = nil
			g.child.Kill()
			s.startFailed(ctx, g, err)
		}
		return
	}
	old := s.current
	s.starting, s.current, s.good = nil, g, &g.build
	g.served = time.Now()
	s.cfg.Publisher.Publish(g.build, a)
	if old != nil {
		s.draining[old] = true
		old.child.Drain()
	}
	s.report(func(st *Status) {
		st.Phase, st.Build, st.Generation, st.Restarting = Serving, g.build.ID, g.n, false
		if s.wanted.ID == g.build.ID {
			st.Problem, st.Held = "", false
		}
	})
	if s.target().ID != g.build.ID {
		s.start(ctx)
	}
}

// ended deals with the end of a child, asked for or not.
func (s *Supervisor) ended(ctx context.Context, g *generation) {
	switch {
	case s.draining[g]:
		delete(s.draining, g)
		s.report(func(*Status) {})
	case ctx.Err() != nil:
	case s.starting == g:
		s.starting = nil
		err := g.child.Err()
		if err == nil {
			err = errors.New("the pipeline's process ended before it served")
		}
		s.startFailed(ctx, g, err)
	case s.current == g:
		s.crashed(g)
	}
}

func (s *Supervisor) startFailed(ctx context.Context, g *generation, err error) {
	s.report(func(st *Status) { st.Problem, st.Held, st.Restarting = err.Error(), refused(err), false })
	switch {
	case s.target().ID != g.build.ID: // a newer build came meanwhile
		s.start(ctx)
	case s.good != nil && s.good.ID != g.build.ID: // the old one goes on until the next save
		s.failed = g.build.ID
		if s.current == nil {
			s.start(ctx)
		}
	default:
		s.again(err)
	}
}

// refused says that starting the same build again is of no use.
func refused(err error) bool {
	var ended *child.ExitError
	return errors.As(err, &ended) && ended.Refused
}

func (s *Supervisor) crashed(g *generation) {
	s.current = nil
	s.cfg.Publisher.Withdraw()
	if time.Since(g.served) > Healthy {
		s.crashes = 0
	}
	err := g.child.Err()
	if err == nil {
		err = errors.New("the pipeline's process ended by itself")
	}
	s.report(func(st *Status) {
		st.Phase, st.Problem, st.Held, st.Restarting = Crashed, err.Error(), refused(err), !refused(err)
	})
	if s.starting == nil {
		s.again(err)
	}
}

// again starts what is wanted after a wait that doubles with each crash. A build
// that refused the schema is held until the next save.
func (s *Supervisor) again(err error) {
	if refused(err) {
		return
	}
	wait := LongestWait
	if s.crashes < 8 {
		wait = min(FirstWait<<s.crashes, LongestWait)
	}
	s.crashes++
	s.restart.Reset(wait)
}

func (s *Supervisor) alive() []*generation {
	var all []*generation
	for g := range s.draining {
		all = append(all, g)
	}
	for _, g := range []*generation{s.starting, s.current} {
		if g != nil {
			all = append(all, g)
		}
	}
	return all
}

// stop ends all children and waits for them and for what else is under way.
func (s *Supervisor) stop() {
	s.restart.Stop()
	s.cfg.Publisher.Withdraw()
	left := s.alive()
	for _, g := range left {
		if !s.draining[g] {
			g.child.Drain()
		}
	}
	idle := make(chan struct{})
	go func() { s.work.Wait(); close(idle) }()
	finish, patience := time.NewTimer(FinishWithin), time.NewTimer(StopWithin)
	defer finish.Stop()
	defer patience.Stop()
	hurry := s.cfg.Hurry
	for {
		select {
		case f := <-s.events:
			f()
		case <-hurry:
			hurry = nil
			kill(left)
		case <-finish.C:
			for _, g := range left {
				g.child.Drain()
			}
		case <-patience.C:
			kill(left)
		case <-idle:
			s.current, s.starting = nil, nil
			clear(s.draining)
			s.report(func(st *Status) { st.Phase, st.Building = Stopped, false })
			return
		}
	}
}

func kill(generations []*generation) {
	for _, g := range generations {
		g.child.Kill()
	}
}

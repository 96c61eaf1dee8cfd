package supervise_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"rivers.io/cli/riversctl/child"
	"rivers.io/cli/riversctl/supervise"
)

// world is a project whose sources, builds and processes are make-believe.
type world struct {
	t *testing.T

	mu        sync.Mutex
	source    string // what is saved now; "broken…" does not compile
	buildTime time.Duration
	builds    int
	building  bool
	children  []*fakeChild
	last      int    // the newest generation's number
	published string // the build that the registry names
	inUse     []string
	statuses  []supervise.Status

	changes chan struct{}
	hurry   chan struct{}
	cancel  context.CancelFunc
	over    chan struct{}
}

// fakeChild serves a moment after its start, and drains when it is let.
type fakeChild struct {
	w        *world
	build    supervise.Build
	startup  time.Duration
	crash    bool // ends instead of serving
	stubborn bool // takes its time to drain
	deaf     bool // ignores the second signal too
	done     chan struct{}
	once     sync.Once
	err      error
	served   bool
	drained  bool
	killed   bool
}

func (c *fakeChild) end(err error) { c.once.Do(func() { c.err = err; close(c.done) }) }

func (c *fakeChild) WaitServing(ctx context.Context) (child.Announcement, error) {
	select {
	case <-time.After(c.startup):
	case <-c.done:
		return child.Announcement{}, c.err
	case <-ctx.Done():
		return child.Announcement{}, ctx.Err()
	}
	if c.crash {
		c.end(&child.ExitError{State: "exit status 2", Refused: c.build.ID == "refuses"})
		<-c.done
		return child.Announcement{}, c.err
	}
	c.served = true
	return child.Announcement{Name: c.build.Name, GRPC: "127.0.0.1:1"}, nil
}
func (c *fakeChild) Done() <-chan struct{} { return c.done }
func (c *fakeChild) Err() error            { return c.err }
func (c *fakeChild) Drain() {
	if !c.deaf && (c.drained || !c.stubborn) {
		c.end(nil)
	}
	c.drained = true
}
func (c *fakeChild) Kill() { c.killed = true; c.end(&child.ExitError{State: "signal: killed"}) }

func (w *world) Build(_ context.Context, inUse []string) (supervise.Build, error) {
	w.mu.Lock()
	if w.building {
		w.t.Error("two builds at once")
	}
	w.building, w.inUse = true, inUse
	source, took := w.source, w.buildTime
	w.mu.Unlock()
	<-time.After(took) // virtual time: the compiler works
	w.mu.Lock()
	defer w.mu.Unlock()
	w.building = false
	w.builds++
	if len(source) > 5 && source[:6] == "broken" {
		return supervise.Build{}, fmt.Errorf("main.go:1: %s", source)
	}
	return supervise.Build{ID: source, Path: "bin/" + source, Name: "p"}, nil
}

func (w *world) Launch(b supervise.Build, n int) (supervise.Child, error) {
	if b.ID == "unstartable" {
		return nil, errors.New("no such file")
	}
	c := &fakeChild{w: w, build: b, startup: 100 * time.Millisecond, done: make(chan struct{})}
	c.crash = len(b.ID) > 4 && b.ID[:5] == "crash" || b.ID == "refuses"
	c.deaf = b.ID == "deaf"
	c.stubborn = c.deaf || len(b.ID) > 3 && b.ID[:4] == "busy"
	if len(b.ID) > 3 && b.ID[:4] == "slow" {
		c.startup = time.Hour
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if n <= w.last {
		w.t.Errorf("generation %d after %d", n, w.last)
	}
	w.last = n
	w.children = append(w.children, c)
	return c, nil
}

func (w *world) Publish(b supervise.Build, _ child.Announcement) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.published = b.ID
}

func (w *world) registry() string { w.mu.Lock(); defer w.mu.Unlock(); return w.published }

func (w *world) generations() []*fakeChild {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.children)
}

func (w *world) Withdraw() { w.mu.Lock(); w.published = ""; w.mu.Unlock() }

func start(t *testing.T, source string) *world {
	w := &world{
		t: t, source: source, buildTime: time.Second,
		changes: make(chan struct{}, 1), hurry: make(chan struct{}), over: make(chan struct{}),
	}
	ctx, cancel := context.WithCancel(t.Context())
	w.cancel = cancel
	s := supervise.New(supervise.Config{
		Builder: w, Launcher: w, Publisher: w, Changes: w.changes, Hurry: w.hurry,
		Report: func(st supervise.Status) { w.mu.Lock(); w.statuses = append(w.statuses, st); w.mu.Unlock() },
	})
	go func() { s.Run(ctx); close(w.over) }()
	return w
}

func (w *world) save(source string) {
	w.mu.Lock()
	w.source = source
	w.mu.Unlock()
	select {
	case w.changes <- struct{}{}:
	default:
	}
}

// after lets virtual time pass and everything settle.
func (w *world) after(d time.Duration) supervise.Status {
	<-time.After(d)
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.statuses[len(w.statuses)-1]
}

func (w *world) stop() {
	w.cancel()
	<-w.over
	for i, c := range w.generations() {
		select {
		case <-c.done:
		default:
			w.t.Errorf("generation %d (%s) was left behind", i+1, c.build.ID)
		}
	}
	if w.registry() != "" {
		w.t.Errorf("%s is still published", w.registry())
	}
}

func TestFirstBuildServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "a")
		st := w.after(2 * time.Second)
		if st.Phase != supervise.Serving || st.Build != "a" || st.Building || w.registry() != "a" {
			t.Errorf("status %+v, published %q", st, w.registry())
		}
		w.stop()
		if last := w.statuses[len(w.statuses)-1]; last.Phase != supervise.Stopped {
			t.Errorf("last status %+v", last)
		}
	})
}

func TestBuildErrorKeepsTheOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "a")
		w.after(2 * time.Second)
		w.save("broken: missing brace")
		st := w.after(2 * time.Second)
		if st.Phase != supervise.Serving || st.Build != "a" || st.BuildError != "main.go:1: broken: missing brace" || w.registry() != "a" {
			t.Errorf("with a broken source: %+v, published %q", st, w.registry())
		}
		if at := st.At; at.IsZero() {
			t.Error("the error has no time")
		}
		w.save("a") // undone
		st = w.after(2 * time.Second)
		if st.BuildError != "" || len(w.generations()) != 1 {
			t.Errorf("after undoing it: %+v, %d generations; the same binary needs no restart", st, len(w.generations()))
		}
		w.stop()
	})
}

func TestFirstBuildBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "broken")
		if st := w.after(2 * time.Second); st.Phase != supervise.Starting || st.BuildError == "" {
			t.Errorf("status %+v", st)
		}
		w.save("a")
		if st := w.after(2 * time.Second); st.Phase != supervise.Serving || st.BuildError != "" {
			t.Errorf("after mending it: %+v", st)
		}
		w.stop()
	})
}

func TestReplacedGenerationsDrainByThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "busy1")
		w.after(2 * time.Second)
		for _, source := range []string{"busy2", "busy3", "calm"} {
			w.save(source)
			w.after(2 * time.Second)
		}
		st := w.after(9 * time.Minute)
		if st.Draining != 3 || st.Build != "calm" || w.registry() != "calm" {
			t.Errorf("status %+v, want three that drain beside calm", st)
		}
		for _, c := range w.generations()[:3] {
			if !c.drained || c.killed {
				t.Errorf("%s: drained %v, killed %v", c.build.ID, c.drained, c.killed)
			}
		}
		w.save("calm2")
		w.after(2 * time.Second)
		for _, path := range []string{"bin/busy1", "bin/busy2", "bin/busy3"} {
			if !slices.Contains(w.inUse, path) {
				t.Errorf("%s still runs and may be removed: in use %v", path, w.inUse)
			}
		}
		w.generations()[1].end(nil)
		if st := w.after(0); st.Draining != 2 {
			t.Errorf("one has drained: %+v", st)
		}
		w.stop()
	})
}

// TestSaveStorm saves every 200 ms while a build takes a second.
func TestSaveStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "v0")
		seen := map[string]bool{}
		for i := range 100 {
			w.save(fmt.Sprintf("v%d", i+1))
			w.after(200 * time.Millisecond)
			seen[w.registry()] = true
		}
		st := w.after(3 * time.Second)
		if st.Build != "v100" || w.registry() != "v100" {
			t.Errorf("the last save does not serve: %+v", st)
		}
		if w.builds < 15 || w.builds > 25 {
			t.Errorf("%d builds in 20 seconds of a second each", w.builds)
		}
		if len(seen) < 10 {
			t.Errorf("only %d of the builds ever served while saving went on", len(seen))
		}
		if st.Draining != 0 {
			t.Errorf("%d generations were forgotten", st.Draining)
		}
		w.stop()
	})
}

func TestCrashLoopWaitsLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "crash")
		st := w.after(2 * time.Second)
		if st.Phase != supervise.Starting || st.Problem == "" {
			t.Errorf("status %+v", st)
		}
		w.after(10 * time.Minute)
		if n := len(w.generations()); n < 20 || n > 32 {
			t.Errorf("%d starts in ten minutes; waits double from 250 ms to 30 s", n)
		}
		w.save("mended")
		if st := w.after(2 * time.Second); st.Phase != supervise.Serving || st.Problem != "" {
			t.Errorf("a mended build must start at once: %+v", st)
		}
		w.stop()
	})
}

// TestRefusedSchemaIsNotTriedAgain holds a build that cannot use the database,
// whether it refused at its start or was drained, until the next save.
func TestRefusedSchemaIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "a")
		w.after(time.Minute)
		refusal := &child.ExitError{State: "exit status 3", Tail: []string{"schema version mismatch"}, Refused: true}
		w.generations()[0].end(refusal)
		if st := w.after(time.Hour); st.Phase != supervise.Crashed || !st.Held || len(w.generations()) != 1 {
			t.Errorf("%+v after %d starts", st, len(w.generations()))
		}
		w.save("refuses") // still too old
		if st := w.after(time.Hour); !st.Held || len(w.generations()) > 3 {
			t.Errorf("%+v after %d starts", st, len(w.generations()))
		}
		w.save("b")
		if st := w.after(2 * time.Second); st.Phase != supervise.Serving || st.Held || st.Problem != "" || w.registry() != "b" {
			t.Errorf("a new build: %+v", st)
		}
		w.stop()
	})
}

// TestRefusedSchemaIsTriedBySavingAgain starts the same build once the database was
// mended.
func TestRefusedSchemaIsTriedBySavingAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "refuses")
		if st := w.after(time.Hour); st.Phase != supervise.Starting || !st.Held || len(w.generations()) != 1 {
			t.Errorf("%+v after %d starts", st, len(w.generations()))
		}
		w.save("refuses")
		w.after(time.Minute)
		if n := len(w.generations()); n != 2 {
			t.Errorf("%d starts after a save, want one more", n)
		}
		w.stop()
	})
}

func TestCrashOfWhatServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "a")
		w.after(time.Minute)
		w.generations()[0].end(&child.ExitError{State: "exit status 2", Tail: []string{"panic: oh"}})
		st := w.after(0)
		if st.Phase != supervise.Crashed || !st.Restarting || st.Problem == "" || w.registry() != "" {
			t.Errorf("right after the crash: %+v, published %q", st, w.registry())
		}
		if st := w.after(time.Second); st.Phase != supervise.Serving || st.Restarting || st.Problem != "" || w.registry() != "a" || st.Generation != 2 {
			t.Errorf("a second after the crash: %+v, published %q", st, w.registry())
		}
		w.stop()
	})
}

func TestNewBuildThatCannotStartKeepsTheOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "a")
		w.after(2 * time.Second)
		w.save("crash")
		st := w.after(time.Minute)
		if st.Phase != supervise.Serving || st.Build != "a" || st.Problem == "" || w.registry() != "a" || len(w.generations()) != 2 {
			t.Errorf("status %+v, published %q, %d generations", st, w.registry(), len(w.generations()))
		}
		// The old one dies later: it, not the broken one, is started again.
		w.generations()[0].end(&child.ExitError{State: "signal: killed"})
		st = w.after(2 * time.Second)
		if st.Phase != supervise.Serving || st.Build != "a" || st.Problem == "" {
			t.Errorf("after its crash: %+v", st)
		}
		w.save("b")
		if st := w.after(2 * time.Second); st.Build != "b" || st.Problem != "" {
			t.Errorf("after mending it: %+v", st)
		}
		w.stop()
	})
}

func TestUnstartable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "unstartable")
		if st := w.after(2 * time.Second); st.Problem != "no such file" {
			t.Errorf("status %+v", st)
		}
		w.save("a")
		if st := w.after(2 * time.Second); st.Phase != supervise.Serving {
			t.Errorf("status %+v", st)
		}
		w.stop()
	})
}

func TestSlowStartIsSuperseded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "slow")
		w.after(30 * time.Second)
		w.save("a")
		if st := w.after(2 * time.Second); st.Build != "a" || !w.generations()[0].killed {
			t.Errorf("a build that never serves holds up its correction: %+v", st)
		}
		w.stop()
	})
}

func TestStartIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "slow")
		w.after(2 * time.Minute)
		if len(w.generations()) < 2 || !w.generations()[0].killed {
			t.Errorf("%d generations; one that never serves must be given up", len(w.generations()))
		}
		w.stop()
	})
}

func TestStopGivesRunsAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for source, want := range map[string]time.Duration{
			"calm": 0,                      // nothing runs
			"busy": supervise.FinishWithin, // runs are left to the next start
			"deaf": supervise.StopWithin,   // whoever ignores that is killed
		} {
			w := start(t, source)
			w.after(2 * time.Second)
			begun := time.Now()
			w.stop()
			if took := time.Since(begun); took != want {
				t.Errorf("%s: stopping took %v, want %v", source, took, want)
			}
		}
	})
}

func TestHurryKillsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "busy")
		w.after(2 * time.Second)
		close(w.hurry)
		begun := time.Now()
		w.stop()
		if took := time.Since(begun); took != 0 {
			t.Errorf("the second Ctrl-C took %v", took)
		}
	})
}

func TestStopWhileBuilding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, "a")
		w.after(100 * time.Millisecond)
		w.stop()
		if len(w.generations()) != 0 {
			t.Error("a build that ended after the stop was started")
		}
	})
}

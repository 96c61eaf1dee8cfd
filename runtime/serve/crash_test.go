package serve_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// kills is how often the process is killed; most faults show within
// dozens, and -short keeps to those.
func kills() int {
	if testing.Short() {
		return 20
	}
	return 200
}

func TestKilledAtRandomPointsNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	p := newProject(t, "crashing")
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	var runs []string
	var loc store.Location
	for n := range kills() {
		proc := p.serve()
		if loc == nil {
			loc = p.open()
		}
		if n == 0 || finished(t, loc, runs[len(runs)-1]) {
			runs = append(runs, proc.order("", "2001-01-01..2001-01-31"))
		}
		awaitMoment(t, loc, runs[len(runs)-1], random)
		proc.kill()
	}
	last := p.serve()
	for _, run := range runs {
		awaitEnd(t, loc, run)
		checkHistory(t, p, loc, run)
	}
	t.Logf("%d kills over %d runs", kills(), len(runs))
	rerun, err := last.runs.RerunRun(t.Context(), &riversv1.RerunRunRequest{Run: runs[0]})
	if err != nil {
		t.Fatal(err)
	}
	if end := awaitEnd(t, loc, rerun.GetRun().GetId()); end.Status != store.Succeeded {
		t.Errorf("the rerun ended %s: %s", end.Status, end.Cause)
	}
	if code := last.terminate(); code != 0 {
		t.Errorf("exit code %d after SIGTERM", code)
	}
}

func finished(t *testing.T, loc store.Location, run string) bool {
	t.Helper()
	r, err := loc.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	return r.Status.Final()
}

// awaitMoment returns after a random number of further events, or a random
// fraction of the time that a run takes, whichever is first.
func awaitMoment(t *testing.T, loc store.Location, run string, random *rand.Rand) {
	t.Helper()
	r, err := loc.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(400))*time.Millisecond)
	defer cancel()
	left := random.IntN(120)
	for events, err := range loc.WatchStream(ctx, run, r.Seq) {
		if left -= len(events); err != nil || left <= 0 {
			return
		}
	}
}

func awaitEnd(t *testing.T, loc store.Location, run string) store.Run {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	for _, err := range loc.WatchStream(ctx, run, 0) {
		if err != nil {
			t.Fatalf("run %s did not end: %v", run, err)
		}
	}
	r, err := loc.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Status.Final() {
		t.Fatalf("the stream of run %s ended while it is %s", run, r.Status)
	}
	return r
}

// checkHistory reads a finished run's stream as an auditor would.
func checkHistory(t *testing.T, p *project, loc store.Location, run string) {
	t.Helper()
	r, err := loc.Run(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != store.Succeeded {
		t.Errorf("run %s ended %s: %s", run, r.Status, r.Cause)
	}
	events := allEvents(t, loc, run)
	published, succeeded, live := map[event.Step]int{}, map[event.Step]int{}, map[event.Attempt]bool{}
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			t.Fatalf("run %s: event %d has number %d", run, i+1, e.Seq)
		}
		switch payload := e.Payload.(type) {
		case *event.StepLaunched:
			live[e.Attempt] = true
		case *event.Materialization:
			published[e.Attempt.Step]++
			checkValue(t, p, e.Attempt, payload)
		case *event.StepSucceeded, *event.StepFailed, *event.StepRevoked:
			if !live[e.Attempt] {
				t.Errorf("run %s: %s of %s, which does not run", run, e.Type(), e.Attempt)
			}
			delete(live, e.Attempt)
			if e.Type() == event.TypeStepSucceeded {
				succeeded[e.Attempt.Step]++
			}
		}
	}
	if len(published) != 63 || len(succeeded) != 63 || len(live) != 0 {
		t.Errorf("run %s: %d steps published, %d succeeded, %d still run; want 63, 63, 0", run, len(published), len(succeeded), len(live))
	}
	for step, n := range published {
		if n != 1 || succeeded[step] != 1 {
			t.Errorf("run %s: %s was published %d times and succeeded %d times", run, step, n, succeeded[step])
		}
	}
}

func allEvents(t *testing.T, loc store.Location, run string) []event.Event {
	t.Helper()
	var all []event.Event
	for {
		page, err := loc.Events(t.Context(), run, uint64(len(all)), 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
	}
}

// checkValue sees that a published value is there as it was recorded.
func checkValue(t *testing.T, p *project, a event.Attempt, m *event.Materialization) {
	t.Helper()
	if m.Value == nil {
		t.Errorf("%s published no value", a)
		return
	}
	info, err := os.Stat(filepath.Join(p.path("values"), filepath.FromSlash(m.Value.Path)))
	if err != nil {
		t.Errorf("value of %s: %v", a, err)
		return
	}
	if info.Size() != m.Value.Bytes {
		t.Errorf("value of %s is torn: %d bytes, %d were recorded", a, info.Size(), m.Value.Bytes)
	}
}

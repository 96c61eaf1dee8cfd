package ui

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/ui/gantt"
)

// fold is what a run's events say about its steps. It is brought up to date by
// reading only the events that are new.
type fold struct {
	mu    sync.Mutex
	seq   uint64
	steps map[event.Step]*stepState
	order []*stepState
	// executor is who runs it, image what it runs.
	executor, image string
	takeovers       int
	used            time.Time

	// chart is the run's Gantt chart, made when it is first asked for; charting
	// guards its making.
	charting sync.Mutex
	chart    *gantt.Chart
}

// stepState is one step of a run as its page shows it.
type stepState struct {
	ID       event.Step
	Key      string // of the status
	Attempts int
	Began    time.Time
	Ended    time.Time
	// Worked is the time that the last settled attempt took.
	Worked time.Duration
	Error  string
	Reason event.Reason
	Cause  string
	By     event.Step
	// NotBefore is when the next attempt may start.
	NotBefore time.Time
	Rows      string
}

// folds keeps the folds of the runs looked at last.
type folds struct {
	mu sync.Mutex
	by map[string]*fold
}

// maxFolds is how many runs are kept folded.
const maxFolds = 32

// foldRun returns the steps of a run, up to its newest event. The result is a copy.
func (c *call) foldRun(id string) ([]stepState, *fold, error) {
	f := c.folds.of(c.state.ID()+"/"+id, c.now)
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.follow(c.ctx, c.state, id); err != nil {
		return nil, nil, err
	}
	out := make([]stepState, len(f.order))
	for i, s := range f.order {
		out[i] = *s
	}
	return out, f, nil
}

func (fs *folds) of(key string, now time.Time) *fold {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.by == nil {
		fs.by = map[string]*fold{}
	}
	f := fs.by[key]
	if f == nil {
		if len(fs.by) >= maxFolds {
			fs.evict()
		}
		f = &fold{steps: map[event.Step]*stepState{}}
		fs.by[key] = f
	}
	f.used = now
	return f
}

// evict drops the fold that was not looked at for longest.
func (fs *folds) evict() {
	oldest := ""
	for key, f := range fs.by {
		if oldest == "" || f.used.Before(fs.by[oldest].used) {
			oldest = key
		}
	}
	delete(fs.by, oldest)
}

// foldBatch is how many events one read takes.
const foldBatch = 1000

// follow reads what is new.
func (f *fold) follow(ctx context.Context, state store.Streams, run string) error {
	for {
		events, err := state.Events(ctx, run, f.seq, foldBatch)
		if err != nil {
			return err
		}
		for _, e := range events {
			f.apply(e)
			f.seq = e.Seq
		}
		if len(events) < foldBatch {
			return nil
		}
	}
}

// step returns the state of an event's step, new ones included.
func (f *fold) step(id event.Step) *stepState {
	s := f.steps[id]
	if s == nil {
		s = &stepState{ID: id, Key: "queued"}
		f.steps[id] = s
		f.order = append(f.order, s)
	}
	return s
}

// apply folds one event.
func (f *fold) apply(e event.Event) {
	switch p := e.Payload.(type) {
	case *event.RunStarted:
		f.executor, f.image = p.Executor, p.Image
	case *event.RunTakenOver:
		f.executor, f.image = p.Executor, p.Image
		f.takeovers++
	}
	if e.Attempt.IsZero() {
		return
	}
	s := f.step(e.Attempt.Step)
	s.Attempts = max(s.Attempts, e.Attempt.Number)
	switch p := e.Payload.(type) {
	case *event.StepLaunched:
		s.Key, s.NotBefore, s.Ended = "running", time.Time{}, time.Time{}
		if s.Began.IsZero() {
			s.Began = e.Time
		}
	case *event.StepSucceeded:
		s.Key, s.Ended, s.Worked, s.Error = "materialized", e.Time, p.Duration, ""
	case *event.StepFailed:
		s.Worked, s.Error, s.Reason = p.Duration, p.Error, p.Reason
		if p.Final {
			s.Key, s.Ended = "failed", e.Time
		}
	case *event.StepRetryScheduled:
		s.Key, s.NotBefore = "queued", p.NotBefore
	case *event.StepSkipped:
		s.Key, s.Ended, s.Cause, s.By = "skipped", e.Time, p.Cause, p.By
	case *event.StepCanceled:
		s.Key, s.Ended, s.Cause = "canceled", e.Time, p.Cause
	case *event.StepRevoked:
		s.Key, s.Cause = "queued", p.Cause
	case *event.Materialization:
		s.Rows = rowsOf(p.Metadata)
	}
}

// rowsOf finds the row count that handlers record.
func rowsOf(all event.Metadata) string {
	for _, key := range []string{"rows", "row_count", "rivers/rows"} {
		if raw, ok := all[key]; ok {
			if m := readMetadata(key, raw); m.IsNum {
				return m.Text
			}
		}
	}
	return ""
}

// word is the state of a step in words.
func (s stepState) word() string {
	switch {
	case s.Key == "materialized":
		return "succeeded"
	case s.Key == "queued" && !s.NotBefore.IsZero():
		return "retrying"
	case s.Key == "queued":
		return "waiting"
	}
	return s.Key
}

// byUrgency orders steps for reading: failed, running, retrying, then as they
// began.
func byUrgency(steps []stepState) {
	urgency := map[string]int{"failed": -3, "running": -2, "queued": -1}
	slices.SortStableFunc(steps, func(a, b stepState) int { return cmp.Compare(urgency[a.Key], urgency[b.Key]) })
}

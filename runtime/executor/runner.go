package executor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/plan"
	"rivers.io/runtime/run"
	"rivers.io/runtime/store"
)

// runner owns one run from its takeover to its end or handover. Everything but
// the atomics and channels belongs to the goroutine of main.
type runner struct {
	m   *Manager
	id  string
	log *slog.Logger

	// wake says that others wrote to the stream, slotFree that it is the
	// run's turn to take slots.
	wake     chan struct{}
	slotFree chan struct{}
	results  chan result
	gone     chan struct{} // closed when main returns
	seen     atomic.Uint64 // newest sequence number folded

	claim   store.Claim
	plan    *plan.Plan
	machine *run.Machine
	values  *valueIndex
	config  map[string]json.RawMessage
	retry   *asset.RetryPolicy

	live map[event.Attempt]*attempt
	// unsettled are results that no acknowledged append has recorded; taken of
	// them are part of the append under way.
	unsettled []result
	taken     int
	slots     int
	// queued tells that the run waits for slots.
	queued  bool
	writer  string
	counter uint64
	// acked is when the last acknowledged write was sent; leases are trusted
	// from then.
	acked time.Time
}

func newRunner(m *Manager, id string) *runner {
	return &runner{
		m: m, id: id, log: m.cfg.Logger.With("run", id),
		wake: make(chan struct{}, 1), slotFree: make(chan struct{}, 1), results: make(chan result, 2*maxAhead), gone: make(chan struct{}),
		live: map[event.Attempt]*attempt{},
	}
}

func (r *runner) nudge() { signal(r.wake) }

// main owns the run until it ends, is lost or is handed over.
func (r *runner) main(ctx context.Context) {
	defer close(r.gone)
	defer r.release()
	err := r.own(ctx)
	switch {
	case err == nil:
	case errors.Is(err, store.ErrLeaseHeld), errors.Is(err, store.ErrFinished), errors.Is(err, store.ErrNotFound):
		r.log.Debug("run is not ours to carry out", "reason", err)
	case errors.Is(err, store.ErrFenced):
		r.log.Warn("run was taken over by another executor", "reason", err)
	case errors.Is(err, errHandover):
		r.log.Info("run is handed over")
	case errors.Is(err, store.ErrUnavailable), ctx.Err() != nil:
		r.log.Error("run is left to another executor", "error", err)
	default:
		r.fail(ctx, err)
	}
}

// fail ends a run that cannot go on for a reason that taking it over again would
// not mend: an event that the store refuses, a history that contradicts itself.
func (r *runner) fail(ctx context.Context, cause error) {
	r.log.Error("run cannot be carried out", "error", cause)
	r.m.shun(r.id)
	if r.claim.Epoch == 0 {
		return
	}
	if err := r.condemn(ctx, fmt.Errorf("executor: %w", cause)); err != nil {
		r.log.Error("run cannot be ended", "error", err)
		err = r.m.cfg.Location.Release(ctx, r.id, r.claim.Epoch)
		r.log.Debug("run is released", "error", err)
	}
}

// release ends what the runner still holds in this process.
func (r *runner) release() {
	for _, a := range r.live {
		a.cancel(errHandover)
		a.letGo(r.m.pool)
	}
	r.m.pool.give(r.slots)
	r.m.pool.leave(r.slotFree)
}

// own takes the run over and carries it out.
func (r *runner) own(ctx context.Context) error {
	current, err := r.m.cfg.Location.Run(ctx, r.id)
	if err != nil {
		return err
	}
	built, planErr := r.buildPlan(current)
	if planErr != nil && !r.mayCondemn(current) {
		return nil
	}
	sent := time.Now()
	r.claim, err = r.m.cfg.Location.TakeOver(ctx, r.id, store.TakeOver{
		Executor: r.m.cfg.ID, Image: r.m.cfg.Image, Lease: r.m.cfg.Lease,
	})
	if err != nil {
		return err
	}
	r.acked = sent
	r.writer = fmt.Sprintf("%s/%d", r.m.cfg.ID, r.claim.Epoch)
	if planErr != nil {
		return r.condemn(ctx, planErr)
	}
	r.plan = built
	if err := r.readLaunch(current); err != nil {
		return r.condemn(ctx, err)
	}
	if err := r.reload(ctx); err != nil {
		return err
	}
	if cause := r.machine.Condemned(); cause != "" {
		return r.condemn(ctx, errors.New(cause))
	}
	r.warnOfCompute()
	if n := r.machine.Restarts(); n > r.m.cfg.Restarts {
		return r.condemn(ctx, fmt.Errorf("executor lost %d times while no step ended: a step seems to end the process", n))
	}
	return r.loop(ctx)
}

// warnOfCompute tells once a run that compute which assets ask for is not given
// here (D-141).
func (r *runner) warnOfCompute() {
	if r.claim.Epoch > 1 {
		return
	}
	for _, s := range r.plan.Steps {
		if def := r.m.cfg.Graph.At(s.Asset); def.Compute != nil {
			r.m.logs.add(r.id, store.LogLine{
				Time: r.m.cfg.Now().UTC(), Stream: store.Process, Level: "WARN",
				Text: fmt.Sprintf("asset %s asks for compute, which steps on this machine share", def.Name),
			})
			return
		}
	}
}

// buildPlan builds the plan of the run from this process's definitions, and
// fails when it is not the plan that the run was created with.
func (r *runner) buildPlan(current store.Run) (*plan.Plan, error) {
	return plan.FromCreated(r.m.cfg.Graph, &current.Created, current.CreatedAt)
}

// mayCondemn reports whether a run of other definitions is certainly not about
// to be taken by a process that has them: it was let go, or it has waited for a
// lease since it was created or lost its owner.
func (r *runner) mayCondemn(current store.Run) bool {
	since := current.CreatedAt
	if current.Epoch > 0 {
		if current.LeaseEnd.IsZero() {
			return true
		}
		since = current.LeaseEnd
	}
	now := r.m.cfg.Now()
	if since.After(now) {
		// The clock was set back since: whoever else is there has had its chance.
		return !store.LeaseHeld(since, now)
	}
	return now.Sub(since) > r.m.cfg.Lease
}

// readLaunch decodes what the launch overrides.
func (r *runner) readLaunch(current store.Run) error {
	if raw := current.Created.Config; len(raw) > 0 {
		if err := json.Unmarshal(raw, &r.config); err != nil {
			return fmt.Errorf("launch config: %w", err)
		}
	}
	if raw := current.Created.Retry; len(raw) > 0 {
		r.retry = new(asset.RetryPolicy)
		if err := json.Unmarshal(raw, r.retry); err != nil {
			return fmt.Errorf("launch retry policy: %w", err)
		}
	}
	return nil
}

func (r *runner) configOf(name string) json.RawMessage { return r.config[name] }

// policy returns the nearest policy: asset, then launch, then location (D-129).
func (r *runner) policy(i int) *asset.RetryPolicy {
	if p := r.m.cfg.Graph.At(i).Retry; p != nil {
		return p
	}
	if r.retry != nil {
		return r.retry
	}
	return r.m.cfg.Retry
}

// reload folds the whole stream into a new machine. Attempts of this process
// that the stream no longer knows as running are ended.
func (r *runner) reload(ctx context.Context) error {
	r.machine = run.New(r.plan, r.policy)
	r.values = newValueIndex()
	if err := r.loadSource(ctx); err != nil {
		return err
	}
	r.seen.Store(0)
	if err := r.catchUp(ctx, 0); err != nil {
		return err
	}
	running := map[event.Attempt]bool{}
	for _, a := range r.machine.Running() {
		running[a] = true
	}
	for id, a := range r.live {
		if !running[id] {
			r.drop(a)
		}
	}
	return nil
}

// catchUp folds the events up to the sequence number before until; 0 means to
// the end of the stream.
func (r *runner) catchUp(ctx context.Context, until uint64) error {
	for {
		after := r.seen.Load()
		if until > 0 && after+1 >= until {
			return nil
		}
		events, err := r.page(ctx, r.id, after)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			if until > 0 && e.Seq >= until {
				return nil
			}
			if err := r.machine.Apply(e); err != nil {
				return fmt.Errorf("fold event %d: %w", e.Seq, err)
			}
			r.values.note(e)
			r.seen.Store(e.Seq)
		}
	}
}

// page reads events after a sequence number, as many as the store gives at once;
// none is the end.
func (r *runner) page(ctx context.Context, run string, after uint64) ([]event.Event, error) {
	return retry(ctx, r, func() ([]event.Event, error) {
		return r.m.cfg.Location.Events(ctx, run, after, 0)
	})
}

// maxSources bounds how many retries of retries are followed.
const maxSources = 100

// loadSource reads the values of the run that this one retries, and of the runs
// which that one retried; the nearest counts.
func (r *runner) loadSource(ctx context.Context) error {
	source := r.claim.Run.Created.Source
	for n := 0; source != "" && n < maxSources; n++ {
		next, err := r.readSource(ctx, source)
		if errors.Is(err, store.ErrNotFound) {
			return nil // deleted: the newest values take the place of its own
		}
		if err != nil {
			return err
		}
		source = next
	}
	return nil
}

// readSource notes what a run materialized and returns the run that it retried.
func (r *runner) readSource(ctx context.Context, run string) (next string, err error) {
	made := newValueIndex()
	for after := uint64(0); ; {
		events, err := r.page(ctx, run, after)
		if err != nil {
			return "", err
		}
		if len(events) == 0 {
			r.values.addSource(made)
			return next, nil
		}
		for _, e := range events {
			made.note(e)
			after = e.Seq
			if created, ok := e.Payload.(*event.RunCreated); ok {
				next = created.Source
			}
		}
	}
}

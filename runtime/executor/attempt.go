package executor

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/event"
	"rivers.io/runtime/host"
	"rivers.io/runtime/run"
	"rivers.io/runtime/store"
)

// attempt is one attempt that this process carries out.
type attempt struct {
	id     event.Attempt
	step   int
	token  string
	worker event.Worker
	inputs []input
	// now is the present of the attempt: what open-ended grids follow.
	now time.Time
	// began is when the run did, by the store's clock: its inputs from outside
	// are what the store held then.
	began  time.Time
	cancel context.CancelCauseFunc
	// stopBy is when a canceled attempt is abandoned; zero while it may run.
	stopBy time.Time
	// phase tells who must give the attempt's slot and worker back: whoever
	// moves it to over.
	phase atomic.Int32
}

// The phases of an attempt.
const (
	launched int32 = iota // holds a slot
	running               // holds a slot and a worker
	over                  // holds nothing
)

// letGo gives back what the attempt holds. It is false when that was done
// before.
func (a *attempt) letGo(p *pool) bool {
	done := a.putBack(p)
	if done {
		p.wakeNext()
	}
	return done
}

// putBack is letGo without a word to those who wait for a slot.
func (a *attempt) putBack(p *pool) bool {
	switch a.phase.Swap(over) {
	case over:
		return false
	case running:
		<-p.running
	}
	p.put(1)
	return true
}

// result is what became of an attempt, or, with a pid, the news that its process
// started.
type result struct {
	attempt *attempt
	outcome run.Outcome
	pid     int
}

func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// carryOut runs the attempt's function on the host and delivers the result to
// the runner. It is a goroutine of its own, which may outlive the attempt when
// user code ignores its context.
func (r *runner) carryOut(ctx context.Context, a *attempt) {
	p := r.m.pool
	select {
	case p.running <- struct{}{}:
	case <-ctx.Done():
		r.finish(a, run.Outcome{Failure: canceledBefore(ctx)})
		return
	}
	if !a.phase.CompareAndSwap(launched, running) {
		<-p.running
		return
	}
	started := time.Now()
	env := r.newEnv(ctx, a)
	outcome := r.execute(ctx, a, env)
	outcome.Duration = time.Since(started)
	env.close()
	p.observeStep(outcome.Duration)
	r.finish(a, outcome)
}

// finish gives back what the attempt held and delivers its outcome, unless it
// was abandoned. Nobody is told of the free slot before the outcome is there: the
// run itself would spend it in an append of its own, ahead of the outcome.
func (r *runner) finish(a *attempt, o run.Outcome) {
	if !a.putBack(r.m.pool) {
		return
	}
	select {
	case r.results <- result{attempt: a, outcome: o}:
	case <-r.gone:
	}
	r.m.pool.wakeNext()
}

func (r *runner) execute(ctx context.Context, a *attempt, env *env) (o run.Outcome) {
	defer func() {
		if p := recover(); p != nil {
			o = run.Outcome{Failure: &run.Failure{
				Reason: event.ReasonError, Error: fmt.Sprintf("panic: %v\n%s", p, debug.Stack()), Kinds: []string{"panic"},
			}}
		}
	}()
	h, err := r.hostOf(a.worker)
	if err != nil {
		return run.Outcome{Failure: &run.Failure{Error: err.Error(), Kinds: []string{"configuration"}, Final: true}}
	}
	if f := env.prepare(ctx); f != nil {
		return run.Outcome{Failure: f}
	}
	res, err := h.Execute(ctx, r.request(a), env)
	switch {
	case err != nil && ctx.Err() != nil:
		return run.Outcome{Failure: canceledBefore(ctx)}
	case err != nil:
		return run.Outcome{Failure: failureOf(err)}
	case res.Failure != nil:
		return run.Outcome{Failure: convertFailure(ctx, res.Failure)}
	}
	return run.Outcome{Outputs: r.materializations(a, res, env)}
}

// failureOf classifies an error of the host itself.
func failureOf(err error) *run.Failure {
	f := &run.Failure{Reason: event.ReasonError, Error: err.Error()}
	var infra interface{ Infrastructure() bool }
	if errors.As(err, &infra) && infra.Infrastructure() || errors.Is(err, store.ErrUnavailable) {
		f.Reason = event.ReasonInfrastructure
	}
	return f
}

func (r *runner) hostOf(w event.Worker) (host.Host, error) {
	switch {
	case w == event.InProcess:
		return r.m.cfg.Host, nil
	case w == event.Subprocess && r.m.cfg.Subprocess != nil:
		return r.m.cfg.Subprocess, nil
	case w == event.Subprocess:
		return nil, errors.New("this process cannot run steps in child processes")
	}
	return nil, fmt.Errorf("executor %q is not one of inprocess, subprocess", w)
}

func (r *runner) request(a *attempt) host.Request {
	return host.Request{
		Run: r.id, Step: a.id.Name, Key: a.id.Key, Attempt: a.id.Number,
		Config: r.configOf(a.id.Name), Now: a.now,
	}
}

func convertFailure(ctx context.Context, f *host.Failure) *run.Failure {
	out := &run.Failure{
		Reason: event.Reason(f.Reason), Error: f.Message, Kinds: f.Kinds, Final: f.Final, RetryAfter: f.RetryAfter,
	}
	if ctx.Err() != nil {
		out.Reason = event.ReasonCanceled
	}
	return out
}

func canceledBefore(ctx context.Context) *run.Failure {
	return &run.Failure{Reason: event.ReasonCanceled, Error: context.Cause(ctx).Error()}
}

// materializations turns what the host produced into what is recorded.
func (r *runner) materializations(a *attempt, res host.Result, env *env) []event.Materialization {
	def := r.m.cfg.Graph.At(r.plan.Steps[a.step].Asset)
	out := make([]event.Materialization, len(res.Outputs))
	for i, o := range res.Outputs {
		mat := event.Materialization{
			Metadata: o.Metadata, DataVersion: o.DataVersion, CodeVersion: def.CodeVersion, Inputs: env.versions(),
		}
		if o.Asset != def.Name {
			mat.Output = o.Asset
		}
		if mat.DataVersion == "" {
			mat.DataVersion = uuid.NewString()
		}
		if o.Value != nil {
			mat.Value = &event.ValueRef{Handler: o.Value.Handler, Path: o.Value.Path, Format: o.Value.Format, Bytes: o.Value.Bytes}
		}
		out[i] = mat
	}
	return out
}

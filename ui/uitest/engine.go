package uitest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/ui"
)

// Engine answers actions as a location does, and writes the events of the runs
// it starts: one step after another.
type Engine struct {
	// Step is how long each step takes.
	Step time.Duration

	state store.Location
	clock *Clock
	ctx   context.Context
	stop  context.CancelFunc
	runs  sync.WaitGroup
	mu    sync.Mutex
	seen  map[string]ui.Launched
}

var _ ui.Actions = (*Engine)(nil)

// NewEngine returns an engine that writes through state.
func NewEngine(state store.Location, clock *Clock) *Engine {
	ctx, stop := context.WithCancel(context.Background())
	return &Engine{Step: 400 * time.Millisecond, state: state, clock: clock, ctx: ctx, stop: stop, seen: map[string]ui.Launched{}}
}

// Close ends the runs at work.
func (e *Engine) Close() error {
	e.stop()
	e.runs.Wait()
	return nil
}

// Launch starts a run.
func (e *Engine) Launch(ctx context.Context, _ ui.Location, l ui.Launch) (ui.Launched, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if known, ok := e.seen[l.RequestID]; ok && !l.ValidateOnly {
		return known, nil
	}
	steps, answer, err := e.plan(ctx, l)
	if err != nil || l.ValidateOnly {
		return answer, err
	}
	r, err := NewRun(ctx, e.state, event.RunCreated{Steps: len(steps), Selection: l.Selection, Assets: answer.Assets, Partitions: l.Partitions, Tags: l.Tags, Config: l.Config}, store.NotStarted)
	if err != nil {
		return answer, err
	}
	answer.Run = r.ID
	e.seen[l.RequestID] = answer
	e.runs.Go(func() { e.carryOut(r, steps) })
	return answer, nil
}

// plan resolves a selection of names and +names to steps.
func (e *Engine) plan(ctx context.Context, l ui.Launch) ([]event.Step, ui.Launched, error) {
	defs, err := e.state.Definitions(ctx)
	if err != nil {
		return nil, ui.Launched{}, err
	}
	var answer ui.Launched
	chosen := map[string]bool{}
	for _, word := range strings.Fields(l.Selection) {
		if err := choose(defs, word, chosen); err != nil {
			return nil, answer, err
		}
	}
	var steps []event.Step
	for _, d := range defs {
		if !chosen[d.Name] && l.Selection != "" {
			continue
		}
		answer.Assets = append(answer.Assets, d.Name)
		keys, err := e.keys(d, l.Partitions)
		if err != nil {
			return nil, answer, err
		}
		answer.Partitions = max(answer.Partitions, uint64(len(keys)))
		for _, k := range keys {
			steps = append(steps, event.Step{Name: d.Name, Key: k})
		}
		if d.Partitions == nil {
			steps = append(steps, event.Step{Name: d.Name})
		}
	}
	answer.Steps = len(steps)
	return steps, answer, nil
}

func choose(defs []asset.Definition, word string, chosen map[string]bool) error {
	name := strings.TrimPrefix(word, "+")
	i := slices.IndexFunc(defs, func(d asset.Definition) bool { return d.Name == name })
	if i < 0 {
		return &ui.Refused{Reason: "UNKNOWN_ASSET", Field: "selection", Message: fmt.Sprintf("There is no asset %q.", name)}
	}
	chosen[name] = true
	if name != word {
		for _, in := range defs[i].Inputs {
			if err := choose(defs, "+"+in.Asset, chosen); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) keys(d asset.Definition, partitions string) ([]partition.Key, error) {
	if d.Partitions == nil {
		return nil, nil
	}
	space, err := partition.New(*d.Partitions)
	if err != nil {
		return nil, err
	}
	if partitions == "" {
		return nil, &ui.Refused{Reason: "PARTITION_REQUIRED", Field: "partitions", Message: fmt.Sprintf("%s is partitioned: choose partitions.", d.Name)}
	}
	set, err := partition.ParseSelection(partitions, space, e.clock.Now())
	if err != nil {
		return nil, &ui.Refused{Reason: "BAD_PARTITION", Field: "partitions", Message: err.Error()}
	}
	var out []partition.Key
	for o := range set.Ordinals() {
		k, _ := space.Key(o, e.clock.Now())
		out = append(out, k)
	}
	return out, nil
}

// carryOut writes the events of a run until it ends or was canceled.
func (e *Engine) carryOut(r *Run, steps []event.Step) {
	if r.Start(e.ctx) != nil {
		return // the engine was closed, or the run canceled before it began
	}
	h := &historian{ctx: e.ctx, state: e.state, clock: e.clock, dice: newDice(), versions: map[event.Step]string{}}
	for _, s := range steps {
		if run, err := e.state.Run(e.ctx, r.ID); err != nil || run.CancelRequested {
			_ = r.Finish(e.ctx, event.Canceled, "canceled by request")
			return
		}
		if r.Launch(e.ctx, s) != nil {
			return
		}
		began := e.clock.Now()
		select {
		case <-e.ctx.Done():
			return
		case <-time.After(e.Step):
		}
		_ = r.Log(e.ctx, s, began, chatter(s, began, e.Step)...)
		if r.Succeed(e.ctx, s, e.Step, h.made(s)) != nil {
			return
		}
	}
	_ = r.Finish(e.ctx, event.Succeeded, "")
}

// Cancel asks for the end of a run.
func (e *Engine) Cancel(ctx context.Context, _ ui.Location, run string) (bool, error) {
	return e.state.RequestCancel(ctx, run, &event.User{Subject: "ada", Name: "Ada"})
}

// Rerun starts a copy of a run.
func (e *Engine) Rerun(ctx context.Context, l ui.Location, run string, _ bool, requestID string) (string, error) {
	old, err := e.state.Run(ctx, run)
	if err != nil {
		return "", err
	}
	tags := map[string]string{"rivers/rerun_of": run}
	for k, v := range old.Created.Tags {
		tags[k] = v
	}
	answer, err := e.Launch(ctx, l, ui.Launch{Selection: strings.Join(old.Created.Assets, " "), Partitions: old.Created.Partitions, Tags: tags, RequestID: requestID})
	return answer.Run, err
}

// Delete removes a run that has ended.
func (e *Engine) Delete(ctx context.Context, _ ui.Location, run string) error {
	r, err := e.state.Run(ctx, run)
	if err != nil {
		return err
	}
	if !r.Status.Final() {
		return &ui.Refused{Reason: "RUN_ACTIVE", Message: "it is still active; cancel it first"}
	}
	return e.state.DeleteRun(ctx, run)
}

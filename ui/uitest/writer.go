package uitest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/plan"
	"rivers.io/runtime/store"
)

// image is the build that the history was made by.
const image = "sha256:7c1f0e3b9a5d4c2e8f60b1a29d3e4f5061728394a5b6c7d8e9f00112233445566"

// lease is how long a written run stays owned between writes.
const lease = 15 * time.Second

// Run writes one run, step by step, as its executor would.
type Run struct {
	ID    string
	state store.Location
	plan  store.NewRun

	mu       sync.Mutex
	epoch    uint64
	counter  uint64
	counts   event.Counts
	attempts map[event.Step]int
	tokens   map[event.Step]string
}

// NewRun creates a run of the given assets and steps.
func NewRun(ctx context.Context, state store.Location, created event.RunCreated, status store.Status) (*Run, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	if created.PlanHash, err = planHash(ctx, state, &created); err != nil {
		return nil, err
	}
	if created.Launcher.Kind == "" {
		created.Launcher = event.Launcher{Kind: "manual", User: &event.User{Subject: "ada", Name: "Ada"}}
	}
	plan := store.NewRun{ID: id.String(), Status: status, Created: created}
	if _, _, err := state.CreateRun(ctx, plan); err != nil {
		return nil, fmt.Errorf("create run: %w", err)
	}
	return &Run{ID: plan.ID, state: state, plan: plan, counts: event.Counts{Total: created.Steps}, attempts: map[event.Step]int{}, tokens: map[event.Step]string{}}, nil
}

// planHash is the hash that the location's definitions give the run. Names that
// no pipeline may declare make no graph; the hash of such a run is a word.
func planHash(ctx context.Context, state store.Location, created *event.RunCreated) (string, error) {
	defs, err := state.Definitions(ctx)
	if err != nil {
		return "", err
	}
	graph, err := asset.Resolve(defs)
	if graph == nil || err != nil {
		return "unresolved", nil //nolint:nilerr // names that no pipeline may declare are what the test wants
	}
	p, err := plan.FromCreated(graph, created, time.Now())
	if err != nil {
		return "", fmt.Errorf("plan: %w", err)
	}
	return p.Hash, nil
}

// Start takes the run over.
func (r *Run) Start(ctx context.Context) error {
	claim, err := r.state.TakeOver(ctx, r.ID, store.TakeOver{Executor: "exec-" + r.ID[len(r.ID)-8:], Image: image, Lease: lease})
	if err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	r.epoch = claim.Epoch
	return nil
}

func (r *Run) append(ctx context.Context, parts ...store.Part) error {
	r.counter++
	_, err := r.state.Append(ctx, r.ID, store.Append{Writer: "uitest-" + r.ID, Counter: r.counter, Parts: parts, Lease: lease})
	if err != nil {
		return fmt.Errorf("append: %w", err)
	}
	return nil
}

// Launch starts an attempt of a step.
func (r *Run) Launch(ctx context.Context, step event.Step) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts[step]++
	r.tokens[step] = uuid.NewString()
	return r.append(ctx, store.Part{Epoch: r.epoch, Events: []event.Event{{Attempt: r.attempt(step), Payload: &event.StepLaunched{Token: r.tokens[step], Worker: event.InProcess}}}})
}

func (r *Run) attempt(step event.Step) event.Attempt {
	return event.Attempt{Step: step, Number: r.attempts[step]}
}

// Succeed settles a step with what it made.
func (r *Run) Succeed(ctx context.Context, step event.Step, took time.Duration, made event.Materialization) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Succeeded++
	at := r.attempt(step)
	return r.append(ctx, store.Part{Token: r.tokens[step], Events: []event.Event{
		{Attempt: at, Payload: &made},
		{Attempt: at, Payload: &event.StepSucceeded{Duration: took}},
	}})
}

// Fail settles an attempt as failed; with retry the next one is promised for
// that instant.
func (r *Run) Fail(ctx context.Context, step event.Step, took time.Duration, text string, retry time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := r.attempt(step)
	events := []event.Event{{Attempt: at, Payload: &event.StepFailed{Duration: took, Reason: event.ReasonError, Error: text, Kinds: []string{"*main.ParseError"}, Final: retry.IsZero()}}}
	if retry.IsZero() {
		r.counts.Failed++
	} else {
		events = append(events, event.Event{Attempt: at, Payload: &event.StepRetryScheduled{NotBefore: retry}})
	}
	return r.append(ctx, store.Part{Epoch: r.epoch, Events: events})
}

// Skip ends a step that cannot run.
func (r *Run) Skip(ctx context.Context, step, by event.Step) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Skipped++
	return r.append(ctx, store.Part{Epoch: r.epoch, Events: []event.Event{{Attempt: event.Attempt{Step: step}, Payload: &event.StepSkipped{Cause: "an upstream failed", By: by}}}})
}

// Finish ends the run.
func (r *Run) Finish(ctx context.Context, outcome event.Outcome, cause string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.append(ctx, store.Part{Epoch: r.epoch, Events: []event.Event{{Payload: &event.RunFinished{Outcome: outcome, Cause: cause, Counts: r.counts}}}})
}

// Log writes lines of a step.
func (r *Run) Log(ctx context.Context, step event.Step, at time.Time, lines ...store.LogLine) error {
	for i := range lines {
		lines[i].Attempt = event.Attempt{Step: step, Number: max(1, r.attempts[step])}
		if lines[i].Time.IsZero() {
			lines[i].Time = at
		}
	}
	return r.state.AppendLogs(ctx, r.ID, lines)
}

// Tagged encodes one metadata value.
func Tagged(tag string, value any) json.RawMessage {
	raw, err := json.Marshal(map[string]any{"type": tag, "value": value})
	if err != nil {
		panic(err) // a test passes values that encode
	}
	return raw
}

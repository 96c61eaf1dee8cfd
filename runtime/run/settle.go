package run

import (
	"strings"
	"time"

	"rivers.io/runtime/event"
)

// Outcome is how an attempt ended, as its worker tells it.
type Outcome struct {
	Duration time.Duration
	// Outputs are published with the success.
	Outputs []event.Materialization
	// Failure is nil for a success.
	Failure *Failure
}

// Failure is why an attempt did not succeed.
type Failure struct {
	Reason event.Reason
	Error  string
	Kinds  []string
	// Final forbids a retry whatever the policy says.
	Final bool
	// RetryAfter, when not 0, takes the place of the policy's wait.
	RetryAfter time.Duration
}

// Settle returns the payloads that record the end of a running attempt:
// materializations and StepSucceeded; or StepFailed, with StepRetryScheduled
// when the policy grants another attempt; or StepCanceled when the run is being
// canceled and the attempt did not succeed. random, in [0, 1), is the jitter of
// the wait. It changes nothing: the caller applies what it appends. It returns
// nil when the attempt is not the one that runs.
func (m *Machine) Settle(a event.Attempt, o Outcome, now time.Time, random float64) []event.Payload {
	i, ok := m.plan.Lookup(a.Step)
	if !ok || m.expectRunning(i, a.Number) != nil {
		return nil
	}
	switch {
	case o.Failure == nil:
		return succeeded(o)
	case m.canceled:
		return []event.Payload{&event.StepCanceled{Cause: firstLine(o.Failure.Error)}}
	default:
		return m.settleFailure(i, o, now, random)
	}
}

func succeeded(o Outcome) []event.Payload {
	out := make([]event.Payload, 0, len(o.Outputs)+1)
	for k := range o.Outputs {
		out = append(out, &o.Outputs[k])
	}
	return append(out, &event.StepSucceeded{Duration: o.Duration})
}

func (m *Machine) settleFailure(i int, o Outcome, now time.Time, random float64) []event.Payload {
	f := o.Failure
	failed := &event.StepFailed{
		Duration: o.Duration, Reason: f.Reason, Error: f.Error, Kinds: f.Kinds, Final: true,
	}
	if failed.Reason == "" {
		failed.Reason = event.ReasonError
	}
	policy := m.policy(m.plan.Steps[i].Asset)
	n := m.steps[i].failures + 1
	if policy == nil || f.Final || !policy.Retries(n, failed.Reason, f.Kinds) {
		return []event.Payload{failed}
	}
	failed.Final = false
	wait := f.RetryAfter
	if wait <= 0 {
		wait = policy.Wait(n, random)
	}
	return []event.Payload{failed, &event.StepRetryScheduled{NotBefore: now.Add(wait)}}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

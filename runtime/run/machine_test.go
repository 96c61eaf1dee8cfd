package run_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/run"
)

func quiet() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

func fails(text string) *run.Failure { return &run.Failure{Error: text} }

func TestStepsStartAsSoonAsTheirOwnInputsAreDone(t *testing.T) {
	w := newWorld(t, dag([]string{"fast", "slow", "after_fast"}, map[string][]string{"after_fast": {"fast"}}, nil), "")
	m := w.machine()
	var launched []string
	step := func() {
		for _, c := range m.Next(w.now, 10) {
			if l, ok := c.(run.Launch); ok {
				launched = append(launched, l.Attempt.Name)
				w.record(m, event.Event{Attempt: l.Attempt, Payload: &event.StepLaunched{}})
			}
		}
	}
	step()
	w.settle(m, event.Attempt{Step: event.Step{Name: "fast"}, Number: 1}, byAttempt)
	step()
	if diff := cmp.Diff([]string{"fast", "slow", "after_fast"}, launched); diff != "" {
		t.Errorf("after_fast must not wait for its sibling's level (-want +got):\n%s", diff)
	}
}

func TestFreeCapacityBoundsLaunches(t *testing.T) {
	w := newWorld(t, dag([]string{"c", "a", "b"}, nil, nil), "")
	m := w.machine()
	got := m.Next(w.now, 2)
	if len(got) != 2 {
		t.Fatalf("launched %d with capacity 2", len(got))
	}
	if first := got[0].(run.Launch).Attempt.Name; first != "c" {
		t.Errorf("ties go by declaration order, got %s first", first)
	}
}

func TestFailureSkipsWhatDependsOnIt(t *testing.T) {
	w := newWorld(t, dag([]string{"a", "b", "c", "d"}, map[string][]string{"b": {"a"}, "c": {"b"}}, nil), "")
	w.answer = func(s event.Step, _ int) *run.Failure {
		if s.Name == "a" {
			return fails("no rain\nsecond line")
		}
		return nil
	}
	m := w.machine()
	w.drive(m, 2, byAttempt, quiet())
	if diff := cmp.Diff([]string{"a failed", "b skipped", "c skipped", "d succeeded"}, w.statuses(m)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := event.RunFinished{
		Outcome: event.Failed, Cause: "step a failed: no rain",
		Counts: event.Counts{Total: 4, Succeeded: 1, Failed: 1, Skipped: 2},
	}
	if diff := cmp.Diff(&want, m.Finished()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, e := range w.events {
		if s, ok := e.Payload.(*event.StepSkipped); ok && s.By.Name != "a" {
			t.Errorf("%s is said to be skipped by %s; a caused it", e.Attempt, s.By)
		}
	}
}

func TestRetriesFollowThePolicy(t *testing.T) {
	retry := &asset.RetryPolicy{MaxRetries: 2, Backoff: asset.Backoff{Kind: asset.Exponential, Base: time.Second, Factor: 2}}
	for name, tc := range map[string]struct {
		answer   func(n int) *run.Failure
		attempts int
		want     string
		waited   time.Duration
	}{
		"within the budget": {func(n int) *run.Failure { return map[bool]*run.Failure{true: fails("x")}[n < 3] }, 3, "a succeeded", 3 * time.Second},
		"budget spent":      {func(int) *run.Failure { return fails("x") }, 3, "a failed", 3 * time.Second},
		"given up for good": {func(int) *run.Failure { return &run.Failure{Error: "x", Final: true} }, 1, "a failed", 0},
		"own wait": {func(n int) *run.Failure {
			return map[bool]*run.Failure{true: {Error: "x", RetryAfter: time.Minute}}[n < 2]
		}, 2, "a succeeded", time.Minute},
		"canceled is never retried": {func(int) *run.Failure { return &run.Failure{Error: "x", Reason: event.ReasonCanceled} }, 1, "a failed", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, dag([]string{"a"}, nil, retry), "")
			w.answer = func(_ event.Step, n int) *run.Failure { return tc.answer(n) }
			m := w.machine()
			w.drive(m, 1, byAttempt, quiet())
			if got := m.Step(0).Attempt; got != tc.attempts {
				t.Errorf("attempts: got %d, want %d", got, tc.attempts)
			}
			if got := w.statuses(m)[0]; got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if got := w.now.Sub(epoch); got != tc.waited {
				t.Errorf("waited %v, want %v", got, tc.waited)
			}
		})
	}
}

func TestRevokedAttemptsUseUpNothing(t *testing.T) {
	w := newWorld(t, dag([]string{"a"}, nil, &asset.RetryPolicy{MaxRetries: 1}), "")
	w.answer = func(event.Step, int) *run.Failure { return fails("x") }
	m := w.machine()
	for n := 1; n <= 3; n++ {
		a := event.Attempt{Step: event.Step{Name: "a"}, Number: n}
		m.Next(w.now, 1)
		w.record(m, event.Event{Attempt: a, Payload: &event.StepLaunched{}})
		w.record(m, event.Event{Attempt: a, Payload: &event.StepRevoked{Cause: "executor lost"}})
	}
	w.drive(m, 1, byAttempt, quiet())
	if got := m.Step(0).Attempt; got != 5 {
		t.Errorf("three revoked attempts and a budget of two: got %d attempts", got)
	}
}

func TestCancelEndsEverything(t *testing.T) {
	w := newWorld(t, dag([]string{"a", "b", "c"}, map[string][]string{"c": {"a"}}, nil), "")
	m := w.machine()
	m.Next(w.now, 1)
	a := event.Attempt{Step: event.Step{Name: "a"}, Number: 1}
	w.record(m, event.Event{Attempt: a, Payload: &event.StepLaunched{}})
	w.record(m, event.Event{Payload: &event.RunCancelRequested{}})
	commands := m.Next(w.now, 5)
	if _, ok := commands[0].(run.Stop); !ok {
		t.Fatalf("the running attempt must be stopped first, got %#v", commands)
	}
	for _, c := range commands[1:] {
		e, ok := run.Event(c)
		if !ok {
			t.Fatalf("%#v implies no event", c)
		}
		w.record(m, e)
	}
	w.answer = func(event.Step, int) *run.Failure { return &run.Failure{Error: "context canceled"} }
	w.settle(m, a, byAttempt)
	w.drive(m, 5, byAttempt, quiet())
	if diff := cmp.Diff([]string{"a canceled", "b canceled", "c canceled"}, w.statuses(m)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if m.Finished().Outcome != event.Canceled {
		t.Errorf("outcome %s", m.Finished().Outcome)
	}
}

func TestCancelWinsOverSuccess(t *testing.T) {
	w := newWorld(t, dag([]string{"a"}, nil, nil), "")
	m := w.machine()
	m.Next(w.now, 1)
	a := event.Attempt{Step: event.Step{Name: "a"}, Number: 1}
	w.record(m, event.Event{Attempt: a, Payload: &event.StepLaunched{}})
	w.record(m, event.Event{Payload: &event.RunCancelRequested{}})
	w.settle(m, a, byAttempt)
	w.drive(m, 1, byAttempt, quiet())
	if got := w.statuses(m)[0]; got != "a succeeded" {
		t.Errorf("a step that finished all the same keeps its result, got %s", got)
	}
	if m.Finished().Outcome != event.Canceled {
		t.Errorf("a cancel request seen makes the run canceled (D-151), got %s", m.Finished().Outcome)
	}
}

func TestRevokedStepOfACanceledRunIsCanceled(t *testing.T) {
	w := newWorld(t, dag([]string{"a", "b"}, nil, nil), "")
	m := w.machine()
	m.Next(w.now, 1)
	a := event.Attempt{Step: event.Step{Name: "a"}, Number: 1}
	w.record(m, event.Event{Attempt: a, Payload: &event.StepLaunched{}})
	w.record(m, event.Event{Payload: &event.RunCancelRequested{}})
	for _, c := range m.Next(w.now, 1) {
		if e, ok := run.Event(c); ok {
			w.record(m, e)
		}
	}
	w.record(m, event.Event{Attempt: a, Payload: &event.StepRevoked{}})
	w.drive(m, 1, byAttempt, quiet())
	if diff := cmp.Diff([]string{"a canceled", "b canceled"}, w.statuses(m)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestGatesHoldUntilEveryKeySucceeded(t *testing.T) {
	defs := []asset.Definition{
		{Name: "day", Partitions: daily()},
		{Name: "report", Inputs: []asset.Input{{Asset: "day", Kind: asset.Data, Mapping: partition.Mapping{Kind: partition.All}}}},
	}
	w := newWorld(t, defs, "2001-01-01..2001-01-31")
	m := w.machine()
	w.drive(m, 4, byAttempt, quiet())
	last := w.events[len(w.events)-4]
	if last.Attempt.Name != "report" || last.Type() != event.TypeStepLaunched {
		t.Errorf("the report starts after all days, but event %s of %s is there", last.Type(), last.Attempt)
	}

	failing := newWorld(t, defs, "2001-01-01..2001-01-31")
	failing.answer = func(s event.Step, _ int) *run.Failure {
		if strings.HasSuffix(string(s.Key), "-17") || strings.HasSuffix(string(s.Key), "-18") {
			return fails("x")
		}
		return nil
	}
	m = failing.machine()
	failing.drive(m, 4, byAttempt, quiet())
	want := event.Counts{Total: 32, Succeeded: 29, Failed: 2, Skipped: 1}
	if diff := cmp.Diff(want, m.Counts()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := m.Finished().Cause; !strings.HasSuffix(got, "(and 1 more)") {
		t.Errorf("the cause tells of the others: %q", got)
	}
}

func TestContradictionsAreErrors(t *testing.T) {
	a := event.Attempt{Step: event.Step{Name: "a"}, Number: 1}
	for name, events := range map[string][]event.Event{
		"success of an attempt never launched": {{Attempt: a, Payload: &event.StepSucceeded{}}},
		"unknown step":                         {{Attempt: event.Attempt{Step: event.Step{Name: "z"}, Number: 1}, Payload: &event.StepLaunched{}}},
		"skipped attempt number":               {{Attempt: event.Attempt{Step: a.Step, Number: 2}, Payload: &event.StepLaunched{}}},
		"launched twice":                       {{Attempt: a, Payload: &event.StepLaunched{}}, {Attempt: a, Payload: &event.StepLaunched{}}},
		"second end": {
			{Attempt: a, Payload: &event.StepLaunched{}},
			{Attempt: a, Payload: &event.StepSucceeded{}}, {Attempt: a, Payload: &event.StepFailed{Final: true}},
		},
		"canceled after the end": {
			{Attempt: a, Payload: &event.StepLaunched{}},
			{Attempt: a, Payload: &event.StepSucceeded{}}, {Attempt: a, Payload: &event.StepCanceled{}},
		},
		"retry without failure":  {{Attempt: a, Payload: &event.StepRetryScheduled{}}},
		"skip of a ready step":   {{Attempt: a, Payload: &event.StepSkipped{}}},
		"revoked without launch": {{Attempt: a, Payload: &event.StepRevoked{}}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newWorld(t, dag([]string{"a"}, nil, nil), "").machine()
			for i, e := range events {
				err := m.Apply(e)
				if last := i == len(events)-1; (err != nil) != last {
					t.Fatalf("event %d: error %v", i, err)
				}
			}
		})
	}
}

func TestUnknownAndInformativeEventsAreIgnored(t *testing.T) {
	w := newWorld(t, dag([]string{"a"}, nil, nil), "")
	m := w.fold([]event.Event{
		{Payload: &event.RunCreated{}}, {Payload: &event.RunStarted{}},
		{Payload: &event.Unknown{Name: "Later"}},
		{Attempt: event.Attempt{Step: event.Step{Name: "a"}}, Payload: &event.Unknown{Name: "StepLater"}},
	})
	if m.Ready() != 1 || m.CancelRequested() {
		t.Errorf("the machine changed: %d ready", m.Ready())
	}
}

func TestSettleOfAnotherAttemptIsNothing(t *testing.T) {
	w := newWorld(t, dag([]string{"a"}, nil, nil), "")
	m := w.machine()
	if got := m.Settle(event.Attempt{Step: event.Step{Name: "a"}, Number: 1}, run.Outcome{}, w.now, 0); got != nil {
		t.Errorf("an attempt that does not run settles as %v", got)
	}
}

func TestNothingFollowsTheEnd(t *testing.T) {
	w := newWorld(t, dag([]string{"a"}, nil, nil), "")
	m := w.machine()
	w.drive(m, 1, byAttempt, quiet())
	if got := m.Next(w.now, 9); got != nil {
		t.Errorf("after the end: %v", got)
	}
}

func TestCondemnedRunIsRecognised(t *testing.T) {
	b := event.Attempt{Step: event.Step{Name: "b"}}
	for name, c := range map[string]struct {
		events []event.Event
		want   string
	}{
		"no end":           {nil, ""},
		"skipped upstream": {[]event.Event{{Attempt: b, Payload: &event.StepSkipped{Cause: "upstream", By: event.Step{Name: "a"}}}}, ""},
		"canceled on request": {[]event.Event{
			{Payload: &event.RunCancelRequested{}}, {Attempt: b, Payload: &event.StepCanceled{Cause: "asked"}},
		}, ""},
		"skipped by the executor": {[]event.Event{
			{Attempt: b, Payload: &event.StepSkipped{Cause: "changed"}},
			{Attempt: event.Attempt{Step: event.Step{Name: "a"}}, Payload: &event.StepSkipped{Cause: "changed again"}},
		}, "changed"},
		"canceled by the executor": {[]event.Event{{Attempt: b, Payload: &event.StepCanceled{Cause: "changed"}}}, "changed"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newWorld(t, dag([]string{"a", "b"}, map[string][]string{"b": {"a"}}, nil), "").machine()
			for _, e := range c.events {
				if err := m.Apply(e); err != nil {
					t.Fatal(err)
				}
			}
			if got := m.Condemned(); got != c.want {
				t.Errorf("condemned %q, want %q", got, c.want)
			}
		})
	}
}

package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"rivers.io/runtime/riverstest"
)

func TestDeclarationsAreSound(t *testing.T) {
	if err := repository().Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestFlakyNeedsThreeAttempts(t *testing.T) {
	for attempt, want := range map[int]string{1: "", 2: "", 3: "an answer"} {
		got, result := riverstest.Run(t, flaky, riverstest.Attempt(attempt))
		if got != want || (result.Failure == nil) != (want != "") {
			t.Errorf("attempt %d gives %q, failure %+v", attempt, got, result.Failure)
		}
	}
}

func TestInvoiceFailsForGood(t *testing.T) {
	_, result := riverstest.Run(t, invoice)
	if result.Failure == nil || !strings.Contains(result.Failure.Message, "the account is closed") {
		t.Errorf("failure is %+v", result.Failure)
	}
}

func TestStatementJoinsItsInputs(t *testing.T) {
	got, _ := riverstest.Run(t, statement, riverstest.Input(flaky, "a"), riverstest.Input(invoice, "b"))
	if got != "a, b" {
		t.Errorf("statement is %q", got)
	}
}

func TestGreetingFollowsItsSettings(t *testing.T) {
	french := riverstest.Resource(phrases, map[string]string{"en": "bonjour"})
	got, _ := riverstest.Run(t, greeting, french, riverstest.Config(settings, Greeting{Name: "you", Times: 2}))
	if got != "bonjour you, bonjour you" {
		t.Errorf("greeting is %q", got)
	}
	if (Greeting{Name: "you"}).Validate() == nil {
		t.Error("no greeting at all is accepted")
	}
}

func TestChattyWritesToItsStreams(t *testing.T) {
	_, result := riverstest.Run(t, chatty)
	if result.Stdout != "to the step's standard output\n" || len(result.Log) != 2 {
		t.Errorf("stdout %q, log %v", result.Stdout, result.Log)
	}
}

// canceled is a TB whose context has ended.
type canceled struct {
	testing.TB
	ctx context.Context //nolint:containedctx // what TB.Context returns
}

func (c canceled) Context() context.Context { return c.ctx }

func TestSlowEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("canceled by the test"))
	_, result := riverstest.Run(canceled{t, ctx}, slow)
	if result.Failure == nil {
		t.Error("slow succeeded")
	}
}

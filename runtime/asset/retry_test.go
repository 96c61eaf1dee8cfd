package asset

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rivers.io/runtime/event"
)

// D-169: the waits after attempts 1 to 4, and their spread by jitter.
func TestD169Waits(t *testing.T) {
	t.Parallel()
	const s = time.Second
	cases := []struct {
		why     string
		backoff Backoff
		want    []time.Duration
	}{
		{"exponential", Backoff{Kind: Exponential, Base: s, Factor: 2}, []time.Duration{1 * s, 2 * s, 4 * s, 8 * s}},
		{"linear", Backoff{Kind: Linear, Base: 5 * s, Step: 10 * s}, []time.Duration{15 * s, 25 * s, 35 * s, 45 * s}},
		{"fixed", Backoff{Kind: Fixed, List: []time.Duration{s, 5 * s, 30 * s}}, []time.Duration{1 * s, 5 * s, 30 * s, 30 * s}},
		{"constant", Backoff{Kind: Constant, Base: 3 * s}, []time.Duration{3 * s, 3 * s, 3 * s, 3 * s}},
		{"none", Backoff{}, []time.Duration{0, 0, 0, 0}},
		{"bounded", Backoff{Kind: Exponential, Base: s, Factor: 2, Max: 3 * s}, []time.Duration{1 * s, 2 * s, 3 * s, 3 * s}},
		{"shrinking", Backoff{Kind: Exponential, Base: 8 * s, Factor: 0.5}, []time.Duration{8 * s, 4 * s, 2 * s, 1 * s}},
		{"from nothing", Backoff{Kind: Exponential, Factor: 2}, []time.Duration{0, 0, 0, 0}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			policy := &RetryPolicy{MaxRetries: 4, Backoff: c.backoff}
			if err := policy.Validate(); err != nil {
				t.Fatal(err)
			}
			var got []time.Duration
			for n := 1; n <= 4; n++ {
				got = append(got, policy.Wait(n, 0.7))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("waits %v, want %v", got, c.want)
			}
			policy.Backoff.Jitter = 0.5
			for n, base := range c.want {
				if low := policy.Wait(n+1, 0); low != base/2 {
					t.Errorf("attempt %d, r = 0: %v, want half of %v", n+1, low, base)
				}
				if high := policy.Wait(n+1, math.Nextafter(1, 0)); high < base*3/2-time.Microsecond || high > base*3/2 {
					t.Errorf("attempt %d, r towards 1: %v, want 1.5 times %v", n+1, high, base)
				}
			}
		})
	}
}

func TestWaitSaturates(t *testing.T) {
	t.Parallel()
	cases := []struct {
		why  string
		b    Backoff
		n    int
		want time.Duration
	}{
		{"exponential", Backoff{Kind: Exponential, Base: time.Hour, Factor: 10}, 900, math.MaxInt64},
		{"linear", Backoff{Kind: Linear, Base: time.Hour, Step: math.MaxInt64 / 2}, 3, math.MaxInt64},
		{"linear at the limit", Backoff{Kind: Linear, Base: math.MaxInt64, Step: 1}, 1, math.MaxInt64},
		{"jitter", Backoff{Base: math.MaxInt64, Jitter: 1}, 1, math.MaxInt64},
		{"bounded", Backoff{Kind: Exponential, Base: time.Hour, Factor: 10, Max: time.Minute}, 900, time.Minute},
		{"before any attempt", Backoff{Base: time.Hour}, 0, 0},
		{"fixed without waits", Backoff{Kind: Fixed}, 1, 0},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := (&RetryPolicy{Backoff: c.b}).Wait(c.n, 0.999); got != c.want {
				t.Errorf("Wait = %v, want %v", got, c.want)
			}
		})
	}
	var none *RetryPolicy
	if none.Wait(1, 0) != 0 || none.Validate() != nil || none.Retries(1, event.ReasonError, nil) {
		t.Error("no policy waits or retries")
	}
}

func TestWaitStaysInItsSpread(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := RetryPolicy{Backoff: Backoff{
			Kind:   rapid.SampledFrom([]BackoffKind{"", Constant, Linear, Exponential, Fixed}).Draw(t, "kind"),
			Base:   time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "base")),
			Step:   time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "step")),
			Factor: rapid.Float64Range(0.1, 10).Draw(t, "factor"),
			List:   []time.Duration{1, time.Second},
			Jitter: rapid.Float64Range(0, 1).Draw(t, "jitter"),
		}}
		n := rapid.IntRange(1, 50).Draw(t, "n")
		plain := p
		plain.Backoff.Jitter = 0
		base, wait := plain.Wait(n, 0), p.Wait(n, rapid.Float64Range(0, 0.999999).Draw(t, "r"))
		low, high := float64(base)*(1-p.Backoff.Jitter), float64(base)*(1+p.Backoff.Jitter)
		if wait < 0 || float64(wait) < low*0.999-1 || float64(wait) > high*1.001+1 {
			t.Fatalf("wait %v is outside of %v..%v", wait, time.Duration(low), time.Duration(high))
		}
	})
}

func TestRetries(t *testing.T) {
	t.Parallel()
	kinds := []string{"*main.HTTPError", "timeout-ish"}
	cases := []struct {
		why    string
		policy RetryPolicy
		n      int
		reason event.Reason
		want   bool
	}{
		{"within the budget", RetryPolicy{MaxRetries: 2}, 2, event.ReasonError, true},
		{"the budget is spent", RetryPolicy{MaxRetries: 2}, 3, event.ReasonError, false},
		{"no budget", RetryPolicy{}, 1, event.ReasonError, false},
		{"canceled", RetryPolicy{MaxRetries: 2, On: []string{"canceled"}}, 1, event.ReasonCanceled, false},
		{"all by its name", RetryPolicy{MaxRetries: 2, On: []string{OnAll}}, 1, event.ReasonError, true},
		{"transient matches a timeout", RetryPolicy{MaxRetries: 2, On: []string{OnTransient}}, 1, event.ReasonTimeout, true},
		{"transient matches memory", RetryPolicy{MaxRetries: 2, On: []string{OnTransient}}, 1, event.ReasonOutOfMemory, true},
		{"transient matches infrastructure", RetryPolicy{MaxRetries: 2, On: []string{OnTransient}}, 1, event.ReasonInfrastructure, true},
		{"transient matches no error", RetryPolicy{MaxRetries: 2, On: []string{OnTransient}}, 1, event.ReasonError, false},
		{"a reason", RetryPolicy{MaxRetries: 2, On: []string{"x", "timeout"}}, 1, event.ReasonTimeout, true},
		{"an error kind", RetryPolicy{MaxRetries: 2, On: []string{"*main.HTTPError"}}, 1, event.ReasonError, true},
		{"another error kind", RetryPolicy{MaxRetries: 2, On: []string{"*main.Other"}}, 1, event.ReasonError, false},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := c.policy.Retries(c.n, c.reason, kinds); got != c.want {
				t.Errorf("Retries = %v, want %v", got, c.want)
			}
		})
	}
}

func TestRetryValidateNamesEverything(t *testing.T) {
	t.Parallel()
	cases := []struct {
		why    string
		policy RetryPolicy
		say    []string
	}{
		{"too few and too many", RetryPolicy{MaxRetries: -1, On: []string{""}}, []string{"-1 retries; the range is 0 to 1000", "is empty"}},
		{"too many", RetryPolicy{MaxRetries: 1001, On: make([]string, MaxWaits+1)}, []string{"1001 retries", "1001 conditions"}},
		{"negative times", RetryPolicy{Backoff: Backoff{Base: -1, Jitter: 2}}, []string{"must not be negative", "jitter 2 is outside"}},
		{"no number", RetryPolicy{Backoff: Backoff{Kind: Exponential, Factor: math.NaN(), Jitter: math.NaN()}}, []string{"factor NaN", "jitter NaN"}},
		{"an infinite factor", RetryPolicy{Backoff: Backoff{Kind: Exponential, Factor: math.Inf(1)}}, []string{"factor +Inf"}},
		{"no factor", RetryPolicy{Backoff: Backoff{Kind: Exponential}}, []string{"factor 0 is not a positive number"}},
		{"fixed without waits", RetryPolicy{Backoff: Backoff{Kind: Fixed, Max: 1}}, []string{"at least one wait", "has no max"}},
		{"fixed with a negative wait", RetryPolicy{Backoff: Backoff{Kind: Fixed, List: []time.Duration{1, -1}}}, []string{"a wait of -1ns is negative"}},
		{"fixed with many waits", RetryPolicy{Backoff: Backoff{Kind: Fixed, List: make([]time.Duration, MaxWaits+1)}}, []string{"1001 waits"}},
		{"a list elsewhere", RetryPolicy{Backoff: Backoff{Kind: Constant, List: []time.Duration{1}}}, []string{"only fixed takes a list"}},
		{"unknown", RetryPolicy{Backoff: Backoff{Kind: "random"}}, []string{`unknown kind "random"`}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			err := c.policy.Validate()
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range c.say {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
		})
	}
}

package asset

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"rivers.io/runtime/event"
)

// The words that a retry-on list may hold beside error kinds and reasons.
const (
	// OnAll matches every failure, as an empty list does.
	OnAll = "all"
	// OnTransient matches out_of_memory, timeout and infrastructure (D-131).
	OnTransient = "transient"
)

// Validate reports everything that is wrong with the policy; nil is valid and
// means no retries.
func (p *RetryPolicy) Validate() error {
	if p == nil {
		return nil
	}
	var problems []error
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if p.MaxRetries < 0 || p.MaxRetries > MaxRetries {
		bad("%d retries; the range is 0 to %d", p.MaxRetries, MaxRetries)
	}
	if len(p.On) > MaxWaits {
		bad("%d conditions to retry on; the limit is %d", len(p.On), MaxWaits)
	}
	if slices.Contains(p.On, "") {
		bad("a condition to retry on is empty")
	}
	p.Backoff.validate(bad)
	return errors.Join(problems...)
}

func (b *Backoff) validate(bad func(format string, args ...any)) {
	if b.Base < 0 || b.Step < 0 || b.Max < 0 {
		bad("backoff: base %s, step %s and max %s must not be negative", b.Base, b.Step, b.Max)
	}
	if !(b.Jitter >= 0 && b.Jitter <= 1) {
		bad("backoff: jitter %v is outside of [0, 1]", b.Jitter)
	}
	switch b.Kind {
	case "", Constant, Linear:
	case Exponential:
		if !(b.Factor > 0) || math.IsInf(b.Factor, 0) {
			bad("backoff: factor %v is not a positive number", b.Factor)
		}
	case Fixed:
		b.validateFixed(bad)
	default:
		bad("backoff: unknown kind %q; known are %s, %s, %s and %s", clip(string(b.Kind)), Constant, Linear, Exponential, Fixed)
	}
	if b.Kind != Fixed && len(b.List) > 0 {
		bad("backoff: only %s takes a list of waits", Fixed)
	}
}

func (b *Backoff) validateFixed(bad func(format string, args ...any)) {
	switch n := len(b.List); {
	case n == 0:
		bad("backoff: %s needs at least one wait", Fixed)
	case n > MaxWaits:
		bad("backoff: %d waits; the limit is %d", n, MaxWaits)
	case slices.Min(b.List) < 0:
		bad("backoff: a wait of %s is negative", slices.Min(b.List))
	}
	if b.Max != 0 {
		bad("backoff: %s has no max", Fixed)
	}
}

// Retries reports whether a step is tried again after its n-th failed attempt,
// n >= 1, that failed for the given reason with errors of the given kinds
// (D-130). A nil policy never retries.
func (p *RetryPolicy) Retries(n int, reason event.Reason, kinds []string) bool {
	if p == nil || reason == event.ReasonCanceled || n > p.MaxRetries {
		return false
	}
	return len(p.On) == 0 || slices.ContainsFunc(p.On, func(on string) bool {
		switch {
		case on == OnAll || on == string(reason):
			return true
		case on == OnTransient:
			return reason == event.ReasonOutOfMemory || reason == event.ReasonTimeout || reason == event.ReasonInfrastructure
		}
		return slices.Contains(kinds, on)
	})
}

// Wait returns the time between the n-th failed attempt, n >= 1, and the next
// one (D-133, D-134). r is a random number in [0, 1) that spreads the wait by
// the jitter. Sums that are too large saturate.
func (p *RetryPolicy) Wait(n int, r float64) time.Duration {
	if p == nil || n < 1 {
		return 0
	}
	b := &p.Backoff
	wait := b.base(n)
	if b.Max > 0 {
		wait = min(wait, b.Max)
	}
	if b.Jitter == 0 {
		return wait
	}
	return saturate(float64(wait) * ((1 - b.Jitter) + 2*b.Jitter*r))
}

// base is the wait without bound and jitter.
func (b *Backoff) base(n int) time.Duration {
	switch b.Kind {
	case Linear:
		if b.Step > 0 && time.Duration(n) > (math.MaxInt64-b.Base)/b.Step {
			return math.MaxInt64
		}
		return b.Base + b.Step*time.Duration(n)
	case Exponential:
		if b.Base == 0 {
			return 0
		}
		return saturate(float64(b.Base) * math.Pow(b.Factor, float64(n-1)))
	case Fixed:
		if len(b.List) == 0 {
			return 0
		}
		return b.List[min(n, len(b.List))-1]
	}
	return b.Base
}

// saturate turns nanoseconds into a duration; what is too large is the largest
// one.
func saturate(nanoseconds float64) time.Duration {
	if nanoseconds >= math.MaxInt64 {
		return math.MaxInt64
	}
	return max(0, time.Duration(nanoseconds))
}

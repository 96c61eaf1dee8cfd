package rivers

import (
	"errors"
	"slices"
	"time"

	"rivers.io/runtime/asset"
)

// RetryOption refines Retry.
type RetryOption interface{ applyRetry(p *asset.RetryPolicy) }

// Retry repeats a failed attempt up to n times, without wait unless a Backoff
// is given. The policy takes the place of the run's and the location's.
func Retry(n int, opts ...RetryOption) Option {
	return optionFunc(func(d *declaration) {
		policy := &asset.RetryPolicy{MaxRetries: n}
		for _, opt := range opts {
			if opt == nil {
				d.problem(errors.New("retry: an option is nil"))
				continue
			}
			opt.applyRetry(policy)
		}
		d.def.Retry = policy
	})
}

// Reasons and the word for those that pass by themselves, for RetryOn.
const (
	// Transient stands for OutOfMemory, Timeout and Infrastructure.
	Transient = asset.OnTransient
	// OutOfMemory: the step's container was killed for its use of memory.
	OutOfMemory = "out_of_memory"
	// Timeout: the step's deadline passed.
	Timeout = "timeout"
	// Infrastructure: the step's process or node was lost.
	Infrastructure = "infrastructure"
)

// RetryOn restricts retries to errors of these kinds or reasons: a kind given
// by WithKind, the name of a Go error type such as "net.OpError", a reason, or
// Transient. Without it every failure is retried.
func RetryOn(kinds ...string) RetryOption { return retryOn(slices.Clone(kinds)) }

type retryOn []string

func (on retryOn) applyRetry(p *asset.RetryPolicy) { p.On = append(p.On, on...) }

// Backoff is the growth of the waits between attempts (D-133).
type Backoff struct{ b asset.Backoff }

// ConstantBackoff waits d before every retry.
func ConstantBackoff(d time.Duration) Backoff {
	return Backoff{asset.Backoff{Kind: asset.Constant, Base: d}}
}

// LinearBackoff waits base + n·step after the n-th failed attempt.
func LinearBackoff(base, step time.Duration) Backoff {
	return Backoff{asset.Backoff{Kind: asset.Linear, Base: base, Step: step}}
}

// ExponentialBackoff waits base after the first failed attempt and doubles the
// wait with each further one; Factor changes the growth.
func ExponentialBackoff(base time.Duration) Backoff {
	return Backoff{asset.Backoff{Kind: asset.Exponential, Base: base, Factor: 2}}
}

// FixedBackoff waits the given times in turn, and the last one from then on.
func FixedBackoff(waits ...time.Duration) Backoff {
	return Backoff{asset.Backoff{Kind: asset.Fixed, List: slices.Clone(waits)}}
}

// Factor sets by what an exponential wait is multiplied at each attempt.
func (b Backoff) Factor(f float64) Backoff {
	b.b.Factor = f
	return b
}

// Max bounds the waits; fixed waits have no bound.
func (b Backoff) Max(d time.Duration) Backoff {
	b.b.Max = d
	return b
}

// Jitter spreads each wait by up to this share of it in both directions, from 0
// (none) to 1.
func (b Backoff) Jitter(j float64) Backoff {
	b.b.Jitter = j
	return b
}

func (b Backoff) applyRetry(p *asset.RetryPolicy) { p.Backoff = b.b }

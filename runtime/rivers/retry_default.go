package rivers

import (
	"errors"
	"fmt"

	"rivers.io/runtime/asset"
)

// DefaultRetry gives the assets of a repository that declare no Retry of their
// own a policy, unless the launch of a run brings another (D-129). It is an item
// of NewRepository.
func DefaultRetry(n int, opts ...RetryOption) Item {
	return defaultRetry{n, opts}
}

type defaultRetry struct {
	n    int
	opts []RetryOption
}

func (i defaultRetry) addTo(r *Repository) {
	if r.retry != nil {
		r.problems = append(r.problems, errors.New("the repository has two default retry policies"))
		return
	}
	policy := &asset.RetryPolicy{MaxRetries: i.n}
	for _, opt := range i.opts {
		if opt == nil {
			r.problems = append(r.problems, errors.New("default retry: an option is nil"))
			continue
		}
		opt.applyRetry(policy)
	}
	if err := policy.Validate(); err != nil {
		r.problems = append(r.problems, fmt.Errorf("default retry: %w", err))
	}
	r.retry = policy
}

// DefaultRetryPolicy returns the policy that DefaultRetry gave; nil without.
func (r *Repository) DefaultRetryPolicy() *asset.RetryPolicy { return r.retry }

package rivers_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/rivers"
)

func TestBackoffs(t *testing.T) {
	for _, c := range []struct {
		why     string
		backoff rivers.Backoff
		want    []time.Duration
	}{
		{"constant", rivers.ConstantBackoff(3), []time.Duration{3, 3, 3, 3}},
		{"linear grows by its step", rivers.LinearBackoff(5, 10), []time.Duration{15, 25, 35, 45}},
		{"exponential doubles", rivers.ExponentialBackoff(1), []time.Duration{1, 2, 4, 8}},
		{"exponential by a factor, bounded", rivers.ExponentialBackoff(1).Factor(3).Max(10), []time.Duration{1, 3, 9, 10}},
		{"fixed stays at its last", rivers.FixedBackoff(1, 5, 30), []time.Duration{1, 5, 30, 30}},
	} {
		a := constant("a", 1, rivers.Retry(4, c.backoff))
		repo := rivers.NewRepository("test", rivers.Assets(a))
		if err := repo.Validate(); err != nil {
			t.Errorf("%s: %v", c.why, err)
		}
		policy := repo.Definitions()[0].Retry
		var got []time.Duration
		for n := range len(c.want) {
			got = append(got, policy.Wait(n+1, 0))
		}
		if diff := cmp.Diff(c.want, got); diff != "" || policy.MaxRetries != 4 {
			t.Errorf("%s: %d retries, %s", c.why, policy.MaxRetries, diff)
		}
	}
	for why, option := range map[string]rivers.Option{
		"no waits":            rivers.Retry(1, rivers.FixedBackoff()),
		"a nil option":        rivers.Retry(1, nil),
		"a negative wait":     rivers.Retry(1, rivers.ConstantBackoff(-1)),
		"more jitter than 1":  rivers.Retry(1, rivers.ConstantBackoff(1).Jitter(1.5)),
		"an empty kind":       rivers.Retry(1, rivers.RetryOn("")),
		"a factor of nothing": rivers.Retry(1, rivers.ExponentialBackoff(1).Factor(0)),
	} {
		if err := rivers.NewRepository("test", rivers.Assets(constant("a", 1, option))).Validate(); err == nil {
			t.Errorf("%s was accepted", why)
		}
	}
}

package rivers_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// Retry repeats failed attempts; the function says by its error what is worth
// repeating.
func ExampleRetry() {
	statuses := map[rivers.Key]int{"a": 429, "b": 404, "c": 500}
	page := rivers.NewAsset("page", func(ctx *rivers.Context) (string, error) {
		switch status := statuses[ctx.Partition().Key()]; status {
		case 429:
			return "", rivers.RetryAfter(time.Minute, rivers.WithKind(errors.New("slow down"), "rate_limited"))
		case 404:
			return "", rivers.GiveUp(errors.New("no such page"))
		default:
			return "", fmt.Errorf("status %d", status)
		}
	},
		rivers.Partitioned(rivers.Static("a", "b", "c")),
		rivers.Retry(3,
			rivers.ExponentialBackoff(time.Second).Max(time.Minute).Jitter(0.2),
			rivers.RetryOn("rate_limited", rivers.Transient)))

	riverstest.Example(func(t testing.TB) {
		for _, key := range []rivers.Key{"a", "b", "c"} {
			_, result := riverstest.Run(t, page, riverstest.Key(key))
			f := result.Failure
			fmt.Println(f.Message, f.Kinds, "final:", f.Final, "after:", f.RetryAfter)
		}
	})
	// Output:
	// slow down [rate_limited] final: false after: 1m0s
	// no such page [] final: true after: 0s
	// status 500 [] final: false after: 0s
}

package main

import (
	"errors"
	"time"

	"rivers.io/runtime/rivers"
)

// flaky succeeds at the third attempt.
var flaky = rivers.NewAsset("flaky",
	func(ctx *rivers.Context) (string, error) {
		if ctx.Attempt() < 3 {
			return "", rivers.WithKind(errors.New("the server is busy"), "busy")
		}
		return "an answer", nil
	},
	rivers.Retry(5,
		rivers.ExponentialBackoff(20*time.Millisecond).Max(time.Second).Jitter(0.2),
		rivers.RetryOn("busy", rivers.Transient)),
)

// invoice fails for good: no policy can help a closed account.
var invoice = rivers.NewAsset("invoice",
	func(*rivers.Context) (string, error) {
		return "", rivers.GiveUp(errors.New("the account is closed"))
	},
	rivers.Retry(5),
)

// statement needs both; it is skipped as long as invoice fails.
var statement = rivers.NewAsset2("statement", flaky, invoice,
	func(_ *rivers.Context, answer, invoice string) (string, error) {
		return answer + ", " + invoice, nil
	},
)

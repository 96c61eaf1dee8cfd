package rivers

import (
	"errors"
	"fmt"
	"time"
)

// ErrNotFound says that nothing is stored where a value was looked for.
var ErrNotFound = WithKind(errors.New("no stored value"), "not_found")

// ErrNoValue says that the asset was materialized without a value to load: its
// function returned a Materialization (D-14).
var ErrNoValue = WithKind(errors.New("the asset has no stored value"), "no_value")

// WithKind gives err a kind that RetryOn can name, such as "rate_limited". A
// nil err stays nil.
func WithKind(err error, kind string) error {
	if err == nil {
		return nil
	}
	return &kindError{kind: kind, err: err}
}

type kindError struct {
	kind string
	err  error
}

func (e *kindError) Error() string { return e.err.Error() }

func (e *kindError) Unwrap() error { return e.err }

// GiveUp ends the step for good: no further attempt is made whatever the retry
// policy says. A nil err stays nil.
func GiveUp(err error) error {
	if err == nil {
		return nil
	}
	return &giveUp{err}
}

type giveUp struct{ err error }

func (e *giveUp) Error() string { return e.err.Error() }

func (e *giveUp) Unwrap() error { return e.err }

// RetryAfter asks that the next attempt, if the retry policy grants one, starts
// no earlier than d from now: for a server that says when to come back. A nil
// err stays nil.
func RetryAfter(d time.Duration, err error) error {
	if err == nil {
		return nil
	}
	return &retryAfter{wait: max(d, 0), err: err}
}

type retryAfter struct {
	wait time.Duration
	err  error
}

func (e *retryAfter) Error() string { return e.err.Error() }

func (e *retryAfter) Unwrap() error { return e.err }

// panicError is a panic of user code.
type panicError struct {
	value any
	stack string
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v\n\n%s", e.value, e.stack) }

// Unwrap returns the panic's value when it is an error.
func (e *panicError) Unwrap() error {
	err, _ := e.value.(error)
	return err
}

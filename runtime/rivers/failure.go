package rivers

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"rivers.io/runtime/host"
)

// The reasons that a host reports (D-132).
const (
	reasonError    = "error"
	reasonTimeout  = "timeout"
	reasonCanceled = "canceled"
)

// Limits of a recorded failure.
const (
	maxMessage = 64 << 10
	maxKinds   = 32
)

// failureOf describes err; parent is the context that the engine gave.
func failureOf(parent context.Context, err error) *host.Failure {
	f := &host.Failure{Message: clip(err.Error()), Kinds: kindsOf(err), Reason: reasonError}
	switch {
	case parent.Err() == nil:
	case errors.Is(parent.Err(), context.DeadlineExceeded):
		f.Reason = reasonTimeout
	default:
		f.Reason = reasonCanceled
	}
	var stop *giveUp
	f.Final = errors.As(err, &stop)
	var later *retryAfter
	if errors.As(err, &later) {
		f.RetryAfter = later.wait
	}
	return f
}

// kindsOf lists what RetryOn may name of an error: the kinds given by WithKind,
// outermost first, then the names of the error types that say something.
func kindsOf(err error) []string {
	var codes, types []string
	walk(err, func(e error) {
		switch e := e.(type) { //nolint:errorlint // walk unwraps
		case *kindError:
			codes = append(codes, e.kind)
		case *panicError:
			codes = append(codes, "panic")
		case *giveUp, *retryAfter:
		default:
			if name := typeName(e); name != "" {
				types = append(types, name)
			}
		}
	})
	var kinds []string
	for _, kind := range slices.Concat(codes, types) {
		if len(kinds) < maxKinds && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// walk visits err and all that it wraps, outermost first.
func walk(err error, visit func(error)) {
	if err == nil {
		return
	}
	visit(err)
	switch e := err.(type) { //nolint:errorlint // this is what unwraps
	case interface{ Unwrap() error }:
		walk(e.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			walk(inner, visit)
		}
	}
}

// typeName names the type of an error as its users write it; wrappers that the
// standard library makes of plain text have no name worth telling.
func typeName(err error) string {
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch name := t.String(); name {
	case "errors.errorString", "errors.joinError", "fmt.wrapError", "fmt.wrapErrors", "fmt.fmtError":
		return ""
	default:
		return name
	}
}

// clip bounds a message and keeps it valid text.
func clip(s string) string {
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	if len(s) <= maxMessage {
		return s
	}
	return strings.ToValidUTF8(s[:maxMessage], "") + " … (shortened)"
}

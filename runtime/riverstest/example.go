package riverstest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
)

// Example calls f with a testing.TB that works in Example functions, which have
// none: logs are discarded, a failure panics, and what f registered by Cleanup
// runs before Example returns.
func Example(f func(t testing.TB)) {
	ctx, cancel := context.WithCancel(context.Background())
	t := &exampleTB{ctx: ctx}
	defer func() {
		cancel()
		for _, cleanup := range slices.Backward(t.cleanups) {
			cleanup()
		}
	}()
	f(t)
}

// exampleTB is the part of testing.TB that this package uses; the methods of
// the embedded nil interface panic.
type exampleTB struct {
	testing.TB
	ctx      context.Context //nolint:containedctx // what TB.Context returns
	cleanups []func()
}

func (t *exampleTB) Helper() {}

func (t *exampleTB) Context() context.Context { return t.ctx }

func (t *exampleTB) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

func (t *exampleTB) Output() io.Writer { return io.Discard }

func (t *exampleTB) Log(...any) {}

func (t *exampleTB) Logf(string, ...any) {}

func (t *exampleTB) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (t *exampleTB) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func (t *exampleTB) Error(args ...any) { panic(fmt.Sprint(args...)) }

func (t *exampleTB) Fatal(args ...any) { panic(fmt.Sprint(args...)) }

package rivers

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
)

// invoke calls the asset's function, parameters included.
func (c *Context) invoke() (value any, err error) {
	err = guard(c.env.Stderr(), func() (err error) {
		if err := c.checkRanges(); err != nil {
			return err
		}
		value, err = c.decl.call(c)
		return err
	})
	return value, err
}

// guard calls user code on a goroutine of its own and waits for it, so that
// neither a panic nor runtime.Goexit reaches the caller. The stack of a panic is
// written to stderr and is part of the error.
func guard(stderr io.Writer, call func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errors.New("the function ended its goroutine by runtime.Goexit")
		defer func() {
			if p := recover(); p != nil {
				err = recovered(p)
			}
			done <- err
		}()
		err = call()
	}()
	err := <-done
	if p, ok := errors.AsType[*panicError](err); ok {
		fmt.Fprintf(stderr, "%s\n", p.Error())
	}
	return err
}

// recovered turns the value of a panic into an error. It must be called by the
// deferred function itself.
func recovered(p any) error {
	if m, ok := p.(misuse); ok {
		return WithKind(m.err, "misuse")
	}
	return &panicError{value: p, stack: stack(3)}
}

// maxFrames bounds a recorded stack.
const maxFrames = 40

// stack describes the caller's frames from the panic on down to this package.
func stack(skip int) string {
	pcs := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(skip, pcs)])
	var b strings.Builder
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			fmt.Fprintf(&b, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
		}
		if !more {
			return b.String()
		}
	}
}

// Package exit names the exit codes of riversctl and lets an error carry the one
// it asks for. It never prints and never ends the process: main does.
package exit

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The exit codes of every command.
const (
	// OK: the operation did what was asked.
	OK = 0
	// Failed: the operation failed, or what it waited for did.
	Failed = 1
	// Usage: the command line or the configuration is wrong.
	Usage = 2
	// Unreachable: no location, registry or storage answered.
	Unreachable = 3
	// Interrupted: the person pressed Ctrl-C while the command waited.
	Interrupted = 130
)

// Error is an error that asks for an exit code.
type Error struct {
	// Code is one of the constants above.
	Code int
	// Err is what went wrong; nil says that everything was printed already.
	Err error
}

// Error returns the text of the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Usagef makes an error of the command line.
func Usagef(format string, args ...any) error {
	return &Error{Code: Usage, Err: fmt.Errorf(format, args...)}
}

// Unreachablef makes an error that says who did not answer.
func Unreachablef(format string, args ...any) error {
	return &Error{Code: Unreachable, Err: fmt.Errorf(format, args...)}
}

// Silent ends with code without another word.
func Silent(code int) error { return &Error{Code: code} }

// Code returns the exit code that err asks for. Without an Error in its chain, a
// gRPC status decides: UNAVAILABLE is Unreachable, INVALID_ARGUMENT is Usage.
func Code(err error) int {
	if err == nil {
		return OK
	}
	var coded *Error
	if errors.As(err, &coded) {
		return coded.Code
	}
	if errors.Is(err, context.Canceled) {
		return Interrupted
	}
	switch grpcCode(err) {
	case codes.Unavailable:
		return Unreachable
	case codes.InvalidArgument:
		return Usage
	default:
		return Failed
	}
}

func grpcCode(err error) codes.Code {
	var s interface{ GRPCStatus() *status.Status }
	if errors.As(err, &s) {
		return s.GRPCStatus().Code()
	}
	return codes.Unknown
}

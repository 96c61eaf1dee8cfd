package exit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/cli/riversctl/exit"
)

func TestCode(t *testing.T) {
	for _, test := range []struct {
		reason string
		err    error
		want   int
	}{
		{"nothing went wrong", nil, exit.OK},
		{"any other error is a failure", errors.New("boom"), exit.Failed},
		{"a wrong flag is usage", exit.Usagef("no flag %q", "x"), exit.Usage},
		{"wrapping keeps the code", fmt.Errorf("while starting: %w", exit.Unreachablef("nobody there")), exit.Unreachable},
		{"a server that does not answer is unreachable", status.Error(codes.Unavailable, "down"), exit.Unreachable},
		{"an argument the server refuses is usage", fmt.Errorf("list: %w", status.Error(codes.InvalidArgument, "bad")), exit.Usage},
		{"a run that does not exist is a failure", status.Error(codes.NotFound, "no run"), exit.Failed},
		{"Ctrl-C is told apart", context.Canceled, exit.Interrupted},
		{"what was printed already still fails", exit.Silent(exit.Failed), exit.Failed},
	} {
		if got := exit.Code(test.err); got != test.want {
			t.Errorf("%s: Code(%v) = %d, want %d", test.reason, test.err, got, test.want)
		}
	}
}

package app

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/cli/riversctl/exit"
)

func TestReport(t *testing.T) {
	bad, err := status.New(codes.InvalidArgument, "invalid partition").WithDetails(
		&errdetails.ErrorInfo{Reason: "INVALID_PARTITION", Metadata: map[string]string{"near": "2001-01-31,2001-02-01"}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "partitions", Description: "2001-01-32 is no day"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		reason string
		err    error
		want   string
		code   int
	}{
		{"no error says nothing", nil, "", exit.OK},
		{"a plain error is said as it is", errors.New("boom"), "riversctl: boom\n", exit.Failed},
		{"what was said already is not repeated", exit.Silent(exit.Failed), "", exit.Failed},
		{"a status names fields, alternatives and the reason", bad.Err(),
			"riversctl: invalid partition; did you mean 2001-01-31, 2001-02-01? (INVALID_PARTITION)\n  partitions: 2001-01-32 is no day\n", exit.Usage},
		{"a status inside of a text loses its dress", fmt.Errorf("run 1: %w", status.Error(codes.NotFound, "no such run")),
			"riversctl: run 1: no such run (NotFound)\n", exit.Failed},
	} {
		var out bytes.Buffer
		if code := report(&out, test.err); code != test.code || out.String() != test.want {
			t.Errorf("%s: %d %q, want %d %q", test.reason, code, out.String(), test.code, test.want)
		}
	}
}

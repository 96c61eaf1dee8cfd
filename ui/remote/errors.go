package remote

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/runtime/store"
	"rivers.io/ui"
)

// translate turns a status into the errors of package ui: what the person can mend
// is ui.Refused, a location that does not answer ui.ErrUnreachable.
func translate(err error) error {
	if err == nil {
		return nil
	}
	st, ok := status.FromError(err)
	if !ok {
		return err
	}
	switch st.Code() {
	case codes.Unavailable, codes.DeadlineExceeded:
		return fmt.Errorf("%w: %w", ui.ErrUnreachable, err)
	case codes.NotFound:
		return errors.Join(refusal(st), store.ErrNotFound)
	case codes.InvalidArgument, codes.FailedPrecondition, codes.AlreadyExists, codes.Aborted, codes.OutOfRange, codes.ResourceExhausted:
		return refusal(st)
	default:
		return err
	}
}

func refusal(st *status.Status) *ui.Refused {
	r := &ui.Refused{Reason: st.Code().String(), Message: st.Message()}
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			r.Reason = d.GetReason()
			if near := d.GetMetadata()["near"]; near != "" {
				r.Known = strings.Split(near, ",")
			}
		case *errdetails.BadRequest:
			if v := d.GetFieldViolations(); len(v) > 0 {
				r.Field = v[0].GetField()
			}
		}
	}
	return r
}

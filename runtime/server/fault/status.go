package fault

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// mapping gives one sentinel its place. Children stand before their parents.
type mapping struct {
	sentinel error
	code     codes.Code
	reason   string
}

var sentinels = []mapping{
	{store.ErrFinished, codes.FailedPrecondition, "RUN_FINISHED"},
	{store.ErrStaleEpoch, codes.Aborted, "STALE_EPOCH"},
	{store.ErrTokenRevoked, codes.Aborted, "TOKEN_REVOKED"},
	{store.ErrLeaseHeld, codes.Aborted, "LEASE_HELD"},
	{store.ErrFull, codes.Unavailable, "STORE_FULL"},
	{store.ErrNotFound, codes.NotFound, "NOT_FOUND"},
	{store.ErrExists, codes.AlreadyExists, "ALREADY_EXISTS"},
	{store.ErrInvalid, codes.InvalidArgument, "INVALID_ARGUMENT"},
	{store.ErrConflict, codes.Aborted, "CONFLICT"},
	{store.ErrPrecondition, codes.FailedPrecondition, "PRECONDITION_FAILED"},
	{store.ErrFenced, codes.Aborted, "FENCED"},
	{store.ErrUnavailable, codes.Unavailable, "STORE_UNAVAILABLE"},
	{store.ErrReadOnly, codes.FailedPrecondition, "STORE_READ_ONLY"},
	{store.ErrCorrupt, codes.DataLoss, "STORE_CORRUPT"},
	{store.ErrNotReady, codes.Unavailable, "STORE_NOT_INITIALIZED"},
	{store.ErrSchema, codes.FailedPrecondition, "SCHEMA_MISMATCH"},
}

// internalText is all that a caller learns of an unforeseen error.
const internalText = "internal error; the log of the code location tells more"

// Of returns the status of an error: OK for nil. It is false when the error was
// not foreseen; the caller then logs it in full, since the status says nothing
// of it.
func Of(err error) (st *status.Status, foreseen bool) {
	if err == nil {
		return status.New(codes.OK, ""), true
	}
	switch {
	case errors.Is(err, context.Canceled):
		return New(codes.Canceled, "CANCELED", "the call was canceled").GRPCStatus(), true
	case errors.Is(err, context.DeadlineExceeded):
		return New(codes.DeadlineExceeded, "DEADLINE_EXCEEDED", "the call took longer than its deadline").GRPCStatus(), true
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.GRPCStatus(), true
	}
	if e, ok := errors.AsType[*partition.KeyError](err); ok {
		return keyFault(e, err).GRPCStatus(), true
	}
	for _, m := range sentinels {
		if errors.Is(err, m.sentinel) {
			return New(m.code, m.reason, err.Error()).GRPCStatus(), true
		}
	}
	if st, ok := status.FromError(err); ok {
		return st, st.Code() != codes.Unknown
	}
	return New(codes.Internal, "INTERNAL", internalText).GRPCStatus(), false
}

func keyFault(e *partition.KeyError, err error) *Error {
	keys := e.Near()
	near := make([]string, len(keys))
	for i, k := range keys {
		near[i] = string(k)
	}
	return Invalid("partitions", "INVALID_PARTITION", err.Error(),
		"key", string(e.Key), "near", strings.Join(near, ","))
}

// Selection returns the INVALID_ARGUMENT of a selection of assets, and names the
// field of the request that held it.
func Selection(field string, err error) *Error {
	e := Invalid(field, "INVALID_SELECTION", err.Error())
	if sel, ok := errors.AsType[*asset.SelectionError](err); ok {
		return e.With("term", sel.Term, "near", strings.Join(sel.Near, ","))
	}
	return e
}

package fault_test

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/runtime/partition"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/store"
)

// sentinels is every exported error of package store with what a caller sees.
var sentinels = map[string]struct {
	err    error
	code   codes.Code
	reason string
}{
	"ErrNotFound":     {store.ErrNotFound, codes.NotFound, "NOT_FOUND"},
	"ErrExists":       {store.ErrExists, codes.AlreadyExists, "ALREADY_EXISTS"},
	"ErrInvalid":      {store.ErrInvalid, codes.InvalidArgument, "INVALID_ARGUMENT"},
	"ErrConflict":     {store.ErrConflict, codes.Aborted, "CONFLICT"},
	"ErrPrecondition": {store.ErrPrecondition, codes.FailedPrecondition, "PRECONDITION_FAILED"},
	"ErrFinished":     {store.ErrFinished, codes.FailedPrecondition, "RUN_FINISHED"},
	"ErrFenced":       {store.ErrFenced, codes.Aborted, "FENCED"},
	"ErrStaleEpoch":   {store.ErrStaleEpoch, codes.Aborted, "STALE_EPOCH"},
	"ErrTokenRevoked": {store.ErrTokenRevoked, codes.Aborted, "TOKEN_REVOKED"},
	"ErrLeaseHeld":    {store.ErrLeaseHeld, codes.Aborted, "LEASE_HELD"},
	"ErrUnavailable":  {store.ErrUnavailable, codes.Unavailable, "STORE_UNAVAILABLE"},
	"ErrFull":         {store.ErrFull, codes.Unavailable, "STORE_FULL"},
	"ErrReadOnly":     {store.ErrReadOnly, codes.FailedPrecondition, "STORE_READ_ONLY"},
	"ErrCorrupt":      {store.ErrCorrupt, codes.DataLoss, "STORE_CORRUPT"},
	"ErrNotReady":     {store.ErrNotReady, codes.Unavailable, "STORE_NOT_INITIALIZED"},
	"ErrSchema":       {store.ErrSchema, codes.FailedPrecondition, "SCHEMA_MISMATCH"},
}

// TestEverySentinelIsMapped reads the source of package store, so that a new
// sentinel cannot forget its place.
func TestEverySentinelIsMapped(t *testing.T) {
	for _, name := range exportedErrors(t, "../../store") {
		want, ok := sentinels[name]
		if !ok {
			t.Errorf("store.%s is not in the table: give it a code and a reason in fault.Of and here", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			st, foreseen := fault.Of(fmt.Errorf("run 7: %w", want.err))
			if !foreseen || st.Code() != want.code || reason(t, st) != want.reason {
				t.Errorf("Of = %v %s (foreseen %v), want %v %s", st.Code(), reason(t, st), foreseen, want.code, want.reason)
			}
			if !strings.Contains(st.Message(), "run 7") {
				t.Errorf("message %q lost what the caller needs", st.Message())
			}
		})
	}
}

// exportedErrors lists the exported package-level variables named Err….
func exportedErrors(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if gen, ok := decl.(*ast.GenDecl); ok && gen.Tok == token.VAR {
				names = append(names, errNames(gen)...)
			}
		}
	}
	if len(names) < 10 {
		t.Fatalf("found only %v: the search does not work any more", names)
	}
	return names
}

func errNames(gen *ast.GenDecl) []string {
	var names []string
	for _, spec := range gen.Specs {
		for _, name := range spec.(*ast.ValueSpec).Names {
			if name.IsExported() && strings.HasPrefix(name.Name, "Err") {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

func reason(t *testing.T, st *status.Status) string {
	t.Helper()
	return fault.Reason(st.Err())
}

func TestOf(t *testing.T) {
	tests := []struct {
		name     string
		err      error
		code     codes.Code
		reason   string
		foreseen bool
	}{
		{"canceled first, whatever it wraps", errors.Join(store.ErrUnavailable, context.Canceled), codes.Canceled, "CANCELED", true},
		{"deadline", fmt.Errorf("read: %w", context.DeadlineExceeded), codes.DeadlineExceeded, "DEADLINE_EXCEEDED", true},
		{"a fault keeps its place under wrapping", fmt.Errorf("x: %w", fault.NotFound("RUN_NOT_FOUND", "gone")), codes.NotFound, "RUN_NOT_FOUND", true},
		{"a bad key names itself", fmt.Errorf("asset a: %w", &partition.KeyError{Key: "x", Problem: "is no day"}), codes.InvalidArgument, "INVALID_PARTITION", true},
		{"a status of another server passes", status.Error(codes.PermissionDenied, "no"), codes.PermissionDenied, "", true},
		{"what nobody foresaw says nothing", errors.New("password hunter2"), codes.Internal, "INTERNAL", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			st, foreseen := fault.Of(tt.err)
			if st.Code() != tt.code || reason(t, st) != tt.reason || foreseen != tt.foreseen {
				t.Errorf("Of = %v %q foreseen=%v, want %v %q %v", st.Code(), reason(t, st), foreseen, tt.code, tt.reason, tt.foreseen)
			}
			if strings.Contains(st.Message(), "hunter2") {
				t.Errorf("message leaks: %q", st.Message())
			}
		})
	}
	if st, ok := fault.Of(nil); st.Code() != codes.OK || !ok {
		t.Errorf("Of(nil) = %v", st)
	}
}

func TestDetails(t *testing.T) {
	err := fault.Invalid("tags", "RESERVED_TAG", "no", "tag", "rivers/x").With("known", "a,b").WithCode(codes.AlreadyExists)
	st := err.GRPCStatus()
	if st.Code() != codes.AlreadyExists || st.Message() != "no" || err.Error() != "no" {
		t.Errorf("status = %v", st)
	}
	var fields []string
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.ErrorInfo:
			if d.Domain != fault.Domain || d.Metadata["tag"] != "rivers/x" || d.Metadata["known"] != "a,b" {
				t.Errorf("ErrorInfo = %v", d)
			}
		case *errdetails.BadRequest:
			for _, v := range d.FieldViolations {
				fields = append(fields, v.Field+": "+v.Description)
			}
		}
	}
	if !slices.Equal(fields, []string{"tags: no"}) {
		t.Errorf("fields = %v", fields)
	}
}

func TestComplete(t *testing.T) {
	st := fault.Complete(status.New(codes.InvalidArgument, "bad"))
	if got := reason(t, st); got != "INVALID_ARGUMENT" {
		t.Errorf("reason = %q, want the code's name", got)
	}
	own := fault.NotFound("X", "y").GRPCStatus()
	if got := reason(t, fault.Complete(own)); got != "X" {
		t.Errorf("reason = %q, want the own one kept", got)
	}
	if fault.Reason(errors.New("plain")) != "" {
		t.Error("a plain error has a reason")
	}
}

func TestSelectionNamesItsField(t *testing.T) {
	e := fault.Selection("exclude", errors.New("nope"))
	if e.Code != codes.InvalidArgument || e.Fields[0].Name != "exclude" || e.Reason != "INVALID_SELECTION" {
		t.Errorf("Selection = %+v", e)
	}
}

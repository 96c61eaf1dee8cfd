package remote_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/store"
	"rivers.io/ui"
	"rivers.io/ui/remote"
)

// location is a code location that remembers what it was asked.
type location struct {
	riversv1.UnimplementedRunServiceServer
	riversv1.UnimplementedAssetServiceServer
	launched *riversv1.MaterializeRequest
	err      error
	preview  *riversv1.PreviewAssetResponse
}

func (l *location) Materialize(ctx context.Context, in *riversv1.MaterializeRequest) (*riversv1.MaterializeResponse, error) {
	if got := metadata.ValueFromIncomingContext(ctx, "authorization"); len(got) != 1 || got[0] != "Bearer t" {
		return nil, status.Error(codes.Unauthenticated, "no token")
	}
	l.launched = in
	return &riversv1.MaterializeResponse{
		Run: &riversv1.Run{Id: "r"}, Dispatch: riversv1.Dispatch_DISPATCH_QUEUED,
		Summary: &riversv1.RunSummary{Assets: []string{"a"}, StepCount: 3, PartitionCount: 2},
	}, l.err
}

func (l *location) CancelRun(context.Context, *riversv1.CancelRunRequest) (*riversv1.CancelRunResponse, error) {
	return &riversv1.CancelRunResponse{Success: true}, l.err
}

func (l *location) RerunRun(_ context.Context, in *riversv1.RerunRunRequest) (*riversv1.RerunRunResponse, error) {
	if !in.GetFromFailure() || in.GetRequestId() != "q" {
		return nil, status.Error(codes.InvalidArgument, "wrong question")
	}
	return &riversv1.RerunRunResponse{Run: &riversv1.Run{Id: "again"}}, l.err
}

func (l *location) DeleteRun(context.Context, *riversv1.DeleteRunRequest) (*riversv1.DeleteRunResponse, error) {
	return &riversv1.DeleteRunResponse{}, l.err
}

func (l *location) PreviewAsset(context.Context, *riversv1.PreviewAssetRequest) (*riversv1.PreviewAssetResponse, error) {
	return l.preview, l.err
}

func setup(t *testing.T) (*location, *remote.Locations, ui.Location) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, s, served := &location{}, grpc.NewServer(), make(chan error, 1)
	riversv1.RegisterRunServiceServer(s, l)
	riversv1.RegisterAssetServiceServer(s, l)
	go func() { served <- s.Serve(listener) }()
	calls := remote.New("t")
	t.Cleanup(func() {
		calls.Close()
		s.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l, calls, ui.Location{Namespace: "local", Name: "aviation", Endpoint: listener.Addr().String()}
}

func TestLaunch(t *testing.T) {
	l, calls, at := setup(t)
	got, err := calls.Launch(t.Context(), at, ui.Launch{
		Selection: "+a", Partitions: "k", Tags: map[string]string{"x": "y"}, Config: json.RawMessage(`{"a":{"n":9007199254740993}}`), RequestID: "q",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := ui.Launched{Run: "r", Queued: true, Assets: []string{"a"}, Steps: 3, Partitions: 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	in := l.launched
	if in.GetLocation() != "namespaces/local/codeLocations/aviation" || in.GetSelection() != "+a" || in.GetRequestId() != "q" ||
		in.GetConfig() != `{"a":{"n":9007199254740993}}` {
		t.Errorf("the location was asked %v", in)
	}
	var refused *ui.Refused
	if _, err := calls.Launch(t.Context(), at, ui.Launch{Config: json.RawMessage(`[`)}); !errors.As(err, &refused) || refused.Field != "config" {
		t.Errorf("a broken config: %v", err)
	}
}

func TestOtherActions(t *testing.T) {
	_, calls, at := setup(t)
	if ok, err := calls.Cancel(t.Context(), at, "r"); err != nil || !ok {
		t.Errorf("Cancel = %v, %v", ok, err)
	}
	if id, err := calls.Rerun(t.Context(), at, "r", true, "q"); err != nil || id != "again" {
		t.Errorf("Rerun = %q, %v", id, err)
	}
	if err := calls.Delete(t.Context(), at, "r"); err != nil {
		t.Errorf("Delete = %v", err)
	}
}

func TestErrors(t *testing.T) {
	l, calls, at := setup(t)
	bad, err := status.New(codes.InvalidArgument, "no such asset").WithDetails(
		&errdetails.ErrorInfo{Reason: "INVALID_SELECTION", Metadata: map[string]string{"near": "flights,fights"}},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "selection"}}})
	if err != nil {
		t.Fatal(err)
	}
	l.err = bad.Err()
	var refused *ui.Refused
	if err := calls.Delete(t.Context(), at, "r"); !errors.As(err, &refused) {
		t.Fatalf("Delete = %v", err)
	}
	want := &ui.Refused{Reason: "INVALID_SELECTION", Field: "selection", Message: "no such asset", Known: []string{"flights", "fights"}}
	if diff := cmp.Diff(want, refused); diff != "" {
		t.Error(diff)
	}
	l.err = status.Error(codes.NotFound, "the value is gone")
	if _, err := calls.Preview(t.Context(), at, store.Materialized{}, 5); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a value that is gone: %v", err)
	}
	l.err = status.Error(codes.Unavailable, "draining")
	if err := calls.Delete(t.Context(), at, "r"); !errors.Is(err, ui.ErrUnreachable) {
		t.Errorf("a location that drains: %v", err)
	}
	at.Endpoint = ""
	if err := calls.Delete(t.Context(), at, "r"); !errors.Is(err, ui.ErrUnreachable) {
		t.Errorf("a location that is down: %v", err)
	}
}

func TestPreview(t *testing.T) {
	l, calls, at := setup(t)
	row := func(m map[string]any) *structpb.Value {
		s, err := structpb.NewStruct(m)
		if err != nil {
			t.Fatal(err)
		}
		return structpb.NewStructValue(s)
	}
	l.preview = &riversv1.PreviewAssetResponse{
		Columns: []*riversv1.Column{{Name: "day", Type: "string"}, {Name: "n", Type: "int64"}},
		Rows:    []*structpb.Value{row(map[string]any{"day": "2001-01-01", "n": 1}), row(map[string]any{"day": nil, "n": nil})}, TotalRows: 7, Truncated: true,
	}
	got, err := calls.Preview(t.Context(), at, store.Materialized{Asset: "a"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := ui.Preview{
		Columns: []ui.Column{{Name: "day", Type: "string"}, {Name: "n", Type: "int64", Numeric: true}},
		Rows:    [][]string{{"2001-01-01", "1"}, {"", ""}}, Total: 7, Truncated: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	l.preview = &riversv1.PreviewAssetResponse{Rows: []*structpb.Value{row(map[string]any{"b": 1, "a": "x"})}}
	got, err = calls.Preview(t.Context(), at, store.Materialized{Asset: "a"}, 2)
	if err != nil || got.Text != "{\n  \"a\": \"x\",\n  \"b\": 1\n}" {
		t.Errorf("Preview of a document = %+v, %v", got, err)
	}
}

package command

import (
	"context"
	"io"
	"time"

	"google.golang.org/grpc"

	riversv1 "rivers.io/proto/rivers/v1"
)

// fakeRuns answers from funcs; a test sets those it needs.
type fakeRuns struct {
	riversv1.RunServiceClient
	list   func(*riversv1.ListRunsRequest) (*riversv1.ListRunsResponse, error)
	get    func(*riversv1.GetRunRequest) (*riversv1.GetRunResponse, error)
	events func(*riversv1.WatchRunEventsRequest) (batches [][]*riversv1.Event, end error, err error)
	delete func(*riversv1.DeleteRunRequest) error
}

func (f fakeRuns) ListRuns(_ context.Context, in *riversv1.ListRunsRequest, _ ...grpc.CallOption) (*riversv1.ListRunsResponse, error) {
	return f.list(in)
}

func (f fakeRuns) GetRun(_ context.Context, in *riversv1.GetRunRequest, _ ...grpc.CallOption) (*riversv1.GetRunResponse, error) {
	return f.get(in)
}

func (f fakeRuns) DeleteRun(_ context.Context, in *riversv1.DeleteRunRequest, _ ...grpc.CallOption) (*riversv1.DeleteRunResponse, error) {
	return &riversv1.DeleteRunResponse{}, f.delete(in)
}

func (f fakeRuns) WatchRunEvents(_ context.Context, in *riversv1.WatchRunEventsRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[riversv1.WatchRunEventsResponse], error) {
	batches, end, err := f.events(in)
	if err != nil {
		return nil, err
	}
	return &fakeStream{batches: batches, end: end}, nil
}

// fakeStream yields batches, then an error, io.EOF when there is none.
type fakeStream struct {
	grpc.ClientStream
	batches [][]*riversv1.Event
	end     error
}

func (s *fakeStream) Recv() (*riversv1.WatchRunEventsResponse, error) {
	if len(s.batches) == 0 {
		if s.end == nil {
			return nil, io.EOF
		}
		return nil, s.end
	}
	b := s.batches[0]
	s.batches = s.batches[1:]
	return &riversv1.WatchRunEventsResponse{Events: b}, nil
}

func clock() time.Time { return time.Unix(1_000_000, 0) }

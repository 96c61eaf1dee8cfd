package read

import (
	"context"
	"errors"

	"google.golang.org/protobuf/proto"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// Runs is the reading half of RunService.
type Runs struct {
	riversv1.UnimplementedRunServiceServer
	cfg Config
}

// NewRuns returns the service.
func NewRuns(cfg Config) *Runs { return &Runs{cfg: cfg} }

// run returns the state of a location and one of its runs.
func (s *Runs) run(ctx context.Context, location, id string) (store.Location, store.Run, error) {
	state, err := s.cfg.Source.State(ctx, location)
	if err != nil {
		return nil, store.Run{}, err
	}
	run, err := Run(ctx, state, id)
	return state, run, err
}

// Run reads one run; one that does not exist is a fault.Error that names it.
func Run(ctx context.Context, state store.Location, id string) (store.Run, error) {
	run, err := state.Run(ctx, id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) {
		return run, RunNotFound(id)
	}
	return run, err
}

// GetRun implements riversv1.RunServiceServer.
func (s *Runs) GetRun(ctx context.Context, req *riversv1.GetRunRequest) (*riversv1.GetRunResponse, error) {
	_, run, err := s.run(ctx, req.Location, req.Run)
	if err != nil {
		return nil, err
	}
	return &riversv1.GetRunResponse{Run: wire.Run(run)}, nil
}

// ListRuns implements riversv1.RunServiceServer.
func (s *Runs) ListRuns(ctx context.Context, req *riversv1.ListRunsRequest) (*riversv1.ListRunsResponse, error) {
	filter, err := ParseRunFilter(req.Filter)
	if err != nil {
		return nil, err
	}
	state, err := s.cfg.Source.State(ctx, req.Location)
	if err != nil {
		return nil, err
	}
	runs, next, err := state.ListRuns(ctx, filter, store.Page{Size: int(req.PageSize), Token: req.PageToken})
	if errors.Is(err, store.ErrPrecondition) {
		return nil, badToken(err)
	}
	if err != nil {
		return nil, err
	}
	out := &riversv1.ListRunsResponse{NextPageToken: next}
	for _, r := range runs {
		out.Runs = append(out.Runs, wire.RunBrief(r))
	}
	if keep := fitting(out.Runs); keep < len(out.Runs) {
		shorter := proto.CloneOf(req)
		shorter.PageSize = int32(keep)
		return s.ListRuns(ctx, shorter)
	}
	return out, nil
}

// CountRuns implements riversv1.RunServiceServer.
func (s *Runs) CountRuns(ctx context.Context, req *riversv1.CountRunsRequest) (*riversv1.CountRunsResponse, error) {
	state, err := s.cfg.Source.State(ctx, req.Location)
	if err != nil {
		return nil, err
	}
	counts, err := state.CountRuns(ctx)
	if err != nil {
		return nil, err
	}
	out := &riversv1.CountRunsResponse{}
	for _, status := range wire.Statuses {
		out.Counts = append(out.Counts, &riversv1.RunStatusCount{Status: wire.Status(status), Count: counts[status]})
	}
	return out, nil
}

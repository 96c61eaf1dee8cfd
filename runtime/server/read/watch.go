package read

import (
	"errors"

	"google.golang.org/grpc"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// WatchRun implements riversv1.RunServiceServer.
func (s *Runs) WatchRun(req *riversv1.WatchRunRequest, out grpc.ServerStreamingServer[riversv1.WatchRunResponse]) error {
	ctx := out.Context()
	state, run, err := s.run(ctx, req.Location, req.Run)
	if err != nil {
		return err
	}
	if err := out.Send(&riversv1.WatchRunResponse{Run: wire.RunBrief(run)}); err != nil || run.Status.Final() {
		return err
	}
	for events, err := range state.WatchStream(ctx, run.ID, run.Seq) {
		if err != nil {
			return gone(err, run.ID)
		}
		if len(events) == 0 {
			continue
		}
		if run, err = Run(ctx, state, run.ID); err != nil {
			return err
		}
		if err := out.Send(&riversv1.WatchRunResponse{Run: wire.RunBrief(run)}); err != nil || run.Status.Final() {
			return err
		}
	}
	return ctx.Err()
}

// WatchRunEvents implements riversv1.RunServiceServer.
func (s *Runs) WatchRunEvents(req *riversv1.WatchRunEventsRequest, out grpc.ServerStreamingServer[riversv1.WatchRunEventsResponse]) error {
	ctx := out.Context()
	state, run, err := s.run(ctx, req.Location, req.Run)
	if err != nil {
		return err
	}
	if run.Status.Final() && req.AfterSeq >= run.Seq {
		return nil // nothing follows the last event
	}
	for events, err := range state.WatchStream(ctx, run.ID, req.AfterSeq) {
		if err != nil {
			return gone(err, run.ID)
		}
		for rest := wire.Events(events); len(rest) > 0; {
			n := fitting(rest)
			if err := out.Send(&riversv1.WatchRunEventsResponse{Events: rest[:n]}); err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
	return ctx.Err()
}

// WatchRunLogs implements riversv1.RunServiceServer.
func (s *Runs) WatchRunLogs(req *riversv1.WatchRunLogsRequest, out grpc.ServerStreamingServer[riversv1.WatchRunLogsResponse]) error {
	ctx := out.Context()
	state, run, err := s.run(ctx, req.Location, req.Run)
	if err != nil {
		return err
	}
	for lines, err := range state.WatchLogs(ctx, run.ID, wire.LogFilter(req.Filter), req.AfterSeq) {
		if err != nil {
			return gone(err, run.ID)
		}
		for rest := wire.LogLines(lines); len(rest) > 0; {
			n := fitting(rest)
			if err := out.Send(&riversv1.WatchRunLogsResponse{Lines: rest[:n]}); err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
	return ctx.Err()
}

// gone names the run in the error of a watch whose run was deleted meanwhile.
func gone(err error, run string) error {
	if errors.Is(err, store.ErrNotFound) {
		return RunNotFound(run)
	}
	return err
}

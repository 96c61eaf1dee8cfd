package server

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc/codes"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
	"rivers.io/runtime/plan"
	"rivers.io/runtime/server/door"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/read"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// runs is RunService: what package read answers, and the calls that change
// something.
type runs struct {
	*read.Runs
	cfg      Config
	draining func() bool
}

// launcher tells who starts a run.
func launcher(ctx context.Context) event.Launcher {
	return event.Launcher{Kind: "manual", User: userOf(ctx)}
}

// userOf returns the acting user of a call, or nil.
func userOf(ctx context.Context) *event.User {
	u := door.CallerOf(ctx).User
	if u == nil {
		return nil
	}
	return &event.User{Subject: u.Subject, Email: u.Email, Name: u.Name}
}

// Materialize implements riversv1.RunServiceServer.
func (s *runs) Materialize(ctx context.Context, req *riversv1.MaterializeRequest) (*riversv1.MaterializeResponse, error) {
	if err := (source{s.cfg}).check(req.Location); err != nil {
		return nil, err
	}
	if req.ValidateOnly {
		_, summary, err := s.prepare(req, order{Now: s.cfg.Now().UTC()})
		return &riversv1.MaterializeResponse{Summary: summary}, err
	}
	return once(ctx, s.cfg, "Materialize", req, func(o order) (*riversv1.MaterializeResponse, error) {
		created, summary, err := s.prepare(req, o)
		if err != nil {
			return nil, err
		}
		run, dispatch, err := s.start(ctx, o, created)
		if err != nil {
			return nil, err
		}
		return &riversv1.MaterializeResponse{Run: wire.RunBrief(run), Dispatch: dispatch, Summary: summary}, nil
	})
}

// prepare checks a request whole and returns the run that it asks for.
func (s *runs) prepare(req *riversv1.MaterializeRequest, o order) (store.NewRun, *riversv1.RunSummary, error) {
	var none store.NewRun
	partitions := req.Partitions
	if req.PartitionSelection != nil {
		text, err := wire.SelectionText(req.PartitionSelection)
		if err != nil {
			return none, nil, fault.Invalid("partition_selection", "INVALID_PARTITIONS", err.Error())
		}
		partitions = text
	}
	selected, err := s.cfg.Graph.SelectExcept(req.Selection, req.Exclude)
	if err != nil {
		return none, nil, fault.Selection("selection", err)
	}
	tags, priority, err := tagsOf(req)
	if err != nil {
		return none, nil, err
	}
	retry, err := retryOf(req.Retry)
	if err != nil {
		return none, nil, err
	}
	run, summary, err := s.plan(plan.Request{Graph: s.cfg.Graph, Assets: selected, Partitions: partitions, Now: o.Now})
	if err != nil {
		return none, nil, planFault(err)
	}
	if partitions != "" && summary.PartitionedAssetCount == 0 {
		summary.Sentence += "; the partitions are ignored: nothing selected is partitioned"
	}
	if run.Created.Config, err = configOf(s.cfg.Graph, run.Created.Assets, req.Config, s.cfg.CheckConfig); err != nil {
		return none, nil, err
	}
	run.ID, run.Priority = o.Run, priority
	run.Created.Selection, run.Created.Tags, run.Created.Retry = selectionText(req), tags, retry
	return run, summary, nil
}

// selectionText keeps selection and exclusion in the language of selections.
func selectionText(req *riversv1.MaterializeRequest) string {
	out := strings.TrimSpace(req.Selection)
	if exclude := strings.TrimSpace(req.Exclude); exclude != "" {
		out = strings.TrimSpace(out + " --exclude " + exclude)
	}
	return out
}

// plan builds the run of a request for a plan.
func (s *runs) plan(req plan.Request) (store.NewRun, *riversv1.RunSummary, error) {
	names, partitions, err := plan.Canonical(req.Graph, req.Assets, req.Partitions, req.Now)
	if err != nil {
		return store.NewRun{}, nil, err
	}
	req.Partitions = partitions
	p, err := plan.Build(req)
	if err != nil {
		return store.NewRun{}, nil, err
	}
	return store.NewRun{
		Status: store.NotStarted,
		Created: event.RunCreated{
			PlanHash: p.Hash, Steps: len(p.Steps), Assets: names, Partitions: partitions, Only: req.Only,
		},
	}, summarize(req.Graph, p, partitions), nil
}

// start records a run and hands it to the launcher. A run that an earlier call
// with the same order recorded is not recorded again.
func (s *runs) start(ctx context.Context, o order, create store.NewRun) (store.Run, riversv1.Dispatch, error) {
	if o.repeated {
		run, err := s.cfg.State.Run(ctx, o.Run)
		if err == nil {
			return run, s.launch(ctx, run), nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return run, 0, err
		}
	}
	if s.draining() {
		return store.Run{}, 0, fault.New(codes.Unavailable, "DRAINING", "the code location is shutting down and takes no new runs; try again")
	}
	create.Created.Launcher = launcher(ctx)
	run, _, err := s.cfg.State.CreateRun(ctx, create)
	if errors.Is(err, store.ErrExists) && o.repeated {
		run, err = s.cfg.State.Run(ctx, o.Run)
	}
	if err != nil {
		return run, 0, err
	}
	return run, s.launch(ctx, run), nil
}

// launch hands over a run that nobody carries out yet. The run is recorded, so
// that another executor finds it when this one takes none.
func (s *runs) launch(ctx context.Context, run store.Run) riversv1.Dispatch {
	if run.Status != store.NotStarted {
		return riversv1.Dispatch_DISPATCH_DIRECT
	}
	if err := s.cfg.Launcher.Launch(context.WithoutCancel(ctx), run); err != nil {
		s.cfg.Logger.WarnContext(ctx, "run waits for another executor", "run", run.ID, "error", err)
		return riversv1.Dispatch_DISPATCH_QUEUED
	}
	return riversv1.Dispatch_DISPATCH_DIRECT
}

// CancelRun implements riversv1.RunServiceServer.
func (s *runs) CancelRun(ctx context.Context, req *riversv1.CancelRunRequest) (*riversv1.CancelRunResponse, error) {
	if err := (source{s.cfg}).check(req.Location); err != nil {
		return nil, err
	}
	return once(ctx, s.cfg, "CancelRun", req, func(order) (*riversv1.CancelRunResponse, error) {
		if _, err := read.Run(ctx, s.cfg.State, req.Run); err != nil {
			return nil, err
		}
		asked, err := s.cfg.State.RequestCancel(ctx, req.Run, userOf(ctx))
		if err != nil {
			return nil, err
		}
		if asked {
			s.cfg.Launcher.Canceled(req.Run)
		}
		run, err := read.Run(ctx, s.cfg.State, req.Run)
		if err != nil {
			return nil, err
		}
		return &riversv1.CancelRunResponse{Success: asked, Run: wire.RunBrief(run)}, nil
	})
}

// DeleteRun implements riversv1.RunServiceServer.
func (s *runs) DeleteRun(ctx context.Context, req *riversv1.DeleteRunRequest) (*riversv1.DeleteRunResponse, error) {
	if err := (source{s.cfg}).check(req.Location); err != nil {
		return nil, err
	}
	return once(ctx, s.cfg, "DeleteRun", req, func(o order) (*riversv1.DeleteRunResponse, error) {
		run, err := read.Run(ctx, s.cfg.State, req.Run)
		if o.repeated && fault.Reason(err) == "RUN_NOT_FOUND" {
			return &riversv1.DeleteRunResponse{}, nil // the first call removed it
		}
		if err != nil {
			return nil, err
		}
		if !run.Status.Final() {
			return nil, active(run)
		}
		if err := s.cfg.State.DeleteRun(ctx, req.Run); err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		return &riversv1.DeleteRunResponse{}, nil
	})
}

// active is the refusal of what needs a run to have ended.
func active(run store.Run) error {
	return fault.New(codes.FailedPrecondition, "RUN_ACTIVE",
		"run "+run.ID+" has not ended; cancel it first", "run", run.ID, "status", string(run.Status))
}

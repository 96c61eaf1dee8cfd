package server

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"google.golang.org/grpc/codes"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
	"rivers.io/runtime/plan"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/read"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// RerunRun implements riversv1.RunServiceServer.
func (s *runs) RerunRun(ctx context.Context, req *riversv1.RerunRunRequest) (*riversv1.RerunRunResponse, error) {
	if err := (source{s.cfg}).check(req.Location); err != nil {
		return nil, err
	}
	return once(ctx, s.cfg, "RerunRun", req, func(o order) (*riversv1.RerunRunResponse, error) {
		src, err := read.Run(ctx, s.cfg.State, req.Run)
		if err != nil {
			return nil, err
		}
		create, summary, err := s.again(ctx, o, src, req.FromFailure)
		if err != nil {
			return nil, err
		}
		run, dispatch, err := s.start(ctx, o, create)
		if err != nil {
			return nil, err
		}
		return &riversv1.RerunRunResponse{Run: wire.RunBrief(run), Dispatch: dispatch, Summary: summary}, nil
	})
}

// again returns the run that repeats src (D-162), or only what did not succeed
// in it (D-163).
func (s *runs) again(ctx context.Context, o order, src store.Run, fromFailure bool) (store.NewRun, *riversv1.RunSummary, error) {
	var none store.NewRun
	selected, err := s.declared(src.Created.Assets)
	if err != nil {
		return none, nil, err
	}
	req := plan.Request{
		Graph: s.cfg.Graph, Assets: selected, Partitions: src.Created.Partitions, Only: src.Created.Only, Now: o.Now,
	}
	source := src.Created.Source
	if fromFailure {
		source = src.ID
		if req.Only, err = s.unfinished(ctx, src, req); err != nil {
			return none, nil, err
		}
	}
	create, summary, err := s.plan(req)
	if err != nil {
		return none, nil, changed(src.ID, err)
	}
	c := &create.Created
	create.ID, create.Priority = o.Run, src.Priority
	c.Source, c.Selection, c.Config, c.Retry = source, src.Created.Selection, src.Created.Config, src.Created.Retry
	if err := s.usable(c.Config); err != nil {
		return none, nil, changed(src.ID, err)
	}
	c.Tags = maps.Clone(src.Created.Tags)
	if c.Tags == nil {
		c.Tags = map[string]string{}
	}
	c.Tags[event.RerunTag] = src.ID
	return create, summary, nil
}

// usable reports why overrides that were right once are so no more.
func (s *runs) usable(config json.RawMessage) error {
	if len(config) == 0 || s.cfg.CheckConfig == nil {
		return nil
	}
	var overrides map[string]json.RawMessage
	if err := json.Unmarshal(config, &overrides); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(overrides)) {
		if err := s.cfg.CheckConfig(name, overrides[name]); err != nil {
			return err
		}
	}
	return nil
}

// declared returns the assets of a run, which must all still exist.
func (s *runs) declared(names []string) ([]int, error) {
	out := make([]int, len(names))
	for at, name := range names {
		i, ok := s.cfg.Graph.Index(name)
		if !ok {
			return nil, fault.New(codes.FailedPrecondition, "ASSET_GONE",
				"the run computed asset "+name+", which is not declared any more", "asset", name)
		}
		out[at] = i
	}
	return out, nil
}

func changed(run string, err error) error {
	return fault.New(codes.FailedPrecondition, "DEFINITIONS_CHANGED",
		"run "+run+" cannot be repeated with today's definitions: "+err.Error(), "run", run)
}

// unfinished returns the steps of a run that did not succeed.
func (s *runs) unfinished(ctx context.Context, src store.Run, req plan.Request) ([]event.Step, error) {
	if !src.Status.Final() {
		return nil, active(src)
	}
	p, err := plan.Build(req)
	if err != nil {
		return nil, changed(src.ID, err)
	}
	done, err := s.succeeded(ctx, src.ID)
	if err != nil {
		return nil, err
	}
	var left []event.Step
	for i := range p.Steps {
		if !done[p.Steps[i].ID] {
			left = append(left, p.Steps[i].ID)
		}
	}
	if len(left) == 0 {
		return nil, fault.New(codes.FailedPrecondition, "NOTHING_FAILED",
			"every step of run "+src.ID+" succeeded; rerun it whole", "run", src.ID)
	}
	return left, nil
}

// succeeded returns the steps of a run that succeeded.
func (s *runs) succeeded(ctx context.Context, run string) (map[event.Step]bool, error) {
	done := map[event.Step]bool{}
	for after := uint64(0); ; {
		events, err := s.cfg.State.Events(ctx, run, after, store.DefaultRead)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			if e.Type() == event.TypeStepSucceeded {
				done[e.Attempt.Step] = true
			}
			after = e.Seq
		}
		if len(events) < store.DefaultRead {
			return done, nil
		}
	}
}

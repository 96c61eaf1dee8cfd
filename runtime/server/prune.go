package server

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/wire"
)

// Prune says which values may be removed.
type Prune struct {
	// Assets are names of declared assets, at least one.
	Assets []string
	// Grace is how long a value is left alone; nil means the location's setting.
	Grace *time.Duration
	// DryRun removes nothing.
	DryRun bool
}

// Pruned tells what was removed of one asset, or would be.
type Pruned struct {
	Asset string
	// Removed values have Bytes in all; Examples are some of them.
	Removed, Bytes int64
	Examples       []PrunedValue
	// Of all Objects that were looked at, Young ones were not considered, Foreign
	// ones are no values, and Failed ones could not be removed or judged, for which
	// Problems give reasons.
	Objects, Young, Foreign, Failed int64
	Problems                        []error
	// Before is the instant that values had to be older than.
	Before time.Time
}

// PrunedValue is a value that was removed, or would be.
type PrunedValue struct {
	Path  string
	Key   partition.Key
	Bytes int64
	// Made is when it was begun.
	Made time.Time
}

// Pruner removes values that nothing refers to.
type Pruner interface {
	// Prune reports each asset once it is done, in the order of the assets. It
	// ends with the error of report or of ctx, or a fault.Error.
	Prune(ctx context.Context, order Prune, report func(Pruned) error) error
}

// ValuesShared is what a Pruner answers when another database has values in the
// same store; claim is the object by which it says so.
func ValuesShared(claim string, cause error) error {
	return fault.New(codes.FailedPrecondition, "VALUES_SHARED", cause.Error(), "claim", claim)
}

// PruneValues implements riversv1.AssetServiceServer.
func (s *assets) PruneValues(req *riversv1.PruneValuesRequest, out grpc.ServerStreamingServer[riversv1.PruneValuesResponse]) error {
	if err := (source{s.cfg}).check(req.Location); err != nil {
		return err
	}
	if s.cfg.Pruner == nil {
		return fault.New(codes.FailedPrecondition, "NO_VALUES", "this location cannot remove values")
	}
	selected, err := s.cfg.Graph.Select(req.Selection)
	if err != nil {
		return fault.Selection("selection", err)
	}
	order := Prune{DryRun: req.DryRun}
	for _, i := range selected {
		order.Assets = append(order.Assets, s.cfg.Graph.At(i).Name)
	}
	if len(order.Assets) == 0 {
		return nil
	}
	if req.Grace != nil {
		grace := req.Grace.AsDuration()
		order.Grace = &grace
	}
	return s.cfg.Pruner.Prune(out.Context(), order, func(p Pruned) error { return out.Send(pruned(p)) })
}

func pruned(p Pruned) *riversv1.PruneValuesResponse {
	out := &riversv1.PruneValuesResponse{
		Asset: p.Asset, RemovedCount: p.Removed, RemovedBytes: p.Bytes, ObjectCount: p.Objects, YoungCount: p.Young,
		ForeignCount: p.Foreign, FailedCount: p.Failed, BeforeTime: wire.Time(p.Before),
	}
	for _, v := range p.Examples {
		out.Examples = append(out.Examples, &riversv1.StoredObject{
			Path: v.Path, Partition: string(v.Key), Bytes: v.Bytes, CreateTime: wire.Time(v.Made),
		})
	}
	for _, err := range p.Problems {
		out.Problems = append(out.Problems, clipped(err.Error()))
	}
	return out
}

// maxProblem bounds the text of one problem in bytes.
const maxProblem = 1000

// clipped returns text that fits into an answer, which must be valid UTF-8.
func clipped(text string) string {
	if len(text) > maxProblem {
		text = text[:maxProblem] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

package read

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/staleness"
	"rivers.io/runtime/store"
)

// How thoroughly an answer about staleness looks when the request does not say.
const (
	listedKeys  = 100
	listedExact = 1000
	oneKeys     = 1000
)

// judge prepares an answer about the staleness of a location's assets.
func (c Config) judge(ctx context.Context, location string, limits staleness.Limits) (staleness.Judge, error) {
	g, err := c.Source.Graph(ctx, location)
	if err != nil {
		return staleness.Judge{}, err
	}
	state, err := c.Source.State(ctx, location)
	return staleness.Judge{Graph: g, Store: state, Now: c.Now(), Limits: limits}, err
}

func usual(asked int32, usual int) int {
	if asked == 0 {
		return usual
	}
	return int(asked)
}

// ListStaleness implements riversv1.AssetServiceServer.
func (s *Assets) ListStaleness(ctx context.Context, req *riversv1.ListStalenessRequest) (*riversv1.ListStalenessResponse, error) {
	j, err := s.cfg.judge(ctx, req.Location, staleness.Limits{Keys: usual(req.Keys, listedKeys), Exact: listedExact, Count: true})
	if err != nil {
		return nil, err
	}
	chosen, err := choose(j.Graph, req.Selection)
	if err != nil {
		return nil, err
	}
	query := store.NewQuery("ListStaleness", req.Location, []string{j.Graph.Hash(), req.Selection})
	from, err := offset(query, req.PageToken, len(chosen))
	if err != nil {
		return nil, err
	}
	to := min(from+usual(req.PageSize, 100), len(chosen))
	out := &riversv1.ListStalenessResponse{TotalSize: int32(len(chosen))}
	if out.Assets, err = summaries(ctx, j, chosen[from:to]); err != nil {
		return nil, err
	}
	if keep := fitting(out.Assets); keep < len(out.Assets) {
		out.Assets, to = out.Assets[:keep], from+keep
	}
	if to < len(chosen) {
		out.NextPageToken = query.Token(int64(to))
	}
	return out, nil
}

func summaries(ctx context.Context, j staleness.Judge, assets []int) ([]*riversv1.AssetStaleness, error) {
	judged, err := j.Assets(ctx, assets)
	if err != nil {
		return nil, err
	}
	out := make([]*riversv1.AssetStaleness, len(assets))
	for n, i := range assets {
		out[n] = wire.AssetStaleness(j.Graph.At(i).Name, judged[n])
	}
	return out, nil
}

// GetStaleness implements riversv1.AssetServiceServer.
func (s *Assets) GetStaleness(ctx context.Context, req *riversv1.GetStalenessRequest) (*riversv1.GetStalenessResponse, error) {
	j, err := s.cfg.judge(ctx, req.Location, staleness.Limits{Keys: usual(req.Keys, oneKeys), Exact: staleness.MaxExact, Count: true})
	if err != nil {
		return nil, err
	}
	i, err := assetOf(j.Graph, req.Asset)
	if err != nil {
		return nil, err
	}
	out, err := summaries(ctx, j, []int{i})
	if err != nil {
		return nil, err
	}
	return &riversv1.GetStalenessResponse{Staleness: out[0]}, nil
}

// ListPartitionStaleness implements riversv1.PartitionServiceServer.
func (s *Partitions) ListPartitionStaleness(ctx context.Context, req *riversv1.ListPartitionStalenessRequest) (*riversv1.ListPartitionStalenessResponse, error) {
	j, err := s.cfg.judge(ctx, req.Location, staleness.Limits{Keys: oneKeys, Exact: staleness.MaxExact})
	if err != nil {
		return nil, err
	}
	i, err := assetOf(j.Graph, req.Asset)
	if err != nil {
		return nil, err
	}
	space := j.Graph.Space(i)
	if space == nil {
		return nil, notPartitioned(req.Asset)
	}
	set := partition.Full(space, j.Now)
	if req.Partitions != "" {
		if set, err = partition.ParseSelection(req.Partitions, space, j.Now); err != nil {
			return nil, badPartitions(err)
		}
	}
	out := &riversv1.ListPartitionStalenessResponse{TotalSize: set.Count()}
	ordinals := set.Page(req.Offset, usual(req.Limit, 200))
	keys := make([]partition.Key, len(ordinals))
	for n, o := range ordinals {
		keys[n], _ = space.Key(o, j.Now) // members of the space
	}
	judged, err := j.Keys(ctx, i, keys)
	for errors.Is(err, staleness.ErrTooMuch) && len(keys) > 1 {
		keys = keys[:len(keys)/2] // the answer may hold fewer than asked for
		judged, err = j.Keys(ctx, i, keys)
	}
	if errors.Is(err, staleness.ErrTooMuch) {
		return nil, fault.New(codes.FailedPrecondition, "TOO_MUCH_TO_JUDGE", err.Error(), "asset", req.Asset)
	}
	if err != nil {
		return nil, err
	}
	for n, status := range judged {
		out.Partitions = append(out.Partitions, wire.PartitionStaleness(string(keys[n]), ordinals[n], status))
	}
	if keep := fitting(out.Partitions); keep < len(out.Partitions) {
		out.Partitions = out.Partitions[:keep]
	}
	return out, nil
}

// badPartitions is the refusal of a selection of keys; a key that is not there
// has a refusal of its own.
func badPartitions(err error) error {
	if _, unknown := errors.AsType[*partition.KeyError](err); unknown {
		return err
	}
	return fault.Invalid("partitions", "INVALID_PARTITIONS", err.Error())
}

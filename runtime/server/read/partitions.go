package read

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// Partitions is PartitionService.
type Partitions struct {
	riversv1.UnimplementedPartitionServiceServer
	cfg Config
}

// NewPartitions returns the service.
func NewPartitions(cfg Config) *Partitions { return &Partitions{cfg: cfg} }

// space returns the key space of an asset, or why there is none.
func (s *Partitions) space(ctx context.Context, location, name, dimension string) (partition.Space, error) {
	g, err := s.cfg.Source.Graph(ctx, location)
	if err != nil {
		return nil, err
	}
	i, err := assetOf(g, name)
	if err != nil {
		return nil, err
	}
	space := g.Space(i)
	if space == nil {
		return nil, notPartitioned(name)
	}
	if dimension != "" {
		return nil, fault.Invalid("dimension", "UNKNOWN_DIMENSION",
			fmt.Sprintf("asset %q has one dimension without a name; dimension %q does not exist", name, dimension), "asset", name)
	}
	return space, nil
}

// ListPartitions implements riversv1.PartitionServiceServer.
func (s *Partitions) ListPartitions(ctx context.Context, req *riversv1.ListPartitionsRequest) (*riversv1.ListPartitionsResponse, error) {
	space, err := s.space(ctx, req.Location, req.Asset, req.Dimension)
	if err != nil {
		return nil, err
	}
	now, limit := s.cfg.Now(), int(req.Limit)
	if limit == 0 {
		limit = 200
	}
	keys, total := partition.Search(space, req.Filter, now, req.Offset, limit)
	out := &riversv1.ListPartitionsResponse{TotalSize: total}
	for i, key := range keys {
		index := req.Offset + uint64(i)
		if req.Filter != "" {
			if index, err = space.Ordinal(key, now); err != nil {
				return nil, err
			}
		}
		out.Partitions = append(out.Partitions, &riversv1.Partition{Key: string(key), Index: index})
	}
	if req.WithStates {
		return out, s.addStates(ctx, req, keys, out.Partitions)
	}
	return out, nil
}

func (s *Partitions) addStates(ctx context.Context, req *riversv1.ListPartitionsRequest, keys []partition.Key, out []*riversv1.Partition) error {
	if len(keys) == 0 {
		return nil
	}
	state, err := s.cfg.Source.State(ctx, req.Location)
	if err != nil {
		return err
	}
	states, err := state.PartitionStates(ctx, req.Asset, keys)
	if err != nil {
		return err
	}
	for i, st := range states {
		p := out[i]
		p.State = stateOf(st)
		p.MaterializeTime, p.FailTime = wire.Time(st.MaterializedAt), wire.Time(st.FailedAt)
		p.Run, p.DataVersion, p.CodeVersion = st.Run, st.DataVersion, st.CodeVersion
	}
	return nil
}

func stateOf(s store.PartitionState) riversv1.PartitionState {
	switch {
	case s.IsFailed():
		return riversv1.PartitionState_PARTITION_STATE_FAILED
	case !s.MaterializedAt.IsZero():
		return riversv1.PartitionState_PARTITION_STATE_MATERIALIZED
	}
	return riversv1.PartitionState_PARTITION_STATE_MISSING
}

// GetPartitionIndex implements riversv1.PartitionServiceServer.
func (s *Partitions) GetPartitionIndex(ctx context.Context, req *riversv1.GetPartitionIndexRequest) (*riversv1.GetPartitionIndexResponse, error) {
	space, err := s.space(ctx, req.Location, req.Asset, req.Dimension)
	if err != nil {
		return nil, err
	}
	at, err := space.Ordinal(partition.Key(req.Key), s.cfg.Now())
	if _, absent := errors.AsType[*partition.KeyError](err); absent {
		return &riversv1.GetPartitionIndexResponse{Index: -1, Hint: err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	return &riversv1.GetPartitionIndexResponse{Index: int64(min(at, 1<<62))}, nil
}

// sets are the states of all keys of an asset, each key in one of them at most.
type sets struct {
	materialized, failed partition.Set
	total                uint64
}

func (s *Partitions) sets(ctx context.Context, location, name string, space partition.Space, now time.Time) (sets, error) {
	state, err := s.cfg.Source.State(ctx, location)
	if err != nil {
		return sets{}, err
	}
	stored, err := state.PartitionSets(ctx, name, space, now)
	if err != nil {
		return sets{}, err
	}
	return sets{
		materialized: stored.Materialized.AndNot(stored.Failed), failed: stored.Failed, total: space.Count(now),
	}, nil
}

// maxRanges is how many ranges a summary writes out.
const maxRanges = 1000

// GetPartitionSummary implements riversv1.PartitionServiceServer.
func (s *Partitions) GetPartitionSummary(ctx context.Context, req *riversv1.GetPartitionSummaryRequest) (*riversv1.GetPartitionSummaryResponse, error) {
	space, err := s.space(ctx, req.Location, req.Asset, "")
	if err != nil {
		return nil, err
	}
	now := s.cfg.Now()
	have, err := s.sets(ctx, req.Location, req.Asset, space, now)
	if err != nil {
		return nil, err
	}
	missing := partition.Full(space, now).AndNot(have.materialized).AndNot(have.failed)
	return &riversv1.GetPartitionSummaryResponse{
		TotalSize: have.total, Materialized: have.materialized.Count(), Failed: have.failed.Count(),
		Missing: missing.Count(), MissingPartitions: selectionText(missing, space, now),
		FailedPartitions: selectionText(have.failed, space, now),
	}, nil
}

// selectionText writes a set as ranges, or nothing when there are too many.
func selectionText(set partition.Set, space partition.Space, now time.Time) string {
	n := 0
	for range set.Ranges() {
		if n++; n > maxRanges {
			return ""
		}
	}
	return partition.FormatSelection(set, space, now)
}

// GetPartitionMap implements riversv1.PartitionServiceServer.
func (s *Partitions) GetPartitionMap(ctx context.Context, req *riversv1.GetPartitionMapRequest) (*riversv1.GetPartitionMapResponse, error) {
	space, err := s.space(ctx, req.Location, req.Asset, "")
	if err != nil {
		return nil, err
	}
	now := s.cfg.Now()
	have, err := s.sets(ctx, req.Location, req.Asset, space, now)
	if err != nil {
		return nil, err
	}
	if req.Offset > have.total {
		return nil, fault.Invalid("offset", "OUT_OF_RANGE",
			fmt.Sprintf("offset %d lies beyond the %d keys of asset %q", req.Offset, have.total, req.Asset),
			"total_size", strconv.FormatUint(have.total, 10))
	}
	end := have.total
	if req.Limit > 0 {
		end = req.Offset + min(req.Limit, have.total-req.Offset)
	}
	cells := uint64(max(req.MaxCells, 0))
	if cells == 0 {
		cells = 1000
	}
	out := &riversv1.GetPartitionMapResponse{TotalSize: have.total, Offset: req.Offset, KeysPerCell: 1}
	if n := end - req.Offset; n > cells {
		out.KeysPerCell = (n + cells - 1) / cells
	}
	for from := req.Offset; from < end; from += out.KeysPerCell {
		out.Cells = append(out.Cells, have.cell(space, now, from, min(from+out.KeysPerCell, end)))
	}
	return out, nil
}

// cell counts the keys from <= o < to.
func (s sets) cell(space partition.Space, now time.Time, from, to uint64) *riversv1.PartitionCell {
	first, _ := space.Key(from, now)
	last, _ := space.Key(to-1, now)
	return &riversv1.PartitionCell{
		From: string(first), To: string(last), Size: to - from,
		Materialized: s.materialized.Rank(to) - s.materialized.Rank(from),
		Failed:       s.failed.Rank(to) - s.failed.Rank(from),
	}
}

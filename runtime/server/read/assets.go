package read

import (
	"context"
	"errors"
	"strconv"

	"google.golang.org/protobuf/proto"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// Assets is the part of AssetService that needs no value.
type Assets struct {
	riversv1.UnimplementedAssetServiceServer
	cfg Config
}

// NewAssets returns the service.
func NewAssets(cfg Config) *Assets { return &Assets{cfg: cfg} }

func quote(s string) string { return strconv.Quote(s) }

// ListAssets implements riversv1.AssetServiceServer.
func (s *Assets) ListAssets(ctx context.Context, req *riversv1.ListAssetsRequest) (*riversv1.ListAssetsResponse, error) {
	g, err := s.cfg.Source.Graph(ctx, req.Location)
	if err != nil {
		return nil, err
	}
	chosen, err := choose(g, req.Selection)
	if err != nil {
		return nil, err
	}
	query := store.NewQuery("ListAssets", req.Location, []string{g.Hash(), req.Selection})
	from, err := offset(query, req.PageToken, len(chosen))
	if err != nil {
		return nil, err
	}
	size := int(req.PageSize)
	if size == 0 {
		size = 100
	}
	to := min(from+size, len(chosen))
	out := &riversv1.ListAssetsResponse{TotalSize: int32(len(chosen))}
	out.Assets, err = s.describe(ctx, req.Location, g, chosen[from:to], req.View == riversv1.AssetView_ASSET_VIEW_FULL)
	if err != nil {
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

// choose returns the selected assets in declaration order.
func choose(g *asset.Graph, selection string) ([]int, error) {
	if selection == "" {
		all := make([]int, g.Len())
		for i := range all {
			all[i] = i
		}
		return all, nil
	}
	chosen, err := g.Select(selection)
	if err != nil {
		return nil, fault.Selection("selection", err)
	}
	inPlan := make([]bool, g.Len())
	for _, i := range chosen {
		inPlan[i] = true
	}
	chosen = chosen[:0]
	for i, in := range inPlan {
		if in {
			chosen = append(chosen, i)
		}
	}
	return chosen, nil
}

func offset(query store.Query, token string, n int) (int, error) {
	key, err := query.Key(token, 1)
	if err != nil {
		return 0, badToken(err)
	}
	if key == nil {
		return 0, nil
	}
	return int(min(max(key[0], 0), int64(n))), nil
}

// describe translates assets with their newest states.
func (s *Assets) describe(ctx context.Context, location string, g *asset.Graph, chosen []int, keys bool) ([]*riversv1.Asset, error) {
	if len(chosen) == 0 {
		return nil, nil
	}
	state, err := s.cfg.Source.State(ctx, location)
	if err != nil {
		return nil, err
	}
	states, err := state.AssetStates(ctx, g.Names(chosen))
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	known := make(map[string]store.AssetState, len(states))
	for _, st := range states {
		known[st.Asset] = st
	}
	now := s.cfg.Now()
	out := make([]*riversv1.Asset, len(chosen))
	for at, i := range chosen {
		out[at] = wire.Asset(g, i, known[g.At(i).Name], keys, now)
	}
	return out, nil
}

// GetAsset implements riversv1.AssetServiceServer.
func (s *Assets) GetAsset(ctx context.Context, req *riversv1.GetAssetRequest) (*riversv1.GetAssetResponse, error) {
	g, err := s.cfg.Source.Graph(ctx, req.Location)
	if err != nil {
		return nil, err
	}
	i, err := assetOf(g, req.Asset)
	if err != nil {
		return nil, err
	}
	assets, err := s.describe(ctx, req.Location, g, []int{i}, req.View != riversv1.AssetView_ASSET_VIEW_BASIC)
	if err != nil {
		return nil, err
	}
	return &riversv1.GetAssetResponse{Asset: assets[0]}, nil
}

// GetGraph implements riversv1.AssetServiceServer.
func (s *Assets) GetGraph(ctx context.Context, req *riversv1.GetGraphRequest) (*riversv1.GetGraphResponse, error) {
	g, err := s.cfg.Source.Graph(ctx, req.Location)
	if err != nil {
		return nil, err
	}
	chosen, err := choose(g, req.Selection)
	if err != nil {
		return nil, err
	}
	part := g.Among(chosen)
	out := &riversv1.GetGraphResponse{CatalogueHash: g.Hash()}
	at := make(map[int]int32, len(part.Assets))
	for n, i := range part.Assets {
		at[i] = int32(n)
		out.Nodes = append(out.Nodes, node(g, i))
	}
	for _, l := range part.Links {
		out.Edges = append(out.Edges, &riversv1.GraphEdge{
			From: at[l.From], To: at[l.To], Kind: wire.InputKind(g.At(l.To).Inputs[l.Input].Kind),
			Mapping: wire.Mapping(g.Mapping(l.To, l.Input)),
		})
	}
	return out, nil
}

func node(g *asset.Graph, i int) *riversv1.GraphNode {
	def := g.At(i)
	out := &riversv1.GraphNode{
		Name: def.Name, Group: def.Group, Kinds: def.Kinds, Tags: def.Tags, Kind: riversv1.AssetKind_ASSET_KIND_SINGLE,
	}
	if def.Partitions != nil {
		out.Partitions = string(def.Partitions.Kind)
	}
	return out
}

// ListAssetEvents implements riversv1.AssetServiceServer. Assets that are no
// longer declared keep their history.
func (s *Assets) ListAssetEvents(ctx context.Context, req *riversv1.ListAssetEventsRequest) (*riversv1.ListAssetEventsResponse, error) {
	state, err := s.cfg.Source.State(ctx, req.Location)
	if err != nil {
		return nil, err
	}
	filter := store.HistoryFilter{Key: partition.Key(req.Partition)}
	for _, t := range req.Types {
		filter.Types = append(filter.Types, event.Type(t))
	}
	events, next, err := state.AssetHistory(ctx, req.Asset, filter, store.Page{Size: int(req.PageSize), Token: req.PageToken})
	switch {
	case errors.Is(err, store.ErrPrecondition):
		return nil, badToken(err)
	case errors.Is(err, store.ErrNotFound):
		return nil, s.unknown(ctx, req.Location, req.Asset)
	case err != nil:
		return nil, err
	}
	if len(events) == 0 && req.PageToken == "" {
		if err := s.unknown(ctx, req.Location, req.Asset); err != nil {
			return nil, err
		}
	}
	out := &riversv1.ListAssetEventsResponse{Events: wire.Events(events), NextPageToken: next}
	if keep := fitting(out.Events); keep < len(out.Events) {
		shorter := proto.CloneOf(req)
		shorter.PageSize = int32(keep)
		return s.ListAssetEvents(ctx, shorter)
	}
	return out, nil
}

// unknown is nil when the asset is declared.
func (s *Assets) unknown(ctx context.Context, location, name string) error {
	g, err := s.cfg.Source.Graph(ctx, location)
	if err != nil {
		return err
	}
	_, err = assetOf(g, name)
	return err
}

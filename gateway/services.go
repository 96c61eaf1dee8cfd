package gateway

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/read"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// runs is RunService: what can be read is read from the store, what changes
// something is forwarded.
type runs struct {
	*read.Runs
	*Gateway
}

// Materialize implements riversv1.RunServiceServer.
func (s *runs) Materialize(ctx context.Context, req *riversv1.MaterializeRequest) (*riversv1.MaterializeResponse, error) {
	return unary(ctx, s.Gateway, req, riversv1.NewRunServiceClient, riversv1.RunServiceClient.Materialize)
}

// CancelRun implements riversv1.RunServiceServer.
func (s *runs) CancelRun(ctx context.Context, req *riversv1.CancelRunRequest) (*riversv1.CancelRunResponse, error) {
	return unary(ctx, s.Gateway, req, riversv1.NewRunServiceClient, riversv1.RunServiceClient.CancelRun)
}

// RerunRun implements riversv1.RunServiceServer.
func (s *runs) RerunRun(ctx context.Context, req *riversv1.RerunRunRequest) (*riversv1.RerunRunResponse, error) {
	return unary(ctx, s.Gateway, req, riversv1.NewRunServiceClient, riversv1.RunServiceClient.RerunRun)
}

// DeleteRun implements riversv1.RunServiceServer.
func (s *runs) DeleteRun(ctx context.Context, req *riversv1.DeleteRunRequest) (*riversv1.DeleteRunResponse, error) {
	return unary(ctx, s.Gateway, req, riversv1.NewRunServiceClient, riversv1.RunServiceClient.DeleteRun)
}

// assets is AssetService: values are read by the location, everything else from
// the store.
type assets struct {
	*read.Assets
	*Gateway
}

// PreviewAsset implements riversv1.AssetServiceServer.
func (s *assets) PreviewAsset(ctx context.Context, req *riversv1.PreviewAssetRequest) (*riversv1.PreviewAssetResponse, error) {
	return unary(ctx, s.Gateway, req, riversv1.NewAssetServiceClient, riversv1.AssetServiceClient.PreviewAsset)
}

// ReadValue implements riversv1.AssetServiceServer.
func (s *assets) ReadValue(req *riversv1.ReadValueRequest, out grpc.ServerStreamingServer[riversv1.ReadValueResponse]) error {
	return stream(s.Gateway, req, out, riversv1.NewAssetServiceClient, riversv1.AssetServiceClient.ReadValue)
}

// PruneValues implements riversv1.AssetServiceServer.
func (s *assets) PruneValues(req *riversv1.PruneValuesRequest, out grpc.ServerStreamingServer[riversv1.PruneValuesResponse]) error {
	return stream(s.Gateway, req, out, riversv1.NewAssetServiceClient, riversv1.AssetServiceClient.PruneValues)
}

// locations is LocationService.
type locations struct {
	riversv1.UnimplementedLocationServiceServer
	*Gateway
}

// Ping implements riversv1.LocationServiceServer.
func (s *locations) Ping(ctx context.Context, req *riversv1.PingRequest) (*riversv1.PingResponse, error) {
	return unary(ctx, s.Gateway, req, riversv1.NewLocationServiceClient, riversv1.LocationServiceClient.Ping)
}

// askTimeout is how long a location may take to describe itself before the store
// answers for it.
const askTimeout = 2 * time.Second

// GetLocation implements riversv1.LocationServiceServer. A location that is down
// is described by what it registered last.
func (s *locations) GetLocation(ctx context.Context, req *riversv1.GetLocationRequest) (*riversv1.GetLocationResponse, error) {
	asked, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	resp, err := unary(asked, s.Gateway, req, riversv1.NewLocationServiceClient, riversv1.LocationServiceClient.GetLocation)
	if err == nil || !isDown(err) || ctx.Err() != nil {
		return resp, err
	}
	return s.lastKnown(ctx, req.Location)
}

func isDown(err error) bool {
	st, _ := fault.Of(err)
	return st.Code() == codes.Unavailable || st.Code() == codes.DeadlineExceeded
}

// lastKnown describes a location that does not answer.
func (s *locations) lastKnown(ctx context.Context, location string) (*riversv1.GetLocationResponse, error) {
	entry, err := s.cfg.entryOf(location)
	if err != nil {
		return nil, err
	}
	out := &riversv1.Location{
		Namespace: entry.Namespace, Name: entry.Name, Identity: entry.Identity, Image: entry.Image,
		Module: entry.Module, State: riversv1.Location_STATE_UNREACHABLE,
	}
	if entry.Identity == "" {
		return &riversv1.GetLocationResponse{Location: out}, nil
	}
	info, err := s.cfg.Store.Location(entry.Identity).CatalogueInfo(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	out.AssetCount, out.CatalogueRevision, out.CatalogueHash = int32(info.Assets), info.Revision, info.Hash
	out.RegisterTime = wire.Time(info.RegisteredAt)
	return &riversv1.GetLocationResponse{Location: out}, nil
}

package server

import (
	"context"
	"errors"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// locations is LocationService.
type locations struct {
	riversv1.UnimplementedLocationServiceServer
	*Server
}

// Ping implements riversv1.LocationServiceServer.
func (l *locations) Ping(_ context.Context, req *riversv1.PingRequest) (*riversv1.PingResponse, error) {
	if err := (source{l.cfg}).check(req.Location); err != nil {
		return nil, err
	}
	return &riversv1.PingResponse{Status: "ok", Name: l.cfg.Name}, nil
}

// GetLocation implements riversv1.LocationServiceServer.
func (l *locations) GetLocation(ctx context.Context, req *riversv1.GetLocationRequest) (*riversv1.GetLocationResponse, error) {
	if err := (source{l.cfg}).check(req.Location); err != nil {
		return nil, err
	}
	info, err := l.cfg.State.CatalogueInfo(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	out := &riversv1.Location{
		Namespace: l.cfg.Namespace, Name: l.cfg.Name, Identity: l.cfg.State.ID(),
		Image: l.cfg.Image, Version: l.cfg.Version, Module: l.cfg.Module,
		State: riversv1.Location_STATE_SERVING, AssetCount: int32(l.cfg.Graph.Len()),
		CatalogueRevision: info.Revision, CatalogueHash: info.Hash, RegisterTime: wire.Time(info.RegisteredAt),
		StartTime: wire.Time(l.start),
	}
	if l.door.Draining() {
		out.State = riversv1.Location_STATE_DRAINING
	}
	return &riversv1.GetLocationResponse{Location: out}, nil
}

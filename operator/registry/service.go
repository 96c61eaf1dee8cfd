package registry

import (
	"context"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/fault"
)

// Service is RegistryService over a Feed.
type Service struct {
	riversv1.UnimplementedRegistryServiceServer
	feed *Feed
}

// NewService returns the service of a feed.
func NewService(feed *Feed) *Service { return &Service{feed: feed} }

// namespaceOf reads the parent of a request; empty means all.
func namespaceOf(parent string) string {
	return strings.TrimPrefix(strings.TrimPrefix(parent, "namespaces/"), "-")
}

// ListCodeLocations implements riversv1.RegistryServiceServer.
func (s *Service) ListCodeLocations(_ context.Context, req *riversv1.ListCodeLocationsRequest) (*riversv1.ListCodeLocationsResponse, error) {
	select {
	case <-s.feed.Synced():
	default:
		return nil, fault.New(codes.Unavailable, "NOT_SYNCED", "the registry does not know every code location yet; try again")
	}
	return &riversv1.ListCodeLocationsResponse{CodeLocations: s.feed.List(namespaceOf(req.Parent))}, nil
}

// WatchCodeLocations implements riversv1.RegistryServiceServer.
func (s *Service) WatchCodeLocations(req *riversv1.WatchCodeLocationsRequest, out grpc.ServerStreamingServer[riversv1.WatchCodeLocationsResponse]) error {
	ctx := out.Context()
	select {
	case <-s.feed.Synced():
	case <-ctx.Done():
		return ctx.Err()
	}
	sub := s.feed.Subscribe(namespaceOf(req.Parent))
	defer sub.Close()
	for _, e := range sub.Snapshot() {
		if err := out.Send(response(Change{Type: riversv1.WatchCodeLocationsResponse_EVENT_TYPE_ADDED, Entry: e})); err != nil {
			return err
		}
	}
	if err := out.Send(response(Change{Type: riversv1.WatchCodeLocationsResponse_EVENT_TYPE_SYNCED})); err != nil {
		return err
	}
	for {
		select {
		case <-sub.Lost():
			return fault.New(codes.DataLoss, "WATCH_LAGGED", "the watch fell too far behind and missed changes; start again")
		case <-ctx.Done():
			return ctx.Err()
		case c := <-sub.Changes():
			if err := out.Send(response(c)); err != nil {
				return err
			}
		}
	}
}

func response(c Change) *riversv1.WatchCodeLocationsResponse {
	return &riversv1.WatchCodeLocationsResponse{Type: c.Type, CodeLocation: c.Entry}
}

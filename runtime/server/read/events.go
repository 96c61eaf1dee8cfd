package read

import (
	"context"

	"google.golang.org/protobuf/proto"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// maxBytes bounds what one message carries, below the 4 MiB that gRPC clients
// accept unless told otherwise. A single event or line larger than it travels
// alone; the store bounds those at 1 MiB.
const maxBytes = 2 << 20

// fitting returns how many of the items fit into one message: at least one.
func fitting[M proto.Message](items []M) int {
	total := 0
	for i, item := range items {
		total += proto.Size(item) + 8
		if total > maxBytes && i > 0 {
			return i
		}
	}
	return len(items)
}

// window is where a page of a numbered stream begins and how long it may be.
type window struct {
	after uint64
	limit int
	query store.Query
}

func newWindow(method, location string, filter any, after uint64, size, usual int32, token string) (window, error) {
	w := window{after: after, limit: int(size), query: store.NewQuery(method, location, filter)}
	if size == 0 {
		w.limit = int(usual)
	}
	key, err := w.query.Key(token, 1)
	if err != nil {
		return w, badToken(err)
	}
	if key != nil {
		w.after = uint64(max(key[0], 0))
	}
	return w, nil
}

// page cuts items to the window and returns the token of what follows.
func page[M interface {
	proto.Message
	GetSeq() uint64
}](w window, items []M) ([]M, string) {
	keep := fitting(items[:min(len(items), w.limit)])
	if keep == len(items) {
		return items, ""
	}
	return items[:keep], w.query.Token(int64(items[keep-1].GetSeq()))
}

// ListRunEvents implements riversv1.RunServiceServer.
func (s *Runs) ListRunEvents(ctx context.Context, req *riversv1.ListRunEventsRequest) (*riversv1.ListRunEventsResponse, error) {
	state, _, err := s.run(ctx, req.Location, req.Run)
	if err != nil {
		return nil, err
	}
	w, err := newWindow("ListRunEvents", state.ID(), req.Run, req.AfterSeq, req.PageSize, 50, req.PageToken)
	if err != nil {
		return nil, err
	}
	events, err := state.Events(ctx, req.Run, w.after, w.limit+1)
	if err != nil {
		return nil, err
	}
	out := &riversv1.ListRunEventsResponse{}
	out.Events, out.NextPageToken = page(w, wire.Events(events))
	return out, nil
}

// ListRunLogs implements riversv1.RunServiceServer.
func (s *Runs) ListRunLogs(ctx context.Context, req *riversv1.ListRunLogsRequest) (*riversv1.ListRunLogsResponse, error) {
	state, _, err := s.run(ctx, req.Location, req.Run)
	if err != nil {
		return nil, err
	}
	filter := wire.LogFilter(req.Filter)
	w, err := newWindow("ListRunLogs", state.ID(), []any{req.Run, filter}, req.AfterSeq, req.PageSize, 200, req.PageToken)
	if err != nil {
		return nil, err
	}
	lines, err := state.LogLines(ctx, req.Run, filter, w.after, w.limit+1)
	if err != nil {
		return nil, err
	}
	out := &riversv1.ListRunLogsResponse{}
	out.Lines, out.NextPageToken = page(w, wire.LogLines(lines))
	return out, nil
}

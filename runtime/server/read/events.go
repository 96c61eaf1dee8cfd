package read

import (
	"context"

	"google.golang.org/protobuf/proto"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
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

// batch is how many rows are read at once, so that a page of large rows is not
// read far beyond what fits into its message.
const batch = 128

// numbered is a message with a place in its stream.
type numbered interface {
	proto.Message
	GetSeq() uint64
}

// gather reads the page of a window and returns the token of what follows.
func gather[E any, M numbered](w window, read func(after uint64, limit int) ([]E, error), translate func([]E) []M) ([]M, string, error) {
	var items []M
	for after := w.after; ; after = items[len(items)-1].GetSeq() {
		want := min(w.limit+1-len(items), batch)
		rows, err := read(after, want)
		if err != nil {
			return nil, "", err
		}
		items = append(items, translate(rows)...)
		if keep := fitting(items[:min(len(items), w.limit)]); keep < len(items) {
			return items[:keep], w.query.Token(int64(items[keep-1].GetSeq())), nil
		}
		if len(rows) < want {
			return items, "", nil
		}
	}
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
	out := &riversv1.ListRunEventsResponse{}
	out.Events, out.NextPageToken, err = gather(w, func(after uint64, limit int) ([]event.Event, error) {
		return state.Events(ctx, req.Run, after, limit)
	}, wire.Events)
	return out, err
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
	out := &riversv1.ListRunLogsResponse{}
	out.Lines, out.NextPageToken, err = gather(w, func(after uint64, limit int) ([]store.LogLine, error) {
		return state.LogLines(ctx, req.Run, filter, after, limit)
	}, wire.LogLines)
	return out, err
}

package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/server/read"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// assets is AssetService: what package read answers, and stored values.
type assets struct {
	*read.Assets
	cfg Config
}

// maxPreviewBytes bounds the rows of a preview, so that its message stays below
// the 4 MiB that gRPC clients accept unless told otherwise.
const maxPreviewBytes = 2 << 20

// PreviewAsset implements riversv1.AssetServiceServer.
func (s *assets) PreviewAsset(ctx context.Context, req *riversv1.PreviewAssetRequest) (*riversv1.PreviewAssetResponse, error) {
	m, err := s.find(ctx, req.Location, req.Asset, req.Value)
	if err != nil {
		return nil, err
	}
	limit := int(req.Rows)
	if limit == 0 {
		limit = 20
	}
	table, err := s.cfg.Values.Preview(ctx, *m.Event.Value, limit)
	if err != nil {
		return nil, lost(m, err)
	}
	out := &riversv1.PreviewAssetResponse{
		Materialization: wire.Materialized(m), Columns: columns(table), TotalRows: table.Total, Truncated: table.Truncated,
	}
	size := 0
	for row, err := range table.Rows {
		if err != nil {
			return nil, lost(m, err)
		}
		value := wire.JSON(row)
		if size += proto.Size(value); len(out.Rows) >= limit || size > maxPreviewBytes {
			out.Truncated = true
			break
		}
		out.Rows = append(out.Rows, value)
	}
	return out, nil
}

func columns(t Table) []*riversv1.Column {
	out := make([]*riversv1.Column, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = &riversv1.Column{Name: c.Name, Type: c.Type}
	}
	return out
}

// find returns the materialization that a selector picks; it has a value.
func (s *assets) find(ctx context.Context, location, name string, sel *riversv1.ValueSelector) (store.Materialized, error) {
	var none store.Materialized
	if err := (source{s.cfg}).check(location); err != nil {
		return none, err
	}
	if s.cfg.Values == nil {
		return none, fault.New(codes.FailedPrecondition, "NO_VALUES", "this location cannot read values")
	}
	key, err := s.key(name, sel.GetPartition())
	if err != nil {
		return none, err
	}
	m, err := s.materialized(ctx, store.AssetKey{Asset: name, Key: key}, sel.GetRun())
	if err != nil {
		return none, err
	}
	if m.Event.Value == nil {
		return none, fault.New(codes.FailedPrecondition, "NO_STORED_VALUE",
			fmt.Sprintf("%s was materialized in run %s without a stored value", event.Step{Name: name, Key: key}, m.Run), "asset", name, "run", m.Run)
	}
	return m, nil
}

// key checks the partition key of an asset.
func (s *assets) key(name, text string) (partition.Key, error) {
	i, ok := s.cfg.Graph.Index(name)
	if !ok {
		return "", read.AssetNotFound(s.cfg.Graph, name)
	}
	space := s.cfg.Graph.Space(i)
	switch {
	case space == nil && text != "":
		return "", fault.Invalid("value.partition", "NOT_PARTITIONED", fmt.Sprintf("asset %q is not partitioned", name), "asset", name)
	case space == nil:
		return "", nil
	case text == "":
		return "", fault.Invalid("value.partition", "PARTITION_MISSING", fmt.Sprintf("asset %q is partitioned: name the partition to read", name), "asset", name)
	}
	if _, err := space.Ordinal(partition.Key(text), s.cfg.Now()); err != nil {
		return "", err
	}
	return partition.Key(text), nil
}

// materialized returns the newest materialization of a key, or that of one run.
func (s *assets) materialized(ctx context.Context, key store.AssetKey, run string) (store.Materialized, error) {
	if run != "" {
		return s.materializedIn(ctx, key, run)
	}
	latest, err := s.cfg.State.Latest(ctx, []store.AssetKey{key})
	if err != nil {
		return store.Materialized{}, err
	}
	m, ok := latest[key]
	if !ok {
		return m, notMaterialized(key, "")
	}
	return m, nil
}

func notMaterialized(key store.AssetKey, run string) error {
	text := event.Step{Name: key.Asset, Key: key.Key}.String() + " was never materialized"
	if run != "" {
		text = event.Step{Name: key.Asset, Key: key.Key}.String() + " was not materialized in run " + run
	}
	return fault.NotFound("NOT_MATERIALIZED", text, "asset", key.Asset, "partition", string(key.Key))
}

// materializedIn searches the events of a run for the newest materialization of
// a key.
func (s *assets) materializedIn(ctx context.Context, key store.AssetKey, run string) (store.Materialized, error) {
	var found store.Materialized
	if _, err := read.Run(ctx, s.cfg.State, run); err != nil {
		return found, err
	}
	for after := uint64(0); ; {
		events, err := s.cfg.State.Events(ctx, run, after, store.DefaultRead)
		if err != nil {
			return found, err
		}
		for _, e := range events {
			after = e.Seq
			name, at, ok := store.Subject(e)
			if m, is := e.Payload.(*event.Materialization); is && ok && name == key.Asset && at == key.Key {
				found = store.Materialized{Asset: name, Key: at, Run: run, Attempt: e.Attempt, Seq: e.Seq, Time: e.Time, Event: *m}
			}
		}
		if len(events) < store.DefaultRead {
			break
		}
	}
	if found.Seq == 0 {
		return found, notMaterialized(key, run)
	}
	return found, nil
}

// lost names the value whose object cannot be found.
func lost(m store.Materialized, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fault.NotFound("VALUE_NOT_FOUND", "the stored value of "+event.Step{Name: m.Asset, Key: m.Key}.String()+" is gone: "+m.Event.Value.Path,
			"asset", m.Asset, "path", m.Event.Value.Path)
	}
	return err
}

// pieceSize is how much content one message of ReadValue carries.
const pieceSize = 256 << 10

// ReadValue implements riversv1.AssetServiceServer.
func (s *assets) ReadValue(req *riversv1.ReadValueRequest, out grpc.ServerStreamingServer[riversv1.ReadValueResponse]) error {
	m, err := s.find(out.Context(), req.Location, req.Asset, req.Value)
	if err != nil {
		return err
	}
	w := &pieces{out: out}
	if req.Form == riversv1.ValueForm_VALUE_FORM_STORED {
		return s.copyStored(m, w)
	}
	return s.copyRows(m, req.Rows, w)
}

func (s *assets) copyStored(m store.Materialized, w *pieces) error {
	object, err := s.cfg.Values.Open(w.out.Context(), *m.Event.Value)
	if err != nil {
		return lost(m, err)
	}
	defer object.Close()
	if err := w.header(&riversv1.ValueHeader{Materialization: wire.Materialized(m), ContentType: contentType(m.Event.Value.Format)}); err != nil {
		return err
	}
	buf := make([]byte, pieceSize)
	if _, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{object}, buf); err != nil {
		return err
	}
	return w.flush()
}

func contentType(format string) string {
	switch format {
	case "json":
		return "application/json"
	case "parquet":
		return "application/vnd.apache.parquet"
	}
	return "application/octet-stream"
}

func (s *assets) copyRows(m store.Materialized, limit int64, w *pieces) error {
	table, err := s.cfg.Values.Rows(w.out.Context(), *m.Event.Value)
	if err != nil {
		return lost(m, err)
	}
	header := &riversv1.ValueHeader{Materialization: wire.Materialized(m), ContentType: "application/jsonl", Columns: columns(table)}
	if err := w.header(header); err != nil {
		return err
	}
	n := int64(0)
	for row, err := range table.Rows {
		if err != nil {
			return lost(m, err)
		}
		if limit > 0 && n >= limit {
			break
		}
		n++
		if err := w.line(row); err != nil {
			return err
		}
	}
	return w.flush()
}

// pieces gathers content into messages.
type pieces struct {
	out grpc.ServerStreamingServer[riversv1.ReadValueResponse]
	buf []byte
}

func (w *pieces) header(h *riversv1.ValueHeader) error {
	return w.out.Send(&riversv1.ReadValueResponse{Piece: &riversv1.ReadValueResponse_Header{Header: h}})
}

// Write implements io.Writer.
func (w *pieces) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		take := min(len(p), pieceSize-len(w.buf))
		w.buf = append(w.buf, p[:take]...)
		p = p[take:]
		if len(w.buf) == pieceSize {
			if err := w.flush(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

// line writes one row.
func (w *pieces) line(row json.RawMessage) error {
	if _, err := w.Write(row); err != nil {
		return err
	}
	_, err := w.Write([]byte{'\n'})
	return err
}

// flush sends what is left. The sent buffer is not used again: a transport may
// still hold it.
func (w *pieces) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	err := w.out.Send(&riversv1.ReadValueResponse{Piece: &riversv1.ReadValueResponse_Data{Data: w.buf}})
	w.buf = make([]byte, 0, pieceSize)
	return err
}

package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/store"
	"rivers.io/ui"
)

// maxText is how much of a value that is no table is shown, in bytes.
const maxText = 64 << 10

// Preview reads the first rows of the value that a materialization published.
func (l *Locations) Preview(ctx context.Context, location ui.Location, value store.Materialized, rows int) (ui.Preview, error) {
	var resp *riversv1.PreviewAssetResponse
	err := l.call(ctx, location, func(ctx context.Context, conn *grpc.ClientConn) (err error) {
		resp, err = riversv1.NewAssetServiceClient(conn).PreviewAsset(ctx, &riversv1.PreviewAssetRequest{
			Location: resource(location), Asset: value.Asset, Rows: int32(rows),
			Value: &riversv1.ValueSelector{Partition: string(value.Key), Run: value.Run},
		})
		return err
	})
	if err != nil {
		return ui.Preview{}, err
	}
	if len(resp.GetColumns()) == 0 {
		return document(resp)
	}
	return table(resp), nil
}

func table(resp *riversv1.PreviewAssetResponse) ui.Preview {
	p := ui.Preview{Total: resp.GetTotalRows(), Truncated: resp.GetTruncated()}
	for _, c := range resp.GetColumns() {
		p.Columns = append(p.Columns, ui.Column{Name: c.GetName(), Type: c.GetType(), Numeric: numeric(resp.GetRows(), c.GetName())})
	}
	for _, row := range resp.GetRows() {
		fields := row.GetStructValue().GetFields()
		cells := make([]string, len(p.Columns))
		for i, c := range p.Columns {
			cells[i] = cell(fields[c.Name])
		}
		p.Rows = append(p.Rows, cells)
	}
	return p
}

// numeric reports whether a column holds numbers, as far as the rows tell.
func numeric(rows []*structpb.Value, column string) bool {
	found := false
	for _, row := range rows {
		switch row.GetStructValue().GetFields()[column].GetKind().(type) {
		case *structpb.Value_NumberValue:
			found = true
		case *structpb.Value_NullValue, nil:
		default:
			return false
		}
	}
	return found
}

func cell(v *structpb.Value) string {
	switch k := v.GetKind().(type) {
	case nil, *structpb.Value_NullValue:
		return ""
	case *structpb.Value_StringValue:
		return k.StringValue
	default:
		raw, err := compact(v)
		if err != nil {
			return err.Error()
		}
		return string(raw)
	}
}

// compact writes a value as JSON, the same each time.
func compact(v *structpb.Value) ([]byte, error) {
	raw, err := protojson.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Compact(&out, raw)
	return out.Bytes(), err
}

// document shows a value that is no table.
func document(resp *riversv1.PreviewAssetResponse) (ui.Preview, error) {
	p := ui.Preview{Total: -1, Truncated: resp.GetTruncated()}
	if len(resp.GetRows()) == 0 {
		return p, nil
	}
	raw, err := compact(resp.GetRows()[0])
	if err != nil {
		return p, errors.Join(errors.New("the value cannot be shown"), err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return p, err
	}
	text := out.Bytes()
	if len(text) > maxText {
		text, p.Truncated = bytes.ToValidUTF8(text[:maxText], nil), true
	}
	p.Text = string(text)
	return p, nil
}

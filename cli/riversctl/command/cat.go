package command

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

type valueReader interface {
	PreviewAsset(ctx context.Context, in *riversv1.PreviewAssetRequest, opts ...grpc.CallOption) (*riversv1.PreviewAssetResponse, error)
	ReadValue(ctx context.Context, in *riversv1.ReadValueRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[riversv1.ReadValueResponse], error)
}

// CatForm says how a value is printed.
type CatForm string

// The forms of values.
const (
	// CatTable is a table of the first rows.
	CatTable CatForm = "table"
	// CatJSON is JSON, one row a line.
	CatJSON CatForm = "json"
	// CatYAML is YAML: the rows as one list.
	CatYAML CatForm = "yaml"
	// CatRaw is the object as it is stored.
	CatRaw CatForm = "raw"
)

// Cat prints a stored value.
type Cat struct {
	Assets valueReader
	W      io.Writer
	// Asset is the asset's name.
	Asset string
	// Partition is the key; empty when the asset is not partitioned.
	Partition string
	// RunID picks the value that a run recorded; empty picks the newest.
	RunID string
	// Rows is the most rows printed; 0 means 20 in a table and all else.
	Rows int
	// Form says how the value is printed.
	Form CatForm
}

// Run prints the value.
func (c Cat) Run(ctx context.Context) error {
	value := &riversv1.ValueSelector{Partition: c.Partition, Run: c.RunID}
	switch c.Form {
	case CatJSON, CatYAML:
		return c.read(ctx, &riversv1.ReadValueRequest{Asset: c.Asset, Value: value, Form: riversv1.ValueForm_VALUE_FORM_ROWS, Rows: int64(c.Rows)})
	case CatRaw:
		return c.read(ctx, &riversv1.ReadValueRequest{Asset: c.Asset, Value: value, Form: riversv1.ValueForm_VALUE_FORM_STORED})
	default:
		return c.preview(ctx, value)
	}
}

func (c Cat) read(ctx context.Context, req *riversv1.ReadValueRequest) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pieces, err := c.Assets.ReadValue(ctx, req)
	if err != nil {
		return err
	}
	w, end := c.W, func() error { return nil }
	for {
		piece, err := pieces.Recv()
		if errors.Is(err, io.EOF) {
			return end()
		}
		if err != nil {
			return err
		}
		if h := piece.GetHeader(); h != nil && c.Form == CatYAML {
			y := &yamlRows{w: c.W, list: len(h.GetColumns()) > 0}
			w, end = y, y.end
		}
		if _, err := w.Write(piece.GetData()); err != nil {
			return err
		}
	}
}

func (c Cat) preview(ctx context.Context, value *riversv1.ValueSelector) error {
	p, err := c.Assets.PreviewAsset(ctx, &riversv1.PreviewAssetRequest{Asset: c.Asset, Value: value, Rows: int32(c.Rows)})
	if err != nil {
		return err
	}
	if len(p.GetColumns()) == 0 {
		for _, row := range p.GetRows() {
			if err := (output.Printer{W: c.W, Format: output.JSON}).Print(output.Answer{Message: row}); err != nil {
				return err
			}
		}
		return nil
	}
	heading := make([]string, len(p.GetColumns()))
	for i, col := range p.GetColumns() {
		heading[i] = col.GetName()
	}
	rows := make([][]string, len(p.GetRows()))
	for i, row := range p.GetRows() {
		rows[i] = cells(p.GetColumns(), row)
	}
	if err := output.Rows(c.W, heading, rows); err != nil {
		return err
	}
	return c.more(p)
}

func cells(columns []*riversv1.Column, row *structpb.Value) []string {
	texts := make([]string, len(columns))
	fields := row.GetStructValue().GetFields()
	for i, col := range columns {
		if v, ok := fields[col.GetName()]; ok {
			if _, null := v.GetKind().(*structpb.Value_NullValue); !null {
				texts[i] = plainText(v)
			}
		}
	}
	return texts
}

// plainText writes a cell.
func plainText(v *structpb.Value) string {
	if s, ok := v.GetKind().(*structpb.Value_StringValue); ok {
		return s.StringValue
	}
	raw, err := output.Encode(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// more says what was left out.
func (c Cat) more(p *riversv1.PreviewAssetResponse) error {
	if !p.GetTruncated() {
		return nil
	}
	of := ""
	if n := p.GetTotalRows(); n >= 0 {
		of = fmt.Sprintf(" of %d", n)
	}
	_, err := fmt.Fprintf(c.W, "… the first %d%s rows; -o json prints all\n", len(p.GetRows()), of)
	return err
}

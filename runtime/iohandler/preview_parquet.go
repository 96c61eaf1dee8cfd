package iohandler

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"
)

// previewBatch is how many rows are read at a time.
const previewBatch = 32

// parquet reads the first rows of a Parquet file.
func (r *previewer) parquet(o *object) error {
	if err := o.prefetch(); err != nil {
		return err
	}
	file, err := openParquet(o, o.size)
	if err != nil {
		return err
	}
	r.p.Total = file.NumRows()
	r.p.Columns = schemaOf(file.Schema())
	types := leafTypes(nil, file.Schema())
	if len(r.p.Columns) > MaxPreviewColumns {
		r.p.Columns, r.p.Truncated = r.p.Columns[:MaxPreviewColumns], true
	}
	reader := parquet.NewReader(file)
	defer reader.Close()
	batch := make([]parquet.Row, previewBatch)
	for {
		n, err := reader.ReadRows(batch[:min(previewBatch, r.limit-len(r.p.Rows)+1)])
		for _, row := range batch[:n] {
			if r.add(r.row(row, types)) != nil {
				return nil
			}
		}
		if errors.Is(err, io.EOF) || n == 0 && err == nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// row gathers the cells of one row; a repeated column becomes a list.
func (r *previewer) row(row parquet.Row, types []parquet.Type) []any {
	cells := make([]any, len(r.p.Columns))
	lists := make(map[int][]any)
	for _, v := range row {
		i := v.Column()
		if i < 0 || i >= len(cells) {
			continue
		}
		cell := cellOf(v, types[i])
		if !r.p.Columns[i].Repeated {
			cells[i] = cell
		} else if cell != nil && (r.most == 0 || len(lists[i]) < r.most) {
			lists[i] = append(lists[i], cell)
		}
	}
	for i, column := range r.p.Columns {
		if column.Repeated {
			cells[i] = listCell(lists[i])
		}
	}
	return cells
}

func listCell(list []any) any {
	if list == nil {
		return json.RawMessage("[]")
	}
	raw, err := json.Marshal(list)
	if err != nil {
		return err.Error()
	}
	return json.RawMessage(raw)
}

// leafTypes lists the types of the leaf columns in order.
func leafTypes(to []parquet.Type, node parquet.Node) []parquet.Type {
	if node.Leaf() {
		return append(to, node.Type())
	}
	for _, field := range node.Fields() {
		to = leafTypes(to, field)
	}
	return to
}

package iohandler

import (
	"context"
	"errors"
	"fmt"

	"rivers.io/runtime/metadata"
	"rivers.io/runtime/rivers"
)

// The limits of a preview. What lies beyond is left out, and the preview says
// so.
const (
	// MaxPreviewRows is the most rows of one preview.
	MaxPreviewRows = 1_000
	// MaxPreviewColumns is the most columns.
	MaxPreviewColumns = 200
	// MaxPreviewCell is the most bytes of the text of one cell.
	MaxPreviewCell = 4 << 10
	// MaxPreviewBytes is the most bytes of all cells together.
	MaxPreviewBytes = 2 << 20
	// maxPreviewRead is how much of an object a preview reads.
	maxPreviewRead = 32 << 20
)

// Preview is the beginning of a stored value, for people to look at.
type Preview struct {
	// Format is the serializer of the value.
	Format string
	// Columns name the cells of a row. A value that is no list of records has
	// the columns "name" and "value", or "value" alone.
	Columns []metadata.Column
	// Rows hold one cell a column: nil, bool, int64, uint64, float64, string, or
	// json.RawMessage for nested values.
	Rows [][]any
	// Total is the number of rows of the value, or -1 when it was not read to
	// its end.
	Total int64
	// Truncated tells that rows, columns or parts of cells were left out.
	Truncated bool
}

// Preview reads the first rows of a stored value without knowing its Go type:
// at most rows, 0 meaning MaxPreviewRows. A missing object is
// rivers.ErrNotFound; a damaged one is an error.
func (b *Blob) Preview(ctx context.Context, ref rivers.Ref, rows int) (p Preview, err error) {
	if rows <= 0 || rows > MaxPreviewRows {
		rows = MaxPreviewRows
	}
	if err := checkPath(ref.Path); err != nil {
		return Preview{}, err
	}
	defer func() {
		if v := recover(); v != nil { // damaged files panic deep inside of the library
			p, err = Preview{}, fmt.Errorf("read %s: damaged: %v", ref.Path, v)
		}
	}()
	size, err := b.size(ctx, ref)
	if err != nil {
		return Preview{}, err
	}
	r := &previewer{limit: rows, room: MaxPreviewBytes, most: MaxPreviewCell, p: Preview{Format: ref.Format, Total: -1}}
	object := &object{ctx: ctx, bucket: b.bucket, path: ref.Path, size: size, room: maxPreviewRead}
	switch ref.Format {
	case parquetFormat{}.name():
		err = r.parquet(object)
	case jsonFormat{}.name():
		err = r.json(object)
	default:
		err = fmt.Errorf("unknown format %q", ref.Format)
	}
	if err != nil {
		return Preview{}, fmt.Errorf("read %s: %w", ref.Path, err)
	}
	return r.p, nil
}

// size returns the size of the object, which must be the recorded one.
func (b *Blob) size(ctx context.Context, ref rivers.Ref) (int64, error) {
	attrs, err := b.bucket.Attributes(ctx, ref.Path)
	if err != nil {
		return 0, fmt.Errorf("read %s: %w", ref.Path, storeError(err))
	}
	if attrs.Size != ref.Bytes {
		return 0, fmt.Errorf("read %s: the object has %d bytes, %d were recorded", ref.Path, attrs.Size, ref.Bytes)
	}
	return attrs.Size, nil
}

// previewer gathers a preview within its limits.
type previewer struct {
	p     Preview
	limit int
	room  int
	// most bounds the elements of a cell that is a list; 0 is no bound.
	most int
}

// errEnough ends a preview that has what it may hold.
var errEnough = errors.New("enough")

// add appends a row; errEnough when there is no room for more.
func (r *previewer) add(row []any) error {
	if len(r.p.Rows) >= r.limit {
		r.p.Truncated = true
		return errEnough
	}
	for i, cell := range row {
		row[i] = r.cut(cell)
	}
	if r.room < 0 {
		r.p.Truncated = true
		return errEnough
	}
	r.p.Rows = append(r.p.Rows, row)
	return nil
}

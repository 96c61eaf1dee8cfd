package iohandler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"

	"github.com/parquet-go/parquet-go"

	"rivers.io/runtime/metadata"
	"rivers.io/runtime/rivers"
)

// Rows is a whole stored value, read as it is asked for.
type Rows struct {
	// Columns are empty when the value is no list of records.
	Columns []metadata.Column
	// Total is the number of rows, or -1 when it is not known beforehand.
	Total int64
	// All yields each row as a JSON object whose fields keep the order of the
	// columns, or the elements of another list, or the one value there is. It
	// is used once, before ctx ends.
	All iter.Seq2[json.RawMessage, error]
}

// Rows reads a whole value without knowing its Go type. Errors are those of
// Preview.
func (b *Blob) Rows(ctx context.Context, ref rivers.Ref) (Rows, error) {
	if err := checkPath(ref.Path); err != nil {
		return Rows{}, err
	}
	size, err := b.size(ctx, ref)
	if err != nil {
		return Rows{}, err
	}
	o := &object{ctx: ctx, bucket: b.bucket, path: ref.Path, size: size, room: math.MaxInt64}
	switch ref.Format {
	case parquetFormat{}.name():
		return parquetRows(o)
	case jsonFormat{}.name():
		return Rows{Total: -1, All: jsonRows(o)}, nil
	}
	return Rows{}, fmt.Errorf("read %s: unknown format %q", ref.Path, ref.Format)
}

// Open returns the object as it is stored. The caller closes it.
func (b *Blob) Open(ctx context.Context, ref rivers.Ref) (io.ReadCloser, error) {
	if err := checkPath(ref.Path); err != nil {
		return nil, err
	}
	r, err := b.bucket.NewReader(ctx, ref.Path, nil)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ref.Path, storeError(err))
	}
	return r, nil
}

func parquetRows(o *object) (rows Rows, err error) {
	defer func() {
		if v := recover(); v != nil { // damaged files panic deep inside of the library
			rows, err = Rows{}, fmt.Errorf("read %s: damaged: %v", o.path, v)
		}
	}()
	if err := o.prefetch(); err != nil {
		return Rows{}, err
	}
	file, err := openParquet(o, o.size)
	if err != nil {
		return Rows{}, fmt.Errorf("read %s: %w", o.path, err)
	}
	rows = Rows{Columns: schemaOf(file.Schema()), Total: file.NumRows()}
	rows.All = func(yield func(json.RawMessage, error) bool) {
		if err := eachParquetRow(file, rows.Columns, func(row json.RawMessage) bool { return yield(row, nil) }); err != nil {
			yield(nil, fmt.Errorf("read %s: %w", o.path, err))
		}
	}
	return rows, nil
}

func eachParquetRow(file *parquet.File, columns []metadata.Column, yield func(json.RawMessage) bool) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("damaged: %v", v)
		}
	}()
	types := leafTypes(nil, file.Schema())
	cells := &previewer{p: Preview{Columns: columns}}
	reader := parquet.NewReader(file)
	defer func() { _ = reader.Close() }()
	batch := make([]parquet.Row, 256)
	for {
		n, err := reader.ReadRows(batch)
		for _, row := range batch[:n] {
			raw, encodeErr := encodeRow(columns, cells.row(row, types))
			if encodeErr != nil {
				return encodeErr
			}
			if !yield(raw) {
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

// jsonRows yields the elements of a list, or the one value there is.
func jsonRows(o *object) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		raw, err := o.part(0, o.size)
		if err != nil {
			yield(nil, err)
			return
		}
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 || raw[0] != '[' {
			if !json.Valid(raw) {
				raw, err = nil, fmt.Errorf("read %s: not JSON", o.path)
			}
			yield(raw, err)
			return
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		_, err = dec.Token()
		for err == nil && dec.More() {
			var element json.RawMessage
			if err = dec.Decode(&element); err == nil && !yield(element, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, fmt.Errorf("read %s: not JSON: %w", o.path, err))
		}
	}
}

// encodeRow writes one row as an object whose fields keep the order of the
// columns.
func encodeRow(columns []metadata.Column, row []any) (json.RawMessage, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, c := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(c.Name)
		if err != nil {
			return nil, err
		}
		cell, err := json.Marshal(row[i])
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(cell)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Objects returns the rows of a preview as JSON objects.
func (p Preview) Objects() iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for _, row := range p.Rows {
			if !yield(encodeRow(p.Columns, row)) {
				return
			}
		}
	}
}

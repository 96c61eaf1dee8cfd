package iohandler

import (
	"fmt"
	"io"
	"reflect"
	"sync"

	"github.com/parquet-go/parquet-go"
)

// parquetFormat stores slices of structs as Parquet files.
type parquetFormat struct{}

func (parquetFormat) name() string { return "parquet" }

func (parquetFormat) ext() string { return ".parquet" }

func (parquetFormat) contentType() string { return "application/vnd.apache.parquet" }

func (parquetFormat) accepts(t reflect.Type) bool {
	if t == nil || t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Struct {
		return false
	}
	_, err := rowTypeOf(t.Elem())
	return err == nil
}

// rowType is how the rows of one struct type are stored.
type rowType struct {
	schema *parquet.Schema
	// times tells that rows hold times, which need a check of their range.
	times bool
	// dates tells which columns hold days; nil when none does.
	dates []bool
}

var rowTypes sync.Map // reflect.Type → rowType or error

// rowTypeOf returns how rows of t are stored, or why they cannot be.
func rowTypeOf(t reflect.Type) (rowType, error) {
	if known, ok := rowTypes.Load(t); ok {
		if err, failed := known.(error); failed {
			return rowType{}, err
		}
		return known.(rowType), nil
	}
	rows, err := makeRowType(t)
	if err != nil {
		rowTypes.Store(t, err)
		return rowType{}, err
	}
	rowTypes.Store(t, rows)
	return rows, nil
}

func makeRowType(t reflect.Type) (rows rowType, err error) {
	w := columnar{}
	if err := w.check(t, 0); err != nil {
		return rowType{}, err
	}
	defer func() {
		if p := recover(); p != nil { // the library refuses some tags by a panic
			err = fmt.Errorf("%s has no Parquet schema: %v", t, p)
		}
	}()
	schema := parquet.SchemaOf(reflect.New(t).Elem().Interface())
	return rowType{schema: schema, times: w.times, dates: dateColumns(schema)}, nil
}

// deconstruct appends the columns of one struct to row.
func (r rowType) deconstruct(row parquet.Row, v reflect.Value) parquet.Row {
	row = r.schema.Deconstruct(row, v.Addr().Interface())
	if r.dates != nil {
		fixDates(row, r.dates)
	}
	return row
}

// writeBatch is how many rows are handed to the writer at a time.
const writeBatch = 256

func (parquetFormat) write(w io.Writer, value any) (written, error) {
	slice := reflect.ValueOf(value)
	rows, err := rowTypeOf(slice.Type().Elem())
	if err != nil {
		return written{}, err
	}
	if rows.times {
		if err := checkTimes(slice); err != nil {
			return written{}, err
		}
	}
	pw := parquet.NewWriter(w, rows.schema, parquet.Compression(&parquet.Snappy))
	batch := make([]parquet.Row, min(writeBatch, slice.Len()))
	for from := 0; from < slice.Len(); from += len(batch) {
		batch = batch[:min(len(batch), slice.Len()-from)]
		for i := range batch {
			batch[i] = rows.deconstruct(batch[i][:0], slice.Index(from+i))
		}
		if _, err := pw.WriteRows(batch); err != nil {
			return written{}, err
		}
	}
	if err := pw.Close(); err != nil {
		return written{}, err
	}
	return written{rows: int64(slice.Len()), schema: schemaOf(rows.schema)}, nil
}

// maxTrusted is for how many rows memory is taken because a file says that it
// has them; for more it is taken as they come.
const maxTrusted = 1 << 16

func (parquetFormat) read(r io.ReaderAt, size int64, target any) (err error) {
	into := reflect.ValueOf(target).Elem()
	if into.Kind() != reflect.Slice || into.Type().Elem().Kind() != reflect.Struct {
		return fmt.Errorf("rows of a table cannot be loaded as %s", into.Type())
	}
	rows, err := rowTypeOf(into.Type().Elem())
	if err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil { // damaged files panic deep inside of the library
			err = fmt.Errorf("not a readable Parquet file: %v", p)
		}
	}()
	file, err := openParquet(r, size)
	if err != nil {
		return err
	}
	pr := parquet.NewReader(file, rows.schema)
	defer pr.Close()
	total := int(file.NumRows())
	out := reflect.New(into.Type()).Elem()
	out.Set(reflect.MakeSlice(into.Type(), 0, min(total, maxTrusted)))
	for i := range total {
		if i == out.Cap() {
			out.Grow(i)
		}
		out.SetLen(i + 1)
		if err := pr.Read(out.Index(i).Addr().Interface()); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	into.Set(out)
	return nil
}

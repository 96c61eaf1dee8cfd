package iohandler

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
)

// jsonFormat stores any value that encoding/json can.
type jsonFormat struct{}

func (jsonFormat) name() string { return "json" }

func (jsonFormat) ext() string { return ".json" }

func (jsonFormat) contentType() string { return "application/json" }

func (jsonFormat) accepts(reflect.Type) bool { return true }

func (jsonFormat) write(w io.Writer, value any) (written, error) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return written{}, err
	}
	return written{rows: rowsOf(value)}, nil
}

// rowsOf counts the elements of a slice; other values have no rows.
func rowsOf(value any) int64 {
	v := reflect.ValueOf(value)
	if v.Kind() != reflect.Slice || v.Type().Elem().Kind() == reflect.Uint8 {
		return -1
	}
	return int64(v.Len())
}

func (jsonFormat) read(r io.ReaderAt, size int64, target any) error {
	dec := json.NewDecoder(io.NewSectionReader(r, 0, size))
	if err := dec.Decode(target); err != nil {
		return fmt.Errorf("value is not a %s in JSON: %w", reflect.TypeOf(target).Elem(), err)
	}
	return nil
}

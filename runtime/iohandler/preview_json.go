package iohandler

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"rivers.io/runtime/metadata"
)

// json reads the first rows of a JSON document: the elements of a list, the
// fields of an object, or the one value there is.
func (r *previewer) json(o *object) error {
	raw, err := o.head()
	if err != nil {
		return err
	}
	whole := int64(len(raw)) == o.size
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	first, err := dec.Token()
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	switch first {
	case json.Delim('['):
		err = r.list(dec)
	case json.Delim('{'):
		err = r.object(dec)
	default:
		r.columns("value")
		r.p.Total = 1
		return r.add([]any{scalar(first)})
	}
	switch {
	case err == nil:
		r.p.Total = int64(len(r.p.Rows))
	case errors.Is(err, errEnough):
	case !whole && (errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)):
		r.p.Truncated = true // the rest lies beyond what a preview reads
	default:
		return fmt.Errorf("not JSON: %w", err)
	}
	return nil
}

func (r *previewer) columns(names ...string) {
	for _, name := range names {
		r.p.Columns = append(r.p.Columns, metadata.Column{Name: name, Type: "json", Nullable: true})
	}
}

// object makes a row of each field.
func (r *previewer) object(dec *json.Decoder) error {
	r.columns("name", "value")
	return fields(dec, func(name string, value any) error { return r.add([]any{name, value}) })
}

// list makes a row of each element; the fields of objects become columns, in
// the order in which they first appear.
func (r *previewer) list(dec *json.Decoder) error {
	index := map[string]int{}
	defer func() {
		for i, row := range r.p.Rows { // rows before a column appeared lack its cell
			for len(row) < len(r.p.Columns) {
				row = append(row, nil)
			}
			r.p.Rows[i] = row
		}
	}()
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		row, err := r.element(raw, index)
		if err != nil {
			return err
		}
		if err := r.add(row); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// element makes the row of one element of a list.
func (r *previewer) element(raw json.RawMessage, index map[string]int) ([]any, error) {
	var row []any
	set := func(name string, value any) error {
		i, ok := index[name]
		if !ok {
			if len(r.p.Columns) == MaxPreviewColumns {
				r.p.Truncated = true
				return nil
			}
			i = len(r.p.Columns)
			index[name] = i
			r.columns(name)
		}
		for len(row) <= i {
			row = append(row, nil)
		}
		row[i] = value
		return nil
	}
	if raw[0] != '{' {
		err := set("value", cellOfJSON(raw))
		return row, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	err := fields(dec, set)
	return row, err
}

// fields visits the fields of the object that dec is inside of.
func fields(dec *json.Decoder, visit func(name string, value any) error) error {
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		if err := visit(name, cellOfJSON(raw)); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// cellOfJSON turns a JSON value into a cell.
func cellOfJSON(raw json.RawMessage) any {
	if raw[0] == '{' || raw[0] == '[' {
		var b bytes.Buffer
		if err := json.Compact(&b, raw); err != nil {
			return string(raw)
		}
		return json.RawMessage(b.Bytes())
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	token, err := dec.Token()
	if err != nil {
		return string(raw)
	}
	return scalar(token)
}

func scalar(token json.Token) any {
	number, ok := token.(json.Number)
	if !ok {
		return token
	}
	if n, err := number.Int64(); err == nil {
		return n
	}
	if f, err := number.Float64(); err == nil {
		return f
	}
	return number.String()
}

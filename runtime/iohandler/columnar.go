package iohandler

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

var (
	timeType          = reflect.TypeFor[time.Time]()
	jsonMarshalerType = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

// maxNesting bounds how deep a row's structs may be nested; a type that holds
// itself ends here too.
const maxNesting = 8

// columnar tells whether a type can be stored in columns without loss. What it
// refuses is stored as JSON.
type columnar struct{ times bool }

func (c *columnar) check(t reflect.Type, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("%s is nested deeper than %d", t, maxNesting)
	}
	if t == timeType {
		c.times = true
		return nil
	}
	if p := reflect.PointerTo(t); t.Kind() != reflect.Pointer &&
		(p.Implements(jsonMarshalerType) || p.Implements(textMarshalerType)) {
		return fmt.Errorf("%s encodes itself", t)
	}
	switch t.Kind() {
	case reflect.Bool, reflect.String, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return nil
	case reflect.Struct:
		return c.checkFields(t, depth)
	case reflect.Pointer:
		return c.checkElem(t.Elem(), depth, reflect.Pointer, reflect.Slice, reflect.Map)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return nil
		}
		return c.checkElem(t.Elem(), depth, reflect.Pointer, reflect.Slice, reflect.Map)
	}
	return fmt.Errorf("%s has no columns", t)
}

// checkElem refuses elements that repetition cannot tell apart, such as the
// lists of a list.
func (c *columnar) checkElem(elem reflect.Type, depth int, never ...reflect.Kind) error {
	for _, kind := range never {
		if elem.Kind() == kind {
			return fmt.Errorf("a %s inside of another", elem)
		}
	}
	return c.check(elem, depth+1)
}

func (c *columnar) checkFields(t reflect.Type, depth int) error {
	exported := 0
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && !f.IsExported() {
			return fmt.Errorf("embedded %s of %s is not exported", f.Name, t)
		}
		tag := f.Tag.Get("parquet")
		if !f.IsExported() || tag == "-" {
			continue // no format stores these
		}
		if strings.Contains(tag, ",time") && !strings.Contains(tag, ",timestamp") {
			return fmt.Errorf("field %s is a time of day", f.Name)
		}
		exported++
		if err := c.check(f.Type, depth+1); err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
	}
	if exported == 0 {
		return fmt.Errorf("%s has no fields", t)
	}
	return nil
}

package metadata

import (
	"fmt"
	"math"
	"reflect"
)

// Of turns v into a checked value: a Value stays what it is, and strings,
// integers, floats, bools and nil become Text, Int, Float, Bool and Null
// (D-59). Any other type is an error that names it.
func Of(v any) (Value, error) {
	value, err := coerce(v)
	if err != nil {
		return nil, err
	}
	if err := value.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", value.Tag(), err)
	}
	return value, nil
}

func coerce(v any) (Value, error) {
	switch v := v.(type) {
	case nil:
		return Null{}, nil
	case Value:
		return v, nil
	}
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		return Text(r.String()), nil
	case reflect.Bool:
		return Bool(r.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return plainInt(v, r)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if r.Uint() > math.MaxInt64 {
			return nil, fmt.Errorf("%d does not fit a 64-bit integer", r.Uint())
		}
		return Int(r.Uint()), nil //nolint:gosec // bounded above
	case reflect.Float32, reflect.Float64:
		return Float(r.Float()), nil
	}
	return nil, fmt.Errorf("a %T is not a metadata value; use a string, a number, a bool, nil or a typed value", v)
}

// plainInt refuses integers that carry a unit, such as a time.Duration, whose
// number alone would mislead; the typed values say what they mean.
func plainInt(v any, r reflect.Value) (Value, error) {
	if _, isUnit := v.(fmt.Stringer); isUnit {
		return nil, fmt.Errorf("a %T is not a metadata value; convert it to a typed one, such as Duration", v)
	}
	return Int(r.Int()), nil
}

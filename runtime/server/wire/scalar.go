package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Time returns t, or nil for the zero time.
func Time(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// Duration returns d, or nil for zero.
func Duration(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

// maxExact is where doubles begin to skip integers.
const maxExact = 1 << 53

// JSON returns any JSON text as a Value. Integers that a double cannot hold
// exactly become text, as protobuf's own JSON writes 64-bit integers. Broken
// text becomes the text itself.
func JSON(raw []byte) *structpb.Value {
	v, err := decodeJSON(raw)
	if err != nil {
		return structpb.NewStringValue(strings.ToValidUTF8(string(raw), "\uFFFD"))
	}
	return v
}

func decodeJSON(raw []byte) (*structpb.Value, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("text after the JSON value")
	}
	return jsonValue(v), nil
}

func jsonValue(v any) *structpb.Value {
	switch v := v.(type) {
	case nil:
		return structpb.NewNullValue()
	case bool:
		return structpb.NewBoolValue(v)
	case string:
		return structpb.NewStringValue(v)
	case json.Number:
		return number(string(v))
	case []any:
		list := &structpb.ListValue{Values: make([]*structpb.Value, len(v))}
		for i, e := range v {
			list.Values[i] = jsonValue(e)
		}
		return structpb.NewListValue(list)
	case map[string]any:
		s := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(v))}
		for k, e := range v {
			s.Fields[k] = jsonValue(e)
		}
		return structpb.NewStructValue(s)
	}
	return structpb.NewStringValue(fmt.Sprint(v))
}

// number returns a double, or the text when the double would be another number.
func number(text string) *structpb.Value {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return structpb.NewStringValue(text)
	}
	if !strings.ContainsAny(text, ".eE") && math.Abs(f) >= maxExact {
		return structpb.NewStringValue(text)
	}
	return structpb.NewNumberValue(f)
}

// Object returns a JSON object as a Struct, or nil when raw is empty. What is no
// object is put under the key "value".
func Object(raw []byte) *structpb.Struct {
	if len(raw) == 0 {
		return nil
	}
	v := JSON(raw)
	if s := v.GetStructValue(); s != nil {
		return s
	}
	return &structpb.Struct{Fields: map[string]*structpb.Value{"value": v}}
}

// objectOf returns the values of a map as a Struct, or nil for an empty map.
func objectOf[M ~map[string]json.RawMessage](m M) *structpb.Struct {
	if len(m) == 0 {
		return nil
	}
	s := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(m))}
	for k, raw := range m {
		s.Fields[strings.ToValidUTF8(k, "\uFFFD")] = JSON(raw)
	}
	return s
}

// clamp returns n as an int32.
func clamp(n int) int32 {
	return int32(min(max(n, math.MinInt32), math.MaxInt32))
}

// text returns s as valid UTF-8, which protobuf demands.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

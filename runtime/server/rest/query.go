package rest

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// strictQuery refuses query parameters that the request does not have, which
// grpc-gateway would ignore.
type strictQuery struct{ runtime.DefaultQueryParser }

// The parser is one variable of grpc-gateway for the whole process, so it is set
// before anything serves, not by each mux.
func init() { runtime.SetQueryParameterParser(&strictQuery{})(nil) }

// Parse implements runtime.QueryParameterParser.
func (p *strictQuery) Parse(msg proto.Message, values url.Values, filter *utilities.DoubleArray) error {
	desc := msg.ProtoReflect().Descriptor()
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !hasField(desc, key) {
			return fmt.Errorf("unknown query parameter %q; known are %s", clip(key), strings.Join(fieldNames(desc), ", "))
		}
	}
	err := p.DefaultQueryParser.Parse(msg, values, filter)
	if m := badParam.FindStringSubmatch(fmt.Sprint(err)); err != nil && m != nil {
		return wrongQuery(desc, values, m[1])
	}
	return err
}

// badParam is how the parser names the field that a text does not fit.
var badParam = regexp.MustCompile(`^parsing (?:field|list|map key|map value) "(\w+)": `)

// wrongQuery says what the field of that name takes.
func wrongQuery(desc protoreflect.MessageDescriptor, values url.Values, name string) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		field := fieldAt(desc, key)
		if field == nil || string(field.Name()) != name {
			continue
		}
		return fmt.Errorf("query parameter %q takes %s, not %q", clip(key), fieldWords(field), clip(strings.Join(values[key], ",")))
	}
	return fmt.Errorf("query parameter %q takes another value", name)
}

// fieldWords says what a field takes.
func fieldWords(f protoreflect.FieldDescriptor) string {
	switch {
	case f.Enum() != nil:
		names := make([]string, f.Enum().Values().Len())
		for i := range names {
			names[i] = string(f.Enum().Values().Get(i).Name())
		}
		return "one of " + strings.Join(names, ", ")
	case f.Message() != nil:
		return "a " + string(f.Message().Name())
	}
	return kindWords(f.Kind().String())
}

// hasField reports whether a dotted path leads to a field.
func hasField(desc protoreflect.MessageDescriptor, path string) bool {
	return fieldAt(desc, path) != nil
}

// fieldAt returns the field that a dotted path leads to, by either of its names,
// or nil. What is inside of a map is not looked at.
func fieldAt(desc protoreflect.MessageDescriptor, path string) protoreflect.FieldDescriptor {
	name, rest, nested := strings.Cut(path, ".")
	name, _, inMap := strings.Cut(name, "[")
	field := desc.Fields().ByName(protoreflect.Name(name))
	if field == nil {
		field = desc.Fields().ByJSONName(name)
	}
	switch {
	case field == nil, inMap && !field.IsMap():
		return nil
	case inMap || !nested:
		return field
	case field.Message() == nil:
		return nil
	}
	return fieldAt(field.Message(), rest)
}

func fieldNames(desc protoreflect.MessageDescriptor) []string {
	var names []string
	for i := range desc.Fields().Len() {
		names = append(names, desc.Fields().Get(i).JSONName())
	}
	return names
}

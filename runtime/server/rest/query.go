package rest

import (
	"fmt"
	"maps"
	"net/url"
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
	return p.DefaultQueryParser.Parse(msg, values, filter)
}

// hasField reports whether a dotted path leads to a field, by either of its
// names. What is inside of a map is not looked at.
func hasField(desc protoreflect.MessageDescriptor, path string) bool {
	name, rest, nested := strings.Cut(path, ".")
	name, _, inMap := strings.Cut(name, "[")
	field := desc.Fields().ByName(protoreflect.Name(name))
	if field == nil {
		field = desc.Fields().ByJSONName(name)
	}
	switch {
	case field == nil:
		return false
	case inMap:
		return field.IsMap()
	case !nested:
		return true
	}
	return field.Message() != nil && hasField(field.Message(), rest)
}

func fieldNames(desc protoreflect.MessageDescriptor) []string {
	var names []string
	for i := range desc.Fields().Len() {
		names = append(names, desc.Fields().Get(i).JSONName())
	}
	return names
}

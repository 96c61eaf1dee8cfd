package iohandler

import (
	"io"
	"reflect"

	"rivers.io/runtime/metadata"
)

// serializer turns values into objects and back.
type serializer interface {
	// name is what references carry, ext the suffix of objects.
	name() string
	ext() string
	contentType() string
	// accepts reports whether values of t can be stored without loss.
	accepts(t reflect.Type) bool
	// write stores value, whose type was accepted.
	write(w io.Writer, value any) (written, error)
	// read fills target, a pointer, from an object of the given size.
	read(r io.ReaderAt, size int64, target any) error
}

// written says what a write stored.
type written struct {
	// rows is the number of rows, or -1 for a value that has none.
	rows int64
	// schema is nil for a value without columns.
	schema metadata.Schema
}

// serializers in order of preference.
var serializers = []serializer{parquetFormat{}, jsonFormat{}}

func serializerFor(t reflect.Type) serializer {
	for _, f := range serializers {
		if f.accepts(t) {
			return f
		}
	}
	return jsonFormat{}
}

func serializerNamed(name string) (serializer, bool) {
	for _, f := range serializers {
		if f.name() == name {
			return f, true
		}
	}
	return nil, false
}

package iohandler

import (
	"fmt"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"rivers.io/runtime/metadata"
)

// schemaOf lists the leaf columns of a Parquet schema in order.
func schemaOf(node parquet.Node) metadata.Schema {
	schema := metadata.Schema{}
	appendColumns(&schema, nil, node, false, false)
	return schema
}

func appendColumns(to *metadata.Schema, path []string, node parquet.Node, nullable, repeated bool) {
	nullable = nullable || node.Optional()
	repeated = repeated || node.Repeated()
	if node.Leaf() {
		*to = append(*to, metadata.Column{
			Name: strings.Join(path, "."), Type: typeName(node.Type()), Nullable: nullable, Repeated: repeated,
		})
		return
	}
	for _, field := range node.Fields() {
		appendColumns(to, append(path[:len(path):len(path)], field.Name()), field, nullable, repeated)
	}
}

// typeName names the type of a leaf column as people write it: int64, uint8,
// double, string, timestamp(ns), date.
func typeName(t parquet.Type) string {
	switch logical := logicalOf(t).(type) {
	case *format.IntType:
		if logical.IsSigned {
			return fmt.Sprintf("int%d", logical.BitWidth)
		}
		return fmt.Sprintf("uint%d", logical.BitWidth)
	case *format.TimestampType:
		return "timestamp(" + unitName(logical.Unit.Value) + ")"
	case *format.TimeType:
		return "time(" + unitName(logical.Unit.Value) + ")"
	case *format.DecimalType:
		return fmt.Sprintf("decimal(%d,%d)", logical.Precision, logical.Scale)
	case fmt.Stringer:
		return strings.ToLower(logical.String())
	}
	switch t.Kind() {
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return "bytes"
	}
	return strings.ToLower(t.Kind().String())
}

// logicalOf returns the logical type of a column, or nil.
func logicalOf(t parquet.Type) any {
	if logical := t.LogicalType(); logical != nil {
		return logical.Value
	}
	return nil
}

func unitName(unit format.TimeUnitValue) string {
	switch unit.Duration() {
	case time.Millisecond:
		return "ms"
	case time.Microsecond:
		return "us"
	}
	return "ns"
}

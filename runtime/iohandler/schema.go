package iohandler

import (
	"strings"

	"github.com/parquet-go/parquet-go"

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
			Name: strings.Join(path, "."), Type: typeName(node), Nullable: nullable, Repeated: repeated,
		})
		return
	}
	for _, field := range node.Fields() {
		appendColumns(to, append(path[:len(path):len(path)], field.Name()), field, nullable, repeated)
	}
}

// typeName names the type of a leaf column in words.
func typeName(node parquet.Node) string {
	if logical := node.Type().LogicalType(); logical != nil {
		return strings.ToLower(logical.String())
	}
	return strings.ToLower(node.Type().String())
}

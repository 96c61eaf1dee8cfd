// Command thirdparty prints the .proto files of others that proto/ imports,
// from the descriptors compiled into the Go modules that rivers links.
//
// The printed text therefore always says what the linked code says, and nothing
// is fetched but Go modules. Comments are not part of a descriptor and are lost.
// It must not print files of our own, nor files that nobody imports.
//
// Usage: go run ./thirdparty DIRECTORY
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/jhump/protoreflect/desc"
	"github.com/jhump/protoreflect/desc/protoprint"
	"google.golang.org/protobuf/reflect/protoregistry"

	// Linked for the descriptors they register.
	_ "buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	_ "github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv2/options"
	_ "google.golang.org/genproto/googleapis/api/annotations"
	_ "google.golang.org/genproto/googleapis/api/httpbody"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"
	_ "google.golang.org/genproto/googleapis/rpc/status"
)

// An origin says where files come from and under which license they stand.
type origin struct {
	project, license string
	files            []string
}

var origins = []origin{
	{"googleapis (Copyright Google LLC)", "Apache-2.0", []string{
		"google/api/annotations.proto",
		"google/api/field_behavior.proto",
		"google/api/http.proto",
		"google/api/httpbody.proto",
		"google/rpc/error_details.proto",
		"google/rpc/status.proto",
	}},
	{"protovalidate (Copyright Buf Technologies, Inc.)", "Apache-2.0", []string{
		"buf/validate/validate.proto",
	}},
	{"grpc-gateway (Copyright Gengo, Inc.)", "BSD-3-Clause, text in protoc-gen-openapiv2/LICENSE", []string{
		"protoc-gen-openapiv2/options/annotations.proto",
		"protoc-gen-openapiv2/options/openapiv2.proto",
	}},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: thirdparty DIRECTORY")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "thirdparty:", err)
		os.Exit(1)
	}
}

// run writes every file of every origin below dir.
func run(dir string) error {
	for _, o := range origins {
		for _, name := range o.files {
			if err := write(dir, name, o); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// write prints one registered file with a header that names its origin.
func write(dir, name string, o origin) error {
	fd, err := protoregistry.GlobalFiles.FindFileByPath(name)
	if err != nil {
		return err
	}
	d, err := desc.WrapFile(fd)
	if err != nil {
		return err
	}
	text, err := (&protoprint.Printer{Indent: "  "}).PrintProtoToString(d)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	header := fmt.Sprintf("// Printed by tools/protogen/thirdparty from a compiled descriptor; do not edit.\n// From %s.\n// License: %s.\n\n", o.project, o.license)
	return os.WriteFile(path, []byte(header+text), 0o644)
}

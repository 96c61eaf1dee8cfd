// Package openapi holds the OpenAPI document of the REST API, as generated from
// the contracts in proto/.
//
// It must never change what is generated, nor know who serves it.
package openapi

import _ "embed"

//go:embed openapi.json
var document []byte

// Document returns the document as JSON. The caller must not change it.
func Document() []byte { return document }

// Package hostv1 is the seam between the engine and user code of another process
// or language in Go: messages and service generated from host.proto, which
// documents every field.
//
// It is generated, except for this comment. It must never carry a value of an
// asset, nor a type of one programming language: values stay with the user code.
package hostv1

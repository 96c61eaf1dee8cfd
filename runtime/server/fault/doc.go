// Package fault turns errors into gRPC statuses: one code and one reason for
// each kind of failure, with details that a program can act on. HTTP codes
// follow from them in the REST gateway.
//
// It is the only place where such a mapping lives. It must never decide what is
// an error, nor let the text of an unforeseen one reach a caller.
package fault

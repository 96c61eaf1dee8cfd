// Package riversv1 is the API of rivers in Go: the messages, gRPC services and
// REST routes generated from the .proto files beside it, which document every
// field, and the conventions that all of them follow in api.proto.
//
// It is generated, except for this comment. It must never hold logic of ours:
// what a service does lives in runtime/server, and what a client does with it in
// gateway, ui and cli.
package riversv1

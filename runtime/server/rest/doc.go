// Package rest serves gRPC services as REST: JSON over HTTP/1.1, translated by
// grpc-gateway into calls of a gRPC connection, behind the checks that keep web
// pages of others and hostile bodies out.
//
//	HTTP ─▶ Guard ─▶ routes of grpc-gateway ─▶ grpc.ClientConnInterface
//
// Unsafe methods need Content-Type: application/json and an absent or same
// Origin; on loopback the Host must be a loopback one, so that no web page can
// drive what a developer runs. Streams are lines {"result": …}, ended by
// {"error": …} on failure.
//
// The package must never know what a service does, nor authenticate anybody: the
// server behind the connection does both.
package rest

// Package host is the seam between the engine and user code: the Host interface
// and the messages that cross it.
//
// The engine above the seam knows names, keys, metadata, versions, references
// and a log stream. Values stay below it, with the user's functions and IO
// handlers. Go functions in this process are one implementation, a child process
// another; programs in other languages speak the same messages.
//
// The package must never hold a Go value of an asset, import generated code, or
// know how a step is scheduled or recorded.
package host

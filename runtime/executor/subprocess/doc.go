// Package subprocess is a host.Host that carries out each step in a child process
// of the same binary, and the side of that child.
//
//	parent                            child (BIN execute-step)
//	Host.Execute ──fork, exec──────▶  Serve
//	     │◀── stdout, stderr (pipes) ──│  user code prints
//	     │◀──── socket pair, gRPC ────▶│  HostService.Execute
//
// The child speaks the contract rivers.host.v1 over one end of a socket pair. It
// has no store: stored values are asked for through the stream, so that what it
// read is known to the parent. An answer comes piece by piece, each when it is
// asked for: loops may interleave, and what nobody loops over stays in the store.
// Its standard output and error are the step's own,
// whatever writes to them.
//
// Failure. When the step is canceled the child's whole process group is killed.
// A child that ends without a result fails the attempt alone: exit codes and
// signals become the reasons of D-132. A result counts whatever becomes of the
// child after it; one that does not end by itself is killed. What a child left
// running goes with it.
//
// A child of this process's own binary is of the same build as this process, even
// if another was put in its place.
//
// The package must never write events, nor keep a child alive after its attempt.
package subprocess

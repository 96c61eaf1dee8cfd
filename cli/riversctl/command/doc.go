// Package command holds the commands that ask a code location: one struct a
// command, with the part of the API it needs, what it was told, and Run.
//
// A command never reads flags, the environment or the terminal on its own: all of
// it is given. It writes answers to its printer and says nothing when it fails but
// the error it returns.
package command

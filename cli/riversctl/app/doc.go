// Package app is the command line of riversctl: which commands there are, what
// they are told, and how their errors are said. It turns flags into commands of
// the packages beside it, and holds no work of its own.
//
// All that a process has — arguments, streams, environment, working directory,
// terminal — comes in through Env. The package never exits the process.
package app

package dev

import (
	"io"
	"log/slog"

	"rivers.io/cli/riversctl/gobuild"
	"rivers.io/cli/riversctl/project"
	"rivers.io/internal/ports"
	"rivers.io/runtime/store/driver"
)

// Config says what to run, and where.
type Config struct {
	// Target is the pipeline's main package.
	Target gobuild.Target
	// Module picks one of several repositories of the binary.
	Module string
	// Go runs the go command.
	Go gobuild.Go
	// Env is the environment of the pipeline.
	Env []string
	// StateDir is the state directory; it is made when it is missing.
	StateDir string
	// Ephemeral says that the state directory goes away at the end.
	Ephemeral bool
	// Database is the one that the pipeline writes; a file without a path means
	// rivers.db in the state directory.
	Database driver.Database
	// Pages is the same database as the pages read it.
	Pages driver.Database
	// Values is the blob store of values; empty means values in the state
	// directory.
	Values string
	// UI, GRPC and Registry are the ports of the UI with REST, of the pipeline's
	// first build and of the registry. They are on one host.
	UI, GRPC, Registry ports.Wanted
	// Out is where people read what happens.
	Out io.Writer
	// Log receives what goes wrong inside.
	Log *slog.Logger
	// NoDaemon runs the pipeline without its background loops.
	NoDaemon bool
	// Verbose lets the pipeline's own log tell all.
	Verbose bool
	// Ask puts a question to the person; nil when nobody can answer.
	Ask func(question string) (bool, error)
	// Hurry, when closed after ctx has ended, kills what still runs.
	Hurry <-chan struct{}
	// Announced, when not nil, is told once commands can find this dev.
	Announced func(project.Dev)
	// Version is the version of this program.
	Version string
}

package app

import (
	"context"
	"io"
	"path/filepath"
	"time"

	"rivers.io/cli/riversctl/contexts"
	"rivers.io/internal/argv"
)

// Env is the process that the command line runs in.
type Env struct {
	// In, Out and Err are the standard streams.
	In       io.Reader
	Out, Err io.Writer
	// Lookup reads one environment variable, and Environ lists all.
	Lookup  func(string) (string, bool)
	Environ []string
	// Dir is the working directory.
	Dir string
	// Terminal says that Out is a terminal of Width columns, and Asks that a
	// person can answer on In.
	Terminal bool
	Width    int
	Asks     bool
	// Now is the clock.
	Now func() time.Time
	// Hurry is closed by the second Ctrl-C.
	Hurry <-chan struct{}
	// Version is the version of this program, and Checkout the directory of the
	// sources it was built from, when known.
	Version, Checkout string
}

// configDir is the directory of the user's configuration; empty when there is none.
func (e Env) configDir() string {
	if dir, ok := e.Lookup("XDG_CONFIG_HOME"); ok && filepath.IsAbs(dir) {
		return dir
	}
	if home, ok := e.Lookup("HOME"); ok && home != "" {
		return filepath.Join(home, ".config")
	}
	return ""
}

func (e Env) contexts() contexts.File {
	dir := e.configDir()
	if dir == "" {
		return ""
	}
	return contexts.File(filepath.Join(dir, "rivers", "contexts.json"))
}

// Run carries out one command line, args[0] being the program's name, and returns
// the exit code. Errors are written to Err.
func Run(ctx context.Context, e Env, args []string) int {
	a := New(e)
	a.Metadata = map[string]any{writtenKey: args}
	err := a.RunContext(ctx, argv.Intersperse(a, args))
	return report(e.Err, err)
}

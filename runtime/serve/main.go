package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"

	"rivers.io/internal/argv"
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/store"
)

// Exit codes of a pipeline's binary.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitUnreachable = 3
)

// Main runs the pipeline's command line and exits. With several repositories
// the flag --module picks one.
func Main(repositories ...*rivers.Repository) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, exitOnNextSignal)
	app := &program{repositories: repositories, out: os.Stdout, err: os.Stderr, env: os.LookupEnv}
	code := app.run(ctx, os.Args)
	stop()
	os.Exit(code)
}

// exitOnNextSignal ends the process at once when it is told a second time, whatever
// it is doing.
func exitOnNextSignal() {
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	<-again
	fmt.Fprintln(os.Stderr, "second signal: exit at once")
	os.Exit(exitFailed)
}

// program is one invocation of the binary.
type program struct {
	repositories []*rivers.Repository
	out, err     io.Writer
	env          func(string) (string, bool)
}

// failure carries an exit code; its text was not yet printed.
type failure struct {
	error
	code int
}

// Unwrap returns the cause.
func (f failure) Unwrap() error { return f.error }

func usage(format string, args ...any) error { return failure{fmt.Errorf(format, args...), exitUsage} }

func unreachable(err error) error { return failure{err, exitUnreachable} }

func (p *program) run(ctx context.Context, args []string) int {
	app := &cli.App{
		Name:            filepath.Base(args[0]),
		Usage:           "a rivers code location",
		HideHelpCommand: true,
		Writer:          p.out,
		ErrWriter:       p.err,
		ExitErrHandler:  func(*cli.Context, error) {},
		OnUsageError:    func(_ *cli.Context, err error, _ bool) error { return usage("%w", err) },
		Commands: []*cli.Command{
			p.serveCommand(), p.materializeCommand(), p.describeCommand(), p.validateCommand(), p.executeStepCommand(),
		},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usage("unknown command %q; this binary has serve, materialize, describe and validate", c.Args().First())
			}
			return cli.ShowAppHelp(c)
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = app.OnUsageError
	}
	err := app.RunContext(ctx, argv.Intersperse(app, args))
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(p.err, "error:", err)
	var f failure
	switch {
	case errors.As(err, &f):
		return f.code
	case errors.Is(err, store.ErrSchema):
		return exitUnreachable // refused at the start, or drained since the schema rose (S-161)
	}
	return exitFailed
}

func moduleFlag() cli.Flag {
	return &cli.StringFlag{Name: "module", Usage: "which of the binary's repositories; omitted when there is one"}
}

// repository returns the one that --module names.
func (p *program) repository(c *cli.Context) (*rivers.Repository, error) {
	name := p.option(c, "module", "RIVERS_MODULE")
	if len(p.repositories) == 0 {
		return nil, usage("this binary has no repository: pass one to serve.Main")
	}
	if name == "" && len(p.repositories) == 1 {
		return p.repositories[0], nil
	}
	i := slices.IndexFunc(p.repositories, func(r *rivers.Repository) bool { return r.Name() == name })
	if i >= 0 {
		return p.repositories[i], nil
	}
	var names []string
	for _, r := range p.repositories {
		names = append(names, r.Name())
	}
	if name == "" {
		return nil, usage("this binary has several repositories; pick one with --module: %s", strings.Join(names, ", "))
	}
	return nil, usage("no repository %q in this binary; it has %s", name, strings.Join(names, ", "))
}

// option returns a flag, else an environment variable that is not empty, else
// the flag's default.
func (p *program) option(c *cli.Context, flag, variable string) string {
	if !c.IsSet(flag) {
		if v, ok := p.env(variable); ok && v != "" {
			return v
		}
	}
	return c.String(flag)
}

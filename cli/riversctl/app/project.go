package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/gobuild"
	"rivers.io/cli/riversctl/output"
	"rivers.io/cli/riversctl/project"
	"rivers.io/cli/riversctl/settings"
)

func stateDirFlag() cli.Flag {
	return &cli.StringFlag{Name: "state-dir", Usage: "the state `DIRECTORY`; by default .rivers in the directory of the pipeline's go.mod"}
}

func moduleFlag() cli.Flag {
	return &cli.StringFlag{Name: "module", Usage: "which of the binary's `REPOSITORIES`; not needed when there is one"}
}

// settings finds the settings for the working directory.
func (p *program) settings() (settings.Values, error) {
	s, err := settings.Load(p.env.Dir, p.env.Lookup)
	return s, asUsage(err)
}

// abs makes a path absolute against the working directory.
func (p *program) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(p.env.Dir, path)
}

func (p *program) goCommand() gobuild.Go { return gobuild.Go{Env: p.env.Environ} }

// pipeline resolves the main package that the only argument, or module.path, names.
func (p *program) pipeline(ctx context.Context, c *cli.Context) (gobuild.Target, error) {
	if err := arguments(c, 0, 1); err != nil {
		return gobuild.Target{}, err
	}
	path := c.Args().First()
	if path == "" {
		set, err := p.settings()
		if err != nil {
			return gobuild.Target{}, err
		}
		path = set["module.path"].Text
	}
	t, err := p.goCommand().Resolve(ctx, p.abs(path))
	return t, asUsage(err)
}

// stateDir is the state directory that the flag names, or that of the nearest
// project around dir.
func (p *program) stateDir(c *cli.Context, dir string) (string, error) {
	if given := c.String("state-dir"); given != "" {
		return p.abs(given), nil
	}
	for at := dir; ; at = filepath.Dir(at) {
		state := filepath.Join(at, project.DirName)
		if info, err := os.Stat(state); err == nil && info.IsDir() {
			return state, nil
		}
		if at == filepath.Dir(at) {
			return "", exit.Unreachablef("no state directory %s in %s or above it: name one with --state-dir, or the database with --storage-path", project.DirName, dir)
		}
	}
}

func (p *program) validateCommand() *cli.Command {
	return &cli.Command{
		Name: "validate", Usage: "check the declarations of a pipeline, without running it", ArgsUsage: "[PATH]",
		Description: "Builds the pipeline and asks its binary. Every problem is printed, one a line, with the source line of the declaration; the exit code is 1 when there is one. PATH is the directory of the main package, by default module.path. JSON is an object with package and problems.",
		Flags:       []cli.Flag{moduleFlag(), outputFlag(formats)},
		Action:      p.validate,
	}
}

func (p *program) validate(c *cli.Context) error {
	t, err := p.pipeline(c.Context, c)
	if err != nil {
		return err
	}
	out, err := p.printer(c)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "rivers-validate-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // in the directory of temporary files
	bin, err := p.goCommand().Build(c.Context, t, dir)
	var broken *gobuild.Error
	if errors.As(err, &broken) && out.Format != output.Table {
		return problems(out, t.ImportPath, broken.Text)
	}
	if errors.As(err, &broken) {
		if _, err := fmt.Fprintln(p.env.Err, broken.Text); err != nil {
			return err
		}
		return fmt.Errorf("%s does not build", t.ImportPath)
	}
	if err != nil {
		return err
	}
	args := []string{"validate"}
	if m := c.String("module"); m != "" {
		args = append(args, "--module", m)
	}
	cmd := exec.CommandContext(c.Context, bin.Path, args...)
	if out.Format == output.Table {
		return p.pass(c.Context, cmd, t.Dir)
	}
	var said bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stderr = t.Dir, p.env.Environ, &said
	err = cmd.Run()
	var exited *exec.ExitError
	switch {
	case c.Context.Err() != nil:
		return c.Context.Err()
	case errors.As(err, &exited) && exited.ExitCode() != exit.Failed:
		_, _ = p.env.Err.Write(said.Bytes())
		return exit.Silent(exited.ExitCode())
	case err != nil && exited == nil:
		return err
	}
	_, text, _ := strings.Cut(said.String(), "\n") // the first line says that there are problems
	return problems(out, t.ImportPath, text)
}

// problems prints the lines of text for programs, and fails when there are any.
func problems(out output.Printer, pkg, text string) error {
	names, list := []string{}, []any{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			names, list = append(names, line), append(list, line)
		}
	}
	err := answer(out, map[string]any{"package": pkg, "problems": list}, names, nil)
	if err == nil && len(names) > 0 {
		err = exit.Silent(exit.Failed)
	}
	return err
}

// pass runs a program in our place: its output and its exit code are ours.
func (p *program) pass(ctx context.Context, cmd *exec.Cmd, dir string) error {
	cmd.Dir, cmd.Env = dir, p.env.Environ
	cmd.Stdout, cmd.Stderr = p.env.Out, p.env.Err
	err := cmd.Run()
	var exited *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &exited) && exited.ExitCode() > 0:
		return exit.Silent(exited.ExitCode())
	default:
		return err
	}
}

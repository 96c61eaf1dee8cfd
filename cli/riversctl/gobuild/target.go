package gobuild

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Go runs the go command.
type Go struct {
	// Command is the path or name of the go command; empty means "go".
	Command string
	// Env is the whole environment of the command.
	Env []string
}

// Target is the main package of a pipeline.
type Target struct {
	// Dir is the absolute directory of the package.
	Dir string
	// ImportPath is its import path.
	ImportPath string
	// ModuleDir is the directory of the module's go.mod.
	ModuleDir string
}

// Base is the last element of the package's directory, for file names.
func (t Target) Base() string { return filepath.Base(t.Dir) }

// Resolve finds the one main package that path names: a directory, or a directory
// followed by "/...". The error says what is wrong with the path and what to give
// instead.
func (g Go) Resolve(ctx context.Context, path string) (Target, error) {
	dir, pattern := path, "."
	if base, ok := strings.CutSuffix(path, "..."); ok {
		dir, pattern = filepath.Clean("./"+base), "./..."
		if filepath.IsAbs(base) {
			dir = filepath.Clean(base)
		}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Target{}, err
	}
	info, err := os.Stat(abs)
	switch {
	case err != nil:
		return Target{}, fmt.Errorf("pipeline %s: %w", path, err)
	case !info.IsDir():
		return Target{}, fmt.Errorf("pipeline %s is a file: give the directory of its main package", path)
	}
	found, err := g.list(ctx, abs, pattern)
	if err != nil {
		return Target{}, fmt.Errorf("pipeline %s: %w", path, err)
	}
	return pick(path, found)
}

type listed struct {
	Dir, ImportPath, Name string
	Standard              bool
	EmbedFiles            []string
	EmbedPatterns         []string
	Module                *module
	Error                 *struct{ Err string }
}

type module struct {
	Dir, Version string
	Main         bool
	Replace      *module
}

// local reports whether the module is edited on this machine.
func (m *module) local() bool {
	return m != nil && (m.Main || m.Replace != nil && m.Replace.Version == "")
}

func pick(path string, found []listed) (Target, error) {
	var mains []listed
	for _, p := range found {
		if p.Name == "main" {
			mains = append(mains, p)
		}
	}
	switch {
	case len(mains) == 1:
		return target(mains[0])
	case len(mains) > 1:
		dirs := make([]string, len(mains))
		for i, p := range mains {
			dirs[i] = p.Dir
		}
		return Target{}, fmt.Errorf("pipeline %s has %d main packages, choose one: %s", path, len(mains), strings.Join(dirs, ", "))
	case len(found) == 1 && found[0].Name != "":
		return Target{}, fmt.Errorf("pipeline %s is package %s, not package main: give the directory of the program, or %s/... to search below it",
			path, found[0].Name, strings.TrimRight(path, "/"))
	case len(found) == 1 && found[0].Error != nil:
		return Target{}, fmt.Errorf("pipeline %s: %s", path, strings.TrimSpace(found[0].Error.Err))
	default:
		return Target{}, fmt.Errorf("pipeline %s holds no Go program: `riversctl init DIR` writes one", path)
	}
}

func target(p listed) (Target, error) {
	t := Target{Dir: p.Dir, ImportPath: p.ImportPath, ModuleDir: p.Dir}
	if p.Module != nil && p.Module.Dir != "" {
		t.ModuleDir = p.Module.Dir
	}
	return t, nil
}

// fields are what list reads of a package.
const fields = "-json=Dir,ImportPath,Name,Standard,EmbedFiles,EmbedPatterns,Module,Error"

func (g Go) list(ctx context.Context, dir string, args ...string) ([]listed, error) {
	out, err := g.run(ctx, dir, append([]string{"list", "-e", fields}, args...)...)
	if err != nil {
		return nil, err
	}
	var found []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the answer of go list: %w", err)
		}
		found = append(found, p)
	}
}

// run returns what the go command printed, or an error with what it complained of.
func (g Go) run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := g.command(ctx, dir, args...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return nil, explain(err, complaints.String())
	}
	return out.Bytes(), nil
}

func (g Go) command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	name := g.Command
	if name == "" {
		name = "go"
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = slices.Concat(g.Env, []string{"PWD=" + dir})
	return cmd
}

func explain(err error, complaints string) error {
	complaints = strings.TrimSpace(complaints)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("the go command is not in PATH: install Go 1.26 or newer (https://go.dev/dl)")
	case strings.Contains(complaints, "go.mod file not found"):
		return errors.New("it is not inside a Go module: `riversctl init DIR` writes one, or run `go mod init` there")
	case complaints != "":
		return errors.New(complaints)
	default:
		return fmt.Errorf("the go command: %w", err)
	}
}

// Package scaffold writes the first files of a new pipeline: a module with one
// asset, one test and a main. It writes into an empty directory only, and never
// overwrites; only a made-up pipeline, which nobody edits, is written over.
package scaffold

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"rivers.io/cli/riversctl/gobuild"
)

//go:embed templates
var templates embed.FS

// files maps each file to its template.
var files = map[string]string{
	"main.go":        "main.go.tmpl",
	"assets.go":      "assets.go.tmpl",
	"assets_test.go": "assets_test.go.tmpl",
	"README.md":      "README.md.tmpl",
	".gitignore":     "gitignore.tmpl",
}

// Pipeline says what to write.
type Pipeline struct {
	// Dir is the directory, which must be empty or absent.
	Dir string
	// Module is the module path; empty makes one of the directory's name.
	Module string
	// Rivers is where the module of rivers comes from.
	Rivers Source
	// Go runs the go command.
	Go gobuild.Go
}

// Result says what was written.
type Result struct {
	// Module is the module path, and Name the name of the code location.
	Module, Name string
	// Untidy is why `go mod tidy` failed although the pipeline builds; nil when it
	// was tidied.
	Untidy error
}

// Write writes the pipeline and makes sure that it and its test compile.
func Write(ctx context.Context, p Pipeline) (Result, error) {
	dir, err := filepath.Abs(p.Dir)
	if err != nil {
		return Result{}, err
	}
	r := Result{Module: p.Module, Name: locationName(filepath.Base(dir))}
	if r.Module == "" {
		r.Module = "example.com/" + r.Name
	}
	if err := checkModule(r.Module); err != nil {
		return r, err
	}
	if p.Module != "" {
		r.Name = locationName(path.Base(p.Module))
	}
	if err := claim(dir); err != nil {
		return r, err
	}
	if err := p.write(dir, r); err != nil {
		return r, err
	}
	return p.tidy(ctx, dir, r)
}

// claim makes the directory, or checks that it is empty.
func claim(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.MkdirAll(dir, 0o755)
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%s is not empty (it has %s): give a new directory", dir, entries[0].Name())
	}
	return nil
}

func (p Pipeline) write(dir string, r Result) error {
	for name, source := range files {
		t, err := template.ParseFS(templates, "templates/"+source)
		if err != nil {
			return err
		}
		var text bytes.Buffer
		if err := t.Execute(&text, map[string]string{"Name": r.Name, "Command": path.Base(r.Module)}); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return p.Rivers.write(dir, r.Module)
}

// tidy reduces go.mod to what is needed: as `go mod tidy` does, then past modules
// that cannot be had, then not at all. The first that leaves a pipeline which builds
// is kept: without a network what was written builds where every module is at hand.
func (p Pipeline) tidy(ctx context.Context, dir string, r Result) (Result, error) {
	written, err := keep(dir)
	if err != nil {
		return r, err
	}
	var broken error
	for _, tidy := range []func(context.Context, string) error{p.Go.Tidy, p.Go.TidyPast} {
		if err := tidy(ctx, dir); err != nil {
			r.Untidy = err
			continue
		}
		if broken = p.Go.Vet(ctx, dir); broken == nil {
			r.Untidy = nil
			return r, nil
		}
	}
	if err := written.restore(dir); err != nil {
		return r, err
	}
	if broken = p.Go.Vet(ctx, dir); broken != nil {
		return r, fmt.Errorf("%s was written, but does not build: %w", dir, errors.Join(broken, untidy(r.Untidy)))
	}
	return r, nil
}

// modFiles are the contents of go.mod and go.sum; nil where there is no file.
type modFiles map[string][]byte

func keep(dir string) (modFiles, error) {
	kept := modFiles{}
	for _, name := range []string{"go.mod", "go.sum"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		kept[name] = raw
	}
	return kept, nil
}

func (m modFiles) restore(dir string) error {
	for name, raw := range m {
		if raw == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func untidy(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("go mod tidy: %w", err)
}

var notName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// locationName makes a name of a code location out of a directory's name.
func locationName(base string) string {
	name := strings.ToLower(strings.Trim(notName.ReplaceAllString(base, "-"), "-"))
	if name == "" {
		return "pipeline"
	}
	return name
}

var modulePath = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9._~]*[A-Za-z0-9_~])?(/[A-Za-z0-9]([-A-Za-z0-9._~]*[A-Za-z0-9_~])?)*$`)

func checkModule(name string) error {
	if !modulePath.MatchString(name) {
		return fmt.Errorf("%q is no module path: write one like example.com/pipeline", name)
	}
	if name == RiversModule || slices.Contains(strings.Split(name, "/"), "internal") {
		return fmt.Errorf("module path %q is taken", name)
	}
	return nil
}

package scaffold

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// RiversModule is the module that a pipeline needs.
const RiversModule = "rivers.io"

// Source is where the module of rivers comes from: a checkout, or a released
// version.
type Source struct {
	// Checkout is the directory of a checkout; empty takes Version.
	Checkout string
	// Version is a released version.
	Version string
}

// goVersion is the version of the language that a pipeline is written in.
const goVersion = "1.26.0"

// module writes the go.mod of a pipeline, and with a checkout the go.sum that its
// requirements need.
func (s Source) module(name string) (mod string, sum []byte, err error) {
	head := fmt.Sprintf("module %s\n\ngo %s\n\n", name, goVersion)
	if s.Checkout == "" {
		return head + fmt.Sprintf("require %s %s\n", RiversModule, s.Version), nil, nil
	}
	require, err := requirements(filepath.Join(s.Checkout, "go.mod"))
	if err != nil {
		return "", nil, err
	}
	if sum, err = os.ReadFile(filepath.Join(s.Checkout, "go.sum")); err != nil {
		return "", nil, err
	}
	mod = head + fmt.Sprintf("require %s v0.0.0\n\n// Until rivers has a release.\nreplace %[1]s => %s\n\n", RiversModule, quoted(s.Checkout))
	return mod + require, sum, nil
}

// write writes the go.mod of a pipeline, and with a checkout its go.sum.
func (s Source) write(dir, module string) error {
	mod, sum, err := s.module(module)
	if err != nil {
		return err
	}
	if sum != nil {
		if err := os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o644)
}

// quoted writes a path as go.mod wants it.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t\"'`,()[]{}") {
		return "\"" + path + "\""
	}
	return path
}

// requirements copies the require directives of a go.mod, all as indirect ones: the
// same versions, so that nothing has to be looked up.
func requirements(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("require (\n")
	inside := false
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		one, single := strings.CutPrefix(line, "require ")
		switch {
		case line == "require (":
			inside = true
		case line == ")":
			inside = false
		case inside && line != "", single:
			if single {
				line = one
			}
			fmt.Fprintf(&b, "\t%s // indirect\n", strings.TrimSpace(strings.Split(line, "//")[0]))
		}
	}
	b.WriteString(")\n")
	return b.String(), nil
}

// FindCheckout returns the first of the candidates that is a checkout of rivers,
// looking upwards from each. Empty candidates are passed over.
func FindCheckout(candidates ...string) (string, error) {
	for _, dir := range candidates {
		if dir == "" {
			continue
		}
		abs, err := filepath.Abs(dir)
		if err != nil {
			return "", err
		}
		for at := abs; ; at = filepath.Dir(at) {
			if isCheckout(at) {
				return at, nil
			}
			if at == filepath.Dir(at) {
				break
			}
		}
	}
	return "", errors.New("no checkout of rivers was found: name one with --rivers-dir")
}

func isCheckout(dir string) bool {
	raw, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(raw)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return strings.TrimSpace(name) == RiversModule
		}
	}
	return false
}

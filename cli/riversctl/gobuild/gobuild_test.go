package gobuild_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"rivers.io/cli/riversctl/gobuild"
)

const layout = `
-- go.mod --
module example.test/p
go 1.26
-- main.go --
package main
import ("example.test/p/part"; _ "embed")
//go:embed data/a.txt
var a string
func main() { println(part.Name, a) }
-- data/a.txt --
hello
-- part/part.go --
package part
const Name = "part"
-- lib/lib.go --
package lib
-- cmd/one/main.go --
package main
func main() {}
-- cmd/two/main.go --
package main
func main() {}
-- empty/readme.txt --
nothing to see
`

func setup(t *testing.T) (gobuild.Go, string) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range txtar.Parse([]byte(layout)).Files {
		write(t, filepath.Join(dir, f.Name), string(f.Data))
	}
	return gobuild.Go{Env: append(os.Environ(), "GOWORK=off")}, dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestResolve(t *testing.T) {
	g, dir := setup(t)
	outside := t.TempDir()
	write(t, filepath.Join(outside, "main.go"), "package main\nfunc main() {}\n")
	for _, test := range []struct {
		reason, path, want, err string
	}{
		{"a directory with a program", dir, dir, ""},
		{"a pattern with one program below it", filepath.Join(dir, "cmd/one") + "/...", filepath.Join(dir, "cmd/one"), ""},
		{"two programs are ambiguous, and named", filepath.Join(dir, "cmd") + "/...", "", "cmd/one, "},
		{"a library cannot run", filepath.Join(dir, "lib"), "", "package lib, not package main"},
		{"a directory without Go", filepath.Join(dir, "empty"), "", "no Go files"},
		{"a directory that does not exist", filepath.Join(dir, "nope"), "", "no such file"},
		{"a file", filepath.Join(dir, "main.go"), "", "is a file"},
		{"no module around", outside, "", "not inside a Go module"},
	} {
		got, err := g.Resolve(t.Context(), test.path)
		switch {
		case test.err == "" && err != nil:
			t.Errorf("%s: %v", test.reason, err)
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%s: error %v, want %q in it", test.reason, err, test.err)
		case got.Dir != test.want:
			t.Errorf("%s: found %q, want %q", test.reason, got.Dir, test.want)
		}
	}
}

func TestMissingGo(t *testing.T) {
	g, dir := setup(t)
	g.Command = "go-that-is-not-there"
	if _, err := g.Resolve(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "install Go") {
		t.Errorf("Resolve without go = %v", err)
	}
}

func TestBuild(t *testing.T) {
	g, dir := setup(t)
	target, err := g.Resolve(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	first, err := g.Build(t.Context(), target, out)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "part/part.go"), "package part\n\nconst Name = \"part\" // the same\n")
	same, err := g.Build(t.Context(), target, out)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "data/a.txt"), "other")
	other, err := g.Build(t.Context(), target, out)
	if err != nil {
		t.Fatal(err)
	}
	if first == other || first.ID == other.ID {
		t.Errorf("an embedded file changed and the build did not: %v", other)
	}
	_ = same // line numbers are part of a binary: it may or may not differ

	write(t, filepath.Join(dir, "part/part.go"), "package part\nconst Name = 1 +\n")
	_, err = g.Build(t.Context(), target, out)
	var broken *gobuild.Error
	if !errors.As(err, &broken) || !strings.Contains(broken.Text, "part.go:") {
		t.Errorf("Build of broken sources = %v, want an Error naming the line", err)
	}
	if _, err := os.Stat(other.Path); err != nil {
		t.Errorf("a failed build took the last good one away: %v", err)
	}
}

func TestSources(t *testing.T) {
	g, dir := setup(t)
	other := t.TempDir()
	write(t, filepath.Join(other, "go.mod"), "module example.test/other\ngo 1.26\n")
	write(t, filepath.Join(other, "other.go"), "package other\n")
	write(t, filepath.Join(dir, "go.mod"),
		"module example.test/p\ngo 1.26\nrequire example.test/other v0.0.0\nreplace example.test/other => "+other+"\n")
	write(t, filepath.Join(dir, "part/part.go"), "package part\nimport _ \"example.test/other\"\nconst Name = \"part\"\n")
	target, err := g.Resolve(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := g.Sources(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{dir, filepath.Join(dir, "part"), other} {
		if !slices.Contains(got.Code, want) {
			t.Errorf("Sources.Code misses %s: %v", want, got.Code)
		}
	}
	if !slices.Contains(got.Data, filepath.Join(dir, "data")) {
		t.Errorf("Sources.Data misses the embedded directory: %v", got.Data)
	}
	if slices.Contains(got.Code, filepath.Join(dir, "lib")) {
		t.Errorf("Sources lists a package that the program does not use: %v", got.Code)
	}
}

package rivers_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const prelude = `package p

import (
	"iter"

	"rivers.io/runtime/rivers"
)

type flight struct{ Carrier string }

var (
	_ iter.Seq[int]
	flights = rivers.NewAsset("flights", func(*rivers.Context) ([]flight, error) { return nil, nil })
	count   = rivers.NewAsset("count", func(*rivers.Context) (int, error) { return 0, nil })
	stored  = rivers.NewAsset("stored", func(*rivers.Context) (rivers.Materialization, error) { return rivers.Materialization{}, nil })
	config  = rivers.NewConfig(struct{ Limit int }{})
)

var a = `

// compiled imports packages as the go command compiled them.
func compiled(t *testing.T, fset *token.FileSet) types.Importer {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}", ".")
	list.Stderr = t.Output()
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		files[path] = file
	}
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
		file, ok := files[path]
		if !ok {
			return nil, fmt.Errorf("%s is not among the dependencies", path)
		}
		return os.Open(file)
	})
}

// TestFirstScreen compiles the pipeline of the package's documentation, all but
// the line that runs it.
func TestFirstScreen(t *testing.T) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	_, code, ok := strings.Cut(file.Doc.Text(), "\tpackage main")
	code, _, ended := strings.Cut("package main"+code, "and run by")
	if !ok || !ended {
		t.Fatal("doc.go has no pipeline")
	}
	if lines := strings.Count(code, "\n"); lines > 30 {
		t.Errorf("the first screen has %d lines", lines)
	}
	code = strings.Replace(code, `"rivers.io/runtime/serve"`, "", 1)
	code = strings.Replace(code, "serve.Main(", "use(", 1) + "\nfunc use(*rivers.Repository) {}\n"
	pipeline, err := parser.ParseFile(fset, "pipeline.go", code, 0)
	if err != nil {
		t.Fatal(err)
	}
	conf := types.Config{Importer: compiled(t, fset)}
	if _, err := conf.Check("main", fset, []*ast.File{pipeline}, nil); err != nil {
		t.Error(err)
	}
}

// TestCompiler shows which wiring the compiler refuses, and that what it should
// accept needs no type arguments.
func TestCompiler(t *testing.T) {
	fset := token.NewFileSet()
	from := compiled(t, fset)
	for _, c := range []struct {
		why, code string
		// refused is part of the compiler's message; empty means that it compiles.
		refused string
	}{
		{"an input as it is", `rivers.NewAsset1("x", flights, func(_ *rivers.Context, f []flight) (int, error) { return len(f), nil })`, ""},
		{"all partitions", `rivers.NewAsset1("x", flights.All(), func(_ *rivers.Context, f iter.Seq2[rivers.Key, []flight]) (int, error) { return 0, nil })`, ""},
		{"complete", `rivers.NewAsset1("x", rivers.Complete(flights.All()), func(_ *rivers.Context, f iter.Seq2[rivers.Key, []flight]) (int, error) { return 0, nil })`, ""},
		{"optional", `rivers.NewAsset1("x", rivers.Optional(count.Offset(-1)), func(_ *rivers.Context, n *int) (int, error) { return 0, nil })`, ""},
		{"optional of all", `rivers.NewAsset1("x", rivers.Optional(count.All()), func(_ *rivers.Context, n *iter.Seq2[rivers.Key, int]) (int, error) { return 0, nil })`, ""},
		{"two inputs", `rivers.NewAsset2("x", flights, count, func(_ *rivers.Context, f []flight, n int) (string, error) { return "", nil })`, ""},
		{"an output", `rivers.NewAsset("x", func(ctx *rivers.Context) (int, error) { return rivers.Output[int]{Value: 1}.Return(ctx) })`, ""},
		{"uses", `rivers.NewAsset("x", func(ctx *rivers.Context) (int, error) { return rivers.Get(ctx, count) }, rivers.Uses(config, count, flights.All()))`, ""},
		{"after", `rivers.NewAsset("x", func(ctx *rivers.Context) (int, error) { return 0, nil }, rivers.After(stored, flights.All()))`, ""},

		{"an input of another type", `rivers.NewAsset1("x", flights, func(_ *rivers.Context, n int) (int, error) { return n, nil })`, "type"},
		{"all where one is meant", `rivers.NewAsset1("x", flights.All(), func(_ *rivers.Context, f []flight) (int, error) { return 0, nil })`, "type"},
		{"one where all is meant", `rivers.NewAsset1("x", flights, func(_ *rivers.Context, f iter.Seq2[rivers.Key, []flight]) (int, error) { return 0, nil })`, "type"},
		{"optional without a pointer", `rivers.NewAsset1("x", rivers.Optional(count), func(_ *rivers.Context, n int) (int, error) { return n, nil })`, "type"},
		{"inputs in the wrong order", `rivers.NewAsset2("x", count, flights, func(_ *rivers.Context, f []flight, n int) (int, error) { return n, nil })`, "type"},
		{"a parameter too many", `rivers.NewAsset1("x", count, func(_ *rivers.Context, n, m int) (int, error) { return n, nil })`, "func"},
		{"a function without error", `rivers.NewAsset("x", func(*rivers.Context) int { return 1 })`, "func"},
		{"complete of one value", `rivers.Complete(count)`, "type"},
		{"an output that is not returned", `rivers.NewAsset1("x", count, func(ctx *rivers.Context, n int) (int, error) { return rivers.Output[int]{Value: n}, nil })`, "Output"},
		{"an output of another type", `rivers.NewAsset("x", func(ctx *rivers.Context) (string, error) { return rivers.Output[int]{Value: 1}.Return(ctx) })`, "Return"},
		{"get of another type", `rivers.NewAsset("x", func(ctx *rivers.Context) (string, error) { return rivers.Get(ctx, count) })`, "rivers.Get"},
		{"a config of another type", `rivers.NewAsset("x", func(ctx *rivers.Context) (string, error) { return config.Get(ctx), nil })`, "config.Get"},
		{"an input of one's own making", `rivers.NewAsset1("x", struct{}{}, func(_ *rivers.Context, n int) (int, error) { return n, nil })`, "Input"},
		{"no asset", `rivers.Assets(1)`, "Declared"},
	} {
		t.Run(c.why, func(t *testing.T) {
			file, err := parser.ParseFile(fset, "snippet.go", prelude+c.code, 0)
			if err != nil {
				t.Fatal(err)
			}
			conf := types.Config{Importer: from}
			_, err = conf.Check("p", fset, []*ast.File{file}, nil)
			switch {
			case c.refused == "" && err != nil:
				t.Errorf("does not compile: %v", err)
			case c.refused != "" && err == nil:
				t.Error("compiles")
			case c.refused != "" && !strings.Contains(err.Error(), c.refused):
				t.Errorf("refused for another reason than %q: %v", c.refused, err)
			}
		})
	}
}

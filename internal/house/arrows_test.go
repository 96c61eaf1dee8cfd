package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rivers.io/internal/house"
)

// TestArrows holds every import between packages of the module against the table.
func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		from, ok := house.ComponentOf(p.path())
		if !ok {
			t.Errorf("%s belongs to no component: add it to Components", p.ImportPath)
			continue
		}
		for _, imp := range strangers(p.Imports, from.MayImport) {
			t.Errorf("%s may not import %s: component %s imports only %v", p.ImportPath, imp, from.Path, from.Imports)
		}
		tests := slices.Concat(p.TestImports, p.XTestImports)
		for _, imp := range strangers(tests, from.TestsMayImport) {
			t.Errorf("tests of %s may not import %s: component %s allows them only %v and %v",
				p.ImportPath, imp, from.Path, from.Imports, from.Tests)
		}
	}
}

// strangers returns the imports of our own that belong to no component or to
// one that is not allowed.
func strangers(imports []string, allowed func(house.Component) bool) []string {
	var bad []string
	for _, imp := range imports {
		path, ours := strings.CutPrefix(imp, house.Module+"/")
		if !ours {
			continue
		}
		if to, ok := house.ComponentOf(path); !ok || !allowed(to) {
			bad = append(bad, imp)
		}
	}
	return bad
}

// TestPureImports holds the pure core away from network, files and stores.
func TestPureImports(t *testing.T) {
	for _, p := range packages(t) {
		if c, ok := house.ComponentOf(p.path()); !ok || !c.Pure {
			continue
		}
		for _, imp := range p.Imports {
			if house.MatchesAny(imp, house.ImpureImports) {
				t.Errorf("%s is pure and may not import %s", p.ImportPath, imp)
			}
		}
	}
}

// TestPureClock finds calls that read or wait for the clock in the pure core.
func TestPureClock(t *testing.T) {
	for _, p := range packages(t) {
		if c, ok := house.ComponentOf(p.path()); !ok || !c.Pure {
			continue
		}
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Error(err)
				continue
			}
			for _, use := range clockUses(file) {
				t.Errorf("%s: a pure package is told the time, it may not use %s", fset.Position(use.pos), use.name)
			}
		}
	}
}

// A use is one mention of a forbidden function.
type use struct {
	pos  token.Pos
	name string
}

// clockUses finds each mention of a function of house.ClockCalls.
func clockUses(file *ast.File) []use {
	names := map[string]string{} // local name → import path
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		name := path
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if _, ok := house.ClockCalls[path]; ok {
			names[name] = path
		}
	}
	var uses []use
	ast.Inspect(file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := sel.X.(*ast.Ident)
		if !ok {
			return true
		}
		path, ok := names[x.Name]
		if ok && slices.Contains(house.ClockCalls[path], sel.Sel.Name) {
			uses = append(uses, use{sel.Pos(), path + "." + sel.Sel.Name})
		}
		return true
	})
	return uses
}

// TestClockUses shows that the search sees through a renamed import.
func TestClockUses(t *testing.T) {
	src := "package p\nimport (clock \"time\"; \"context\")\n" +
		"var a, b, c = clock.Now, clock.Second, context.WithTimeout\n"
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range clockUses(file) {
		got = append(got, u.name)
	}
	if want := []string{"time.Now", "context.WithTimeout"}; !slices.Equal(got, want) {
		t.Errorf("clockUses = %v, want %v", got, want)
	}
}

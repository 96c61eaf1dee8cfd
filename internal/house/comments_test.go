package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPackageComments wants one comment a package, in one hand-written file, of
// more than one sentence, beginning the way godoc expects.
func TestPackageComments(t *testing.T) {
	for _, p := range packages(t) {
		files := p.GoFiles
		if len(files) == 0 { // a package of tests only
			files = slices.Concat(p.TestGoFiles, p.XTestGoFiles)
		}
		found := map[string]string{}
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Error(err)
				continue
			}
			if text := file.Doc.Text(); text != "" && !ast.IsGenerated(file) {
				found[name] = text
			}
		}
		if len(found) != 1 {
			t.Errorf("%s has %d package comments in hand-written files, want one", p.ImportPath, len(found))
		}
		for name, text := range found {
			if problem := commentProblem(p, text); problem != "" {
				t.Errorf("%s/%s: the package comment %s", p.path(), name, problem)
			}
		}
	}
}

var sentenceEnd = regexp.MustCompile(`[.:!?]["')]*(\s|$)`)

// commentProblem says what is wrong with a package comment, or nothing.
func commentProblem(p listed, text string) string {
	want := "Package " + p.Name + " "
	if p.Name == "main" {
		want = "Command " + filepath.Base(p.Dir) + " "
	}
	if !strings.HasPrefix(text, want) {
		return "must begin with " + want
	}
	if len(sentenceEnd.FindAllString(text, -1)) < 2 {
		return "must say more than one sentence: what it is for and what it must never do"
	}
	return ""
}

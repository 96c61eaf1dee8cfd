package doctest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

// reasonful are the packages that answer errors with a reason.
var reasonful = []string{
	"runtime/server", "runtime/server/*", "gateway", "operator/registry",
}

// word is what a reason looks like.
var word = regexp.MustCompile(`^[A-Z]+(_[A-Z]+)+$|^[A-Z]{5,}$`)

// notReasons look like reasons and are none.
var notReasons = []string{"PATCH", "DELETE", "DEBUG", "ERROR", "SELECT"}

// TestReasons compares the reasons in the source with those that errors.md explains.
func TestReasons(t *testing.T) {
	used := map[string]bool{}
	for _, pattern := range reasonful {
		files, err := filepath.Glob(filepath.Join(root, pattern, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				reasons(t, file, used)
			}
		}
	}
	if len(used) < 40 {
		t.Fatalf("found only %d reasons: the search does not work any more", len(used))
	}
	explained := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\|").FindAllStringSubmatch(read(t, "docs/errors.md"), -1) {
		if explained[m[1]] {
			t.Errorf("errors.md explains %s twice", m[1])
		}
		explained[m[1]] = true
	}
	for _, reason := range slices.Sorted(maps.Keys(used)) {
		if !explained[reason] {
			t.Errorf("errors.md does not explain %s", reason)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(explained)) {
		if !used[reason] && !isCode(reason) {
			t.Errorf("errors.md explains %s, which nothing answers", reason)
		}
	}
}

// reasons adds the reasons in one file.
func reasons(t *testing.T, path string, into map[string]bool) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return true
		}
		text, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		if word.MatchString(text) && !slices.Contains(notReasons, text) && !strings.HasPrefix(text, "RIVERS_") {
			into[text] = true
		}
		return true
	})
}

// isCode reports whether a reason is the name of a gRPC code, which stands in where
// nothing nearer is known.
func isCode(reason string) bool {
	var code codes.Code
	return code.UnmarshalJSON([]byte(strconv.Quote(reason))) == nil
}

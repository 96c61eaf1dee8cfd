package doctest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	row   = regexp.MustCompile(`^\| ([DSK]-\d+) \| (.+) \| (.+) \|$`)
	where = regexp.MustCompile("`([a-z0-9_/]+)`")
	named = regexp.MustCompile(`\b(Test|Fuzz|Example)\w+|“[^”]+”`)
)

// TestSpecification looks for every package and test that a requirement names as
// its proof.
func TestSpecification(t *testing.T) {
	seen := map[string]string{}
	for _, p := range pages(t) {
		if !strings.HasPrefix(p.path, "docs/spec/") {
			continue
		}
		for _, line := range p.prose {
			m := row.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			if other := seen[m[1]]; other != "" {
				t.Errorf("%s stands in %s and in %s", m[1], other, p.path)
			}
			seen[m[1]] = p.path
			proof(t, m[1], m[3])
		}
	}
	if len(seen) < 100 {
		t.Errorf("found only %d requirements: the search does not work any more", len(seen))
	}
}

// proof checks one cell: packages, each followed by the names of tests in it, or
// by titles of cases.
func proof(t *testing.T, id, cell string) {
	t.Helper()
	places := where.FindAllStringSubmatchIndex(cell, -1)
	if len(places) == 0 {
		t.Errorf("%s names no package: %s", id, cell)
	}
	for i, at := range places {
		dir := cell[at[2]:at[3]]
		end := len(cell)
		if i+1 < len(places) {
			end = places[i+1][0]
		}
		source := sources(t, id, dir)
		for _, name := range named.FindAllString(cell[at[1]:end], -1) {
			if title, ok := strings.CutPrefix(name, "“"); ok {
				title = strings.TrimSuffix(title, "”")
				if !strings.Contains(source, `"`+title+`"`) {
					t.Errorf("%s: %s has no case %q", id, dir, title)
				}
			} else if !strings.Contains(source, "func "+name+"(") {
				t.Errorf("%s: %s has no %s", id, dir, name)
			}
		}
	}
}

// sources joins the files of a package: its tests, or all of it when it holds tests
// for others.
func sources(t *testing.T, id, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Errorf("%s names the package %s, which holds nothing", id, dir)
	}
	var all strings.Builder
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(dir, "test") {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}

package house_test

import (
	"slices"
	"strings"
	"testing"

	"rivers.io/internal/house"
)

// TestComponentsAreSound finds rows that say nothing: a doubled path, or an
// import of a component that the table does not have.
func TestComponentsAreSound(t *testing.T) {
	var paths []string
	for _, c := range house.Components {
		if slices.Contains(paths, c.Path) {
			t.Errorf("component %s stands twice", c.Path)
		}
		paths = append(paths, c.Path)
	}
	for _, c := range house.Components {
		if c.Pure && len(c.Tests) > 0 {
			t.Errorf("component %s is pure, and so must its tests be", c.Path)
		}
		for _, imp := range slices.Concat(c.Imports, c.Tests) {
			if !strings.HasSuffix(imp, "...") && !slices.Contains(paths, imp) {
				t.Errorf("component %s may import %s, which is no component", c.Path, imp)
			}
		}
	}
}

// TestArrowsPointDown finds cycles between components, whatever today's packages import.
func TestArrowsPointDown(t *testing.T) {
	state := map[string]int{} // 1 being visited, 2 done
	var visit func(c house.Component, trail []string)
	visit = func(c house.Component, trail []string) {
		trail = append(trail, c.Path)
		if state[c.Path] == 1 {
			t.Errorf("components in a cycle: %s", strings.Join(trail, " → "))
		}
		if state[c.Path] != 0 {
			return
		}
		state[c.Path] = 1
		for _, other := range house.Components {
			wild := slices.Contains(c.Imports, "...") || slices.Contains(c.Imports, "runtime/...")
			if other.Path != c.Path && !wild && c.MayImport(other) {
				visit(other, trail)
			}
		}
		state[c.Path] = 2
	}
	for _, c := range house.Components {
		visit(c, nil)
	}
}

// TestMatching fixes what the patterns of the tables mean.
func TestMatching(t *testing.T) {
	for _, tt := range []struct {
		path, pattern string
		want          bool
		why           string
	}{
		{"net", "net/...", true, "a tree includes its root"},
		{"net/http", "net/...", true, "and all below"},
		{"network", "net/...", false, "a name that merely begins alike is another"},
		{"net/http", "net", false, "a plain name is only itself"},
		{"anything", "...", true, "three dots are everything"},
	} {
		if got := house.Matches(tt.path, tt.pattern); got != tt.want {
			t.Errorf("Matches(%q, %q) = %v: %s", tt.path, tt.pattern, got, tt.why)
		}
	}
	for path, want := range map[string]string{
		"runtime/executor/inprocess":  "runtime/executor",
		"runtime/executor/subprocess": "runtime/executor/subprocess",
		"runtime/store/sqlite":        "runtime/store",
		"runtime":                     "",
	} {
		if c, _ := house.ComponentOf(path); c.Path != want {
			t.Errorf("ComponentOf(%q) = %q, want %q", path, c.Path, want)
		}
	}
}

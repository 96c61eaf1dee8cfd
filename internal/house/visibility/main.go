// Command visibility prints, as commands for buildozer, the Bazel visibility
// that follows from the house's table: a library may be used by the components
// that may import it, themselves or in their tests, and by nobody else.
//
// It reads the BUILD files below the working directory to learn which packages
// exist; it must not change any of them itself.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rivers.io/internal/house"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "visibility:", err)
		os.Exit(1)
	}
}

func run() error {
	return filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", "node_modules", "tools"}, d.Name()):
			return filepath.SkipDir
		case d.Name() != "BUILD.bazel":
			return nil
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if c, ok := house.ComponentOf(dir); ok {
			fmt.Printf("set visibility %s|//%s:%%go_library\n", strings.Join(users(c), " "), dir)
		}
		return nil
	})
}

// users lists whom the libraries of a component are visible to.
func users(c house.Component) []string {
	labels := []string{subpackages(c)}
	for _, other := range house.Components {
		if other.Path != c.Path && other.TestsMayImport(c) {
			labels = append(labels, subpackages(other))
		}
	}
	slices.Sort(labels)
	return labels
}

// subpackages is the label of a component's directory with all below it.
func subpackages(c house.Component) string {
	return "//" + c.Path + ":__subpackages__"
}

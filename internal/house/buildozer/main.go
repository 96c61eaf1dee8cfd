// Command buildozer prints, as commands for the tool of that name, what gazelle
// cannot know about the BUILD files below the working directory: whom a library
// is visible to, which follows from the house's table, and which tests are not
// hermetic.
//
// It must change no file itself, and say the same for the same tree.
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"rivers.io/internal/house"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "buildozer:", err)
		os.Exit(1)
	}
}

func run() error {
	return filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{".git", ".rivers", "node_modules", "testdata", "tools"}, d.Name()):
			return filepath.SkipDir
		case d.Name() != "BUILD.bazel":
			return nil
		}
		return describe(filepath.ToSlash(filepath.Dir(path)))
	})
}

// describe prints the commands for the package in dir.
func describe(dir string) error {
	c, ok := house.ComponentOf(dir)
	if !ok {
		return nil
	}
	fmt.Printf("set visibility %s|//%s:%%go_library\n", strings.Join(users(c), " "), dir)
	outside, err := reachesOutside(dir)
	if err != nil {
		return err
	}
	if outside || house.MatchesAny(dir, house.NotHermetic) {
		fmt.Printf("set tags manual no-sandbox|//%s:%%go_test\n", dir)
	} else {
		fmt.Printf("remove tags|//%s:%%go_test\n", dir)
	}
	return nil
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

// outside finds tests that need what Bazel's sandbox does not hold: the browser
// and the S3 server that make test brings, or commands such as go itself.
var outside = regexp.MustCompile(`RIVERS_TEST_|"rivers\.io/internal/chromium"|exec\.(LookPath|Command|CommandContext)\([^")]*"(go|git|make|bash|sh)"`)

// reachesOutside tells whether a test in dir is not hermetic.
func reachesOutside(dir string) (bool, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return false, err
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return false, err
		}
		if outside.Match(text) {
			return true, nil
		}
	}
	return false, nil
}

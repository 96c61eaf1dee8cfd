// Command modules carries the requirements of go.mod over to Bazel: it rewrites
// the use_repo list of MODULE.bazel and writes the file from which gazelle
// learns the repository of each module.
//
// Everything comes from go.mod, which must be tidy: its requirements name each
// module whose packages rivers can import. It must never ask the network.
//
// Usage: go run ./bazel/modules GO-MOD MODULE-BAZEL REPO-CONFIG
package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/bazelbuild/bazel-gazelle/label"
	"github.com/bazelbuild/buildtools/build"
	"golang.org/x/mod/modfile"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: modules GO-MOD MODULE-BAZEL REPO-CONFIG")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "modules:", err)
		os.Exit(1)
	}
}

func run(goMod, moduleBazel, repoConfig string) error {
	text, err := os.ReadFile(goMod)
	if err != nil {
		return err
	}
	mod, err := modfile.Parse(goMod, text, nil)
	if err != nil {
		return err
	}
	if err := os.WriteFile(repoConfig, repositories(mod), 0o644); err != nil {
		return err
	}
	return useRepo(moduleBazel, direct(mod))
}

// repositories is a WORKSPACE-like file with one go_repository a module.
func repositories(mod *modfile.File) []byte {
	var b strings.Builder
	for _, r := range mod.Require {
		fmt.Fprintf(&b, "go_repository(\n    name = %q,\n    importpath = %q,\n)\n",
			label.ImportPathToBazelRepoName(r.Mod.Path), r.Mod.Path)
	}
	return []byte(b.String())
}

// direct lists the repositories of the direct requirements, sorted.
func direct(mod *modfile.File) []string {
	var names []string
	for _, r := range mod.Require {
		if !r.Indirect {
			names = append(names, label.ImportPathToBazelRepoName(r.Mod.Path))
		}
	}
	slices.Sort(names)
	return names
}

// useRepo makes the use_repo(go_deps, …) call of a MODULE.bazel name exactly repos.
func useRepo(path string, repos []string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := build.ParseModule(path, text)
	if err != nil {
		return err
	}
	for _, stmt := range file.Stmt {
		call, ok := stmt.(*build.CallExpr)
		if !ok || !isUseRepo(call) {
			continue
		}
		call.List = call.List[:1]
		for _, r := range repos {
			call.List = append(call.List, &build.StringExpr{Value: r})
		}
		call.ForceMultiLine = true
		if fresh := build.Format(file); string(fresh) != string(text) {
			return os.WriteFile(path, fresh, 0o644)
		}
		return nil
	}
	return errors.New(path + " has no use_repo(go_deps, …)")
}

// isUseRepo tells whether the call is use_repo(go_deps, …).
func isUseRepo(call *build.CallExpr) bool {
	fn, ok := call.X.(*build.Ident)
	if !ok || fn.Name != "use_repo" || len(call.List) == 0 {
		return false
	}
	ext, ok := call.List[0].(*build.Ident)
	return ok && ext.Name == "go_deps"
}

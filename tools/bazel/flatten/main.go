// Command flatten turns dependencies by platform into plain lists in the BUILD
// files it is given.
//
// Gazelle writes a select over every operating system as soon as one file with a
// build constraint imports something. A library may depend on more than one
// platform's files need, and a list is what people and checkers can read. It must
// touch nothing but deps, and leave a file without selects as it is.
//
// Usage: go run ./bazel/flatten BUILD-FILE...
package main

import (
	"fmt"
	"os"
	"slices"

	"github.com/bazelbuild/buildtools/build"
)

func main() {
	for _, path := range os.Args[1:] {
		if err := flatten(path); err != nil {
			fmt.Fprintln(os.Stderr, "flatten:", err)
			os.Exit(1)
		}
	}
}

// flatten rewrites one file, if it has to change.
func flatten(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := build.ParseBuild(path, text)
	if err != nil {
		return err
	}
	for _, rule := range file.Rules("") {
		deps := rule.Attr("deps")
		if deps == nil {
			continue
		}
		if _, plain := deps.(*build.ListExpr); plain {
			continue
		}
		list := &build.ListExpr{ForceMultiLine: true}
		for _, label := range labels(deps) {
			list.List = append(list.List, &build.StringExpr{Value: label})
		}
		rule.SetAttr("deps", list)
	}
	if fresh := build.Format(file); string(fresh) != string(text) {
		return os.WriteFile(path, fresh, 0o644)
	}
	return nil
}

// labels collects what an expression of lists and selects names, sorted, once each.
func labels(e build.Expr) []string {
	var found []string
	var visit func(build.Expr)
	visit = func(e build.Expr) {
		switch e := e.(type) {
		case *build.StringExpr:
			found = append(found, e.Value)
		case *build.ListExpr:
			for _, x := range e.List {
				visit(x)
			}
		case *build.BinaryExpr:
			visit(e.X)
			visit(e.Y)
		case *build.CallExpr: // select({condition: list})
			for _, x := range e.List {
				visit(x)
			}
		case *build.DictExpr:
			for _, pair := range e.List {
				visit(pair.Value)
			}
		}
	}
	visit(e)
	slices.Sort(found)
	return slices.Compact(found)
}

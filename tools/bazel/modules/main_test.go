package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goMod = `module example.com/x

go 1.26.0

require (
	google.golang.org/grpc v1.85.0
	github.com/RoaringBitmap/roaring/v2 v2.30.0
	modernc.org/libc v1.79.0 // indirect
)
`

const moduleBazel = `module(name = "x")

go_deps = use_extension("@gazelle//:extensions.bzl", "go_deps")
use_repo(
    go_deps,
    "com_example_gone",
)
`

func TestRequirementsAreCarriedOver(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	mod, bazel, repos := file("go.mod", goMod), file("MODULE.bazel", moduleBazel), filepath.Join(dir, "WORKSPACE")
	for range 2 { // the second time changes nothing
		if err := run(mod, bazel, repos); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(bazel)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Replace(moduleBazel, "    \"com_example_gone\",\n",
			"    \"com_github_roaringbitmap_roaring_v2\",\n    \"org_golang_google_grpc\",\n", 1)
		if string(got) != want {
			t.Errorf("MODULE.bazel is\n%s\nwant\n%s", got, want)
		}
	}
	text, err := os.ReadFile(repos)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"org_golang_google_grpc", "com_github_roaringbitmap_roaring_v2", "org_modernc_libc"} {
		if !strings.Contains(string(text), name) {
			t.Errorf("gazelle is not told of %s", name)
		}
	}
}

func TestAListIsWanted(t *testing.T) {
	dir := t.TempDir()
	mod, bazel := filepath.Join(dir, "go.mod"), filepath.Join(dir, "MODULE.bazel")
	for path, text := range map[string]string{mod: goMod, bazel: "module(name = \"x\")\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(mod, bazel, filepath.Join(dir, "WORKSPACE")); err == nil || !strings.Contains(err.Error(), "no use_repo(go_deps") {
		t.Errorf("run = %v, want an error that names what is missing", err)
	}
}

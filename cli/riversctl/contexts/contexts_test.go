package contexts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/cli/riversctl/contexts"
)

func TestLife(t *testing.T) {
	f := contexts.File(filepath.Join(t.TempDir(), "rivers", "contexts.json"))
	name, _, err := f.Pick("")
	if err != nil || name != contexts.Local {
		t.Fatalf("without a file: %q, %v", name, err)
	}
	prod := contexts.Context{Server: "rivers.example:50052", TokenFile: "/t", Namespace: "data", Location: "aviation"}
	if err := f.Set("prod", prod); err != nil {
		t.Fatal(err)
	}
	if name, _, _ := f.Pick(""); name != contexts.Local {
		t.Error("setting a context must not use it")
	}
	if err := f.Use("prod"); err != nil {
		t.Fatal(err)
	}
	_, got, err := f.Pick("")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(prod, got); diff != "" {
		t.Error(diff)
	}
	if _, _, err := f.Pick("prdo"); err == nil || !strings.Contains(err.Error(), "did you mean prod?") {
		t.Errorf("Pick of a slip = %v", err)
	}
	if name, _, _ := f.Pick(contexts.Local); name != contexts.Local {
		t.Error("local must always be reachable")
	}
	if err := f.Delete("prod"); err != nil {
		t.Fatal(err)
	}
	if name, _, _ := f.Pick(""); name != contexts.Local {
		t.Error("a deleted context is still in use")
	}
	if err := f.Delete("prod"); err == nil {
		t.Error("deleted twice")
	}
	if err := f.Set(contexts.Local, prod); err == nil {
		t.Error("local was redefined")
	}
}

func TestBroken(t *testing.T) {
	f := contexts.File(filepath.Join(t.TempDir(), "contexts.json"))
	if err := os.WriteFile(string(f), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(); err == nil || !strings.Contains(err.Error(), string(f)) {
		t.Errorf("Read = %v, want the file named", err)
	}
	if err := contexts.File("").Use("x"); err == nil {
		t.Error("contexts without a home")
	}
}

package scaffold_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rivers.io/cli/riversctl/gobuild"
	"rivers.io/cli/riversctl/scaffold"
)

func TestFindCheckout(t *testing.T) {
	dir := t.TempDir()
	deep := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := scaffold.FindCheckout("", deep); err == nil || !strings.Contains(err.Error(), "--rivers-dir") {
		t.Errorf("without a checkout: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+scaffold.RiversModule+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a", "go.mod"), []byte("module example.test/inside\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := scaffold.FindCheckout("", deep); err != nil || got != dir {
		t.Errorf("FindCheckout = %q, %v; a module inside of the checkout must be passed over", got, err)
	}
}

// TestOffline writes a pipeline where tidying fails: the go command is a script that
// refuses it and passes everything else.
func TestOffline(t *testing.T) {
	checkout, err := scaffold.FindCheckout(".")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	script := "#!/bin/sh\nif [ \"$1 $2\" = \"mod tidy\" ]; then echo 'no route to host' >&2; exit 1; fi\nexec go \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "offline"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "my pipeline")
	r, err := scaffold.Write(t.Context(), scaffold.Pipeline{
		Dir: dir, Rivers: scaffold.Source{Checkout: checkout},
		Go: gobuild.Go{Command: filepath.Join(bin, "offline"), Env: append(os.Environ(), "GOWORK=off")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Untidy == nil || !strings.Contains(r.Untidy.Error(), "no route to host") {
		t.Errorf("what failed is not told: %v", r.Untidy)
	}
	if r.Name != "my-pipeline" || r.Module != "example.com/my-pipeline" {
		t.Errorf("names made of the directory: %+v", r)
	}
}

func TestBadModule(t *testing.T) {
	for _, module := range []string{"a b", "/abs", scaffold.RiversModule, "example.test/internal/x"} {
		dir := filepath.Join(t.TempDir(), "p")
		if _, err := scaffold.Write(t.Context(), scaffold.Pipeline{Dir: dir, Module: module}); err == nil {
			t.Errorf("the module %q was accepted", module)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("the module %q left a directory behind", module)
		}
	}
}

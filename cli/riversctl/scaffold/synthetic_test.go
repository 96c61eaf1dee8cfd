package scaffold_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"rivers.io/cli/riversctl/gobuild"
	"rivers.io/cli/riversctl/scaffold"
)

func TestSyntheticSize(t *testing.T) {
	for text, want := range map[string]int{
		"100": 100, "1k": 1000, "10k": 10_000, "50k": 50_000, // the named sizes
		"1": 1, "7": 7, "50000": 50_000, "3k": 3000, // any within the limits
		"": 0, "k": 0, "0": 0, "0k": 0, "-5": 0, "+5": 0, "1.5k": 0, "1K": 0, "50001": 0, "51k": 0, // none
		"99999999999999999999": 0, "4294968k": 0, // past what a number holds
	} {
		got, err := scaffold.SyntheticSize(text)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("SyntheticSize(%q) = %d, %v; want %d", text, got, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), "100, 1k, 10k, 50k") {
			t.Errorf("the error about %q does not name the sizes: %v", text, err)
		}
	}
}

// TestSyntheticPipeline builds a made-up pipeline outside of the checkout, and runs
// an asset of its end with all that it is made from.
func TestSyntheticPipeline(t *testing.T) {
	checkout, err := scaffold.FindCheckout(".")
	if err != nil {
		t.Fatal(err)
	}
	gocmd := gobuild.Go{Env: append(os.Environ(), "GOWORK=off")}
	s := scaffold.Synthetic{Dir: filepath.Join(t.TempDir(), "made up"), Assets: 60, Rivers: scaffold.Source{Checkout: checkout}, Go: gocmd}
	var dir string
	for range 2 { // the second writes over the first
		if dir, err = s.Write(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	target, err := gocmd.Resolve(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	bin, err := gocmd.Build(t.Context(), target, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var described struct {
		Name        string
		Definitions []struct{ Name string }
	}
	raw := command(t, bin.Path, "describe", "-o", "json")
	if err := json.Unmarshal(raw, &described); err != nil || described.Name != "synthetic-60" || len(described.Definitions) != 60 {
		t.Errorf("described as %q with %d assets: %v", described.Name, len(described.Definitions), err)
	}
	command(t, bin.Path, "materialize", "+orders_000.export_58", "--memory", "--partition", "2024-02-29")
}

func command(t *testing.T, path string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir = t.TempDir()
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", args, err, out, complaints.String())
	}
	return out
}

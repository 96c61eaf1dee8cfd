package doctest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// TestQuotes compares quoted sources with the files that they come from, and
// parses data.
func TestQuotes(t *testing.T) {
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			switch {
			case b.args["whole"] != "":
				if b.text != read(t, b.args["whole"]) {
					t.Errorf("%s is not what %s holds", b, b.args["whole"])
				}
			case b.args["from"] != "":
				if !strings.Contains(flush(read(t, b.args["from"])), flush(b.text)) {
					t.Errorf("%s does not stand in %s:\n%s", b, b.args["from"], b.text)
				}
			case b.lang == "json" && !json.Valid([]byte(b.text)):
				t.Errorf("%s is no JSON", b)
			case b.lang == "toml":
				var v map[string]any
				if err := toml.Unmarshal([]byte(b.text), &v); err != nil {
					t.Errorf("%s is no TOML: %v", b, err)
				}
			}
		}
	}
}

// flush takes the indentation off every line, and puts one newline around each.
func flush(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		out.WriteString("\n" + strings.Trim(line, " \t\n"))
	}
	return out.String() + "\n"
}

// TestPrograms compiles the Go programs that stand in no file.
func TestPrograms(t *testing.T) {
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.lang == "go" && len(b.args) == 0 {
				compile(t, b)
			}
		}
	}
}

// compile vets a program in a directory of the repository's module, which its
// overlay alone knows.
func compile(t *testing.T, b block) {
	t.Helper()
	real := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(real, []byte(b.text), 0o600); err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs(filepath.Join(root, "docs", "doctest", "program"))
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(dir, "main.go"): real}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(file, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, "-o", os.DevNull, "./docs/doctest/program")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s does not compile: %v\n%s", b, err, out)
	}
}

var link = regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)

// TestLinks follows every link that leads to a file of the repository.
func TestLinks(t *testing.T) {
	for _, p := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(strings.Join(p.prose, "\n"), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(p.path), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", p.path, m[1], err)
			}
		}
	}
}

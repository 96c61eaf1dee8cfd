package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/urfave/cli/v2"

	"rivers.io/cli/riversctl/app"
	"rivers.io/cli/riversctl/settings"
)

// TestReferenceIsFresh holds docs/riversctl.md against the program.
func TestReferenceIsFresh(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "riversctl.md"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(app.Reference(app.New(app.Env{})), string(raw)); diff != "" {
		t.Errorf("docs/riversctl.md is not fresh; run `go run ./cli/riversctl reference docs/riversctl.md`:\n%s", diff)
	}
}

// TestEveryCommandIsExplained wants usage for commands and flags, and one meaning
// for each flag name.
func TestEveryCommandIsExplained(t *testing.T) {
	var walk func(prefix string, commands []*cli.Command)
	walk = func(prefix string, commands []*cli.Command) {
		for _, c := range commands {
			name := prefix + " " + c.Name
			if c.Usage == "" || strings.HasSuffix(c.Usage, ".") {
				t.Errorf("%s: the usage %q must be words without a full stop", name, c.Usage)
			}
			for _, f := range c.Flags {
				if d, ok := f.(cli.DocGenerationFlag); !ok || d.GetUsage() == "" {
					t.Errorf("%s --%s has no usage", name, f.Names()[0])
				}
			}
			walk(name, c.Subcommands)
		}
	}
	walk("", app.New(app.Env{}).Commands)
}

// TestDefaults compares the defaults of dev's flags with those of the settings.
func TestDefaults(t *testing.T) {
	var dev *cli.Command
	for _, c := range app.New(app.Env{}).Commands {
		if c.Name == "dev" {
			dev = c
		}
	}
	flags := map[string]string{}
	for _, f := range dev.Flags {
		if d, ok := f.(cli.DocGenerationFlag); ok {
			flags[f.Names()[0]] = strings.Trim(d.GetDefaultText(), `"`)
		}
	}
	for _, k := range settings.Keys {
		_, name, _ := strings.Cut(k.Name, ".")
		name = strings.ReplaceAll(name, "_", "-")
		if got, ok := flags[name]; ok && name != "path" && got != k.Default {
			t.Errorf("--%s has the default %q, the setting %s %q", name, got, k.Name, k.Default)
		}
	}
}

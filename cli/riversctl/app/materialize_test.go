package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigFlagKeepsEveryDigit(t *testing.T) {
	const exact = `{"a":{"n":9007199254740993}}`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(exact), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &program{env: Env{Dir: dir}}
	for flag, want := range map[string]string{"": "", exact: exact, "@config.json": exact} {
		if got, err := p.config(flag); err != nil || got != want {
			t.Errorf("--config %q = %q, %v", flag, got, err)
		}
	}
	for flag, say := range map[string]string{
		"null": "it is null", "[1]": "--config holds no JSON object", "@none.json": "none.json", `{"a":{},"a":{}}`: "duplicate",
	} {
		if _, err := p.config(flag); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("--config %q: %v, want %q", flag, err, say)
		}
	}
}

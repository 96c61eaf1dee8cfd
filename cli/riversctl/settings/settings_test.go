package settings_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rivers.io/cli/riversctl/settings"
)

func project(t *testing.T, text string) (dir, deep string) {
	t.Helper()
	dir = t.TempDir()
	deep = filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, settings.FileName), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, deep
}

func env(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

func TestPrecedence(t *testing.T) {
	dir, deep := project(t, "[server]\nport = 4000\nhost = \"127.0.0.2\"\n[module]\npath = \"pipeline\"\n")
	got, err := settings.Load(deep, env(map[string]string{"RIVERS_SERVER_PORT": "5000", "RIVERS_SERVER_HOST": ""}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ reason, key, want string }{
		{"the environment wins over the file", "server.port", "5000"},
		{"an empty variable counts as unset", "server.host", "127.0.0.2"},
		{"a path is relative to its file", "module.path", filepath.Join(dir, "pipeline")},
		{"what nobody gave is the default", "server.grpc_port", "3001"},
	} {
		if got[test.key].Text != test.want {
			t.Errorf("%s: %s = %q, want %q", test.reason, test.key, got[test.key].Text, test.want)
		}
	}
	if got["server.grpc_port"].Set() || !got["server.port"].Set() {
		t.Error("Set must tell a default from a choice")
	}
}

func TestBadFiles(t *testing.T) {
	for _, test := range []struct{ reason, text, want string }{
		{"a misspelt key is hinted at", "[server]\nprot = 1\n", "rivers.toml:2: unknown key server.prot; did you mean server.port?"},
		{"a misspelt group is hinted at", "[sever]\nport = 1\n", "did you mean server"},
		{"a syntax error has its place", "[server\n", "rivers.toml:1:"},
		{"a wrong type has its place", "[server]\nport = \"x\"\n", "rivers.toml:2:"},
		{"a number that is no port", "[server]\nport = 70000\n", "no port number"},
	} {
		_, deep := project(t, test.text)
		if _, err := settings.Load(deep, env(nil)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q in it", test.reason, err, test.want)
		}
	}
}

func TestOnlyTheNearestFileCounts(t *testing.T) {
	_, deep := project(t, "[server]\nport = 4000\nhost = \"127.0.0.2\"\n")
	if err := os.WriteFile(filepath.Join(deep, settings.FileName), []byte("[server]\nport = 4001\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := settings.Load(deep, env(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got["server.port"].Int() != 4001 || got["server.host"].Text != "127.0.0.1" {
		t.Errorf("got %v", got)
	}
}

func TestBadEnvironment(t *testing.T) {
	_, err := settings.Load(t.TempDir(), env(map[string]string{"RIVERS_SERVER_PORT": "http"}))
	if err == nil || !strings.Contains(err.Error(), "RIVERS_SERVER_PORT") {
		t.Errorf("Load = %v, want the variable named", err)
	}
}

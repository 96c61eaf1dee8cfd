package surrealtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// Env names the environment variable with the path of the server.
const Env = "RIVERS_TEST_SURREALDB"

// script brings the server, relative to the root of the module.
const script = "tools/surrealdb/install.sh"

// binary finds the server, once for the test binary.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(Env); path != "" {
		return path, nil
	}
	install, err := above(script)
	if err != nil {
		return "", fmt.Errorf("no SurrealDB: set %s to what %s prints, or run the tests by tools/test.sh: %w", Env, script, err)
	}
	cmd := exec.CommandContext(context.Background(), "bash", install) // its first run downloads, and takes what it takes
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("no SurrealDB: %s: %w", script, err)
	}
	return strings.TrimSpace(string(out)), nil
})

// above finds a file in the working directory or one above it.
func above(name string) (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("not inside a checkout")
		}
		dir = up
	}
}

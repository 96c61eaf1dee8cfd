package database_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rivers.io/cli/riversctl/database"
	"rivers.io/cli/riversctl/exit"
	"rivers.io/runtime/store/driver"
)

func TestPrepareCreates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rivers.db")
	if err := database.Prepare(t.Context(), driver.Database{Path: path}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := database.Prepare(t.Context(), driver.Database{Path: path}, nil, nil); err != nil {
		t.Fatalf("a database of this build needs no question: %v", err)
	}
	s, err := database.Status(t.Context(), driver.Database{Path: path})
	if err != nil || s.Version != s.Build {
		t.Errorf("Status = %+v, %v", s, err)
	}
}

func TestBrokenDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rivers.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	err := database.Prepare(t.Context(), driver.Database{Path: path}, nil, nil)
	if exit.Code(err) != exit.Unreachable {
		t.Errorf("Prepare of a broken file = %v, code %d", err, exit.Code(err))
	}
	raw, rerr := os.ReadFile(path)
	if rerr != nil || !strings.HasPrefix(string(raw), "this is no database") {
		t.Errorf("the broken file was changed: %v", rerr)
	}
}

func TestMissingDatabase(t *testing.T) {
	if _, err := database.Status(t.Context(), driver.Database{Path: filepath.Join(t.TempDir(), "none.db")}); exit.Code(err) != exit.Unreachable {
		t.Errorf("Status = %v", err)
	}
}

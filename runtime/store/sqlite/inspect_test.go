package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"rivers.io/runtime/store"
)

func TestInspect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rivers.db")
	if _, err := Inspect(t.Context(), path); !errors.Is(err, store.ErrNotReady) {
		t.Errorf("without a database: %v", err)
	}
	if err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	got, err := Inspect(t.Context(), path)
	if err != nil || got.Version != len(schema) || got.Build != len(schema) || got.MinReader == 0 {
		t.Errorf("Inspect = %+v, %v", got, err)
	}
	junk := filepath.Join(t.TempDir(), "junk.db")
	if err := os.WriteFile(junk, []byte("this is no database, and long enough to be asked for its header"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Inspect(t.Context(), junk); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("of a file that is no database: %v", err)
	}
}

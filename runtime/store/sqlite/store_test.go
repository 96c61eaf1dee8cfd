package sqlite

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/storetest"
)

// file is a database in a directory of the test.
type file struct{ path string }

// newFiles returns a maker of databases that are copies of one made at first.
func newFiles(t *testing.T) func(testing.TB) storetest.Database {
	dir := t.TempDir()
	template := sync.OnceValues(func() ([]byte, error) {
		path := filepath.Join(dir, "template.db")
		if err := Migrate(background, path); err != nil {
			return nil, err
		}
		return os.ReadFile(path)
	})
	return func(t testing.TB) storetest.Database {
		raw, err := template()
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "state #1?.db")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		return file{path}
	}
}

func (f file) Open(ctx context.Context, opt storetest.Options) (store.Store, error) {
	cfg := Config{Path: f.path, Mode: ReadWrite, Now: opt.Now}
	if opt.ReadOnly {
		cfg.Mode = ReadOnly
	}
	return Open(ctx, cfg)
}

// TestConformance runs the suite, and then looks at the plan of every query
// that it made.
func TestConformance(t *testing.T) {
	var mu sync.Mutex
	queries := map[string]bool{}
	prepared = func(q string) {
		mu.Lock()
		defer mu.Unlock()
		queries[q] = true
	}
	defer func() { prepared = nil }()
	newFile := newFiles(t)
	t.Run("suite", func(t *testing.T) { storetest.Run(t, storetest.Harness{New: newFile}) })
	prepared = nil
	t.Run("no query scans", func(t *testing.T) { checkPlans(t, queries) })
}

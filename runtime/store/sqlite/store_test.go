package sqlite

import (
	"context"
	"path/filepath"
	"testing"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/storetest"
)

// file is a database in a directory of the test.
type file struct{ path string }

func newFile(t testing.TB) storetest.Database {
	return file{filepath.Join(t.TempDir(), "dir with space", "state #1?.db")}
}

func (f file) Open(ctx context.Context, opt storetest.Options) (store.Store, error) {
	cfg := Config{Path: f.path, Mode: ReadWrite, Now: opt.Now}
	if opt.ReadOnly {
		cfg.Mode = ReadOnly
	}
	return Open(ctx, cfg)
}

func TestConformance(t *testing.T) {
	storetest.Run(t, storetest.Harness{New: newFile})
}

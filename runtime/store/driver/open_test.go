package driver_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
)

// shared is a database on a SurrealDB, as one of its users.
func shared(db *surrealtest.Database, as surrealtest.Credentials) driver.Database {
	return driver.Database{Server: driver.Server{
		Endpoint: db.URL, Namespace: db.Namespace, Database: db.Database, User: as.User, Password: as.Password,
	}}
}

// TestDatabases: both kinds are looked at, made, opened and named alike.
func TestDatabases(t *testing.T) {
	file := driver.Database{Path: filepath.Join(t.TempDir(), "rivers.db")}
	db := surrealtest.Shared(t)
	for name, tt := range map[string]struct{ writer, reader driver.Database }{
		"file":   {file, file},
		"server": {shared(db, db.Editor), shared(db, db.Viewer)},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := tt.reader.Open(t.Context(), driver.Options{}); !errors.Is(err, store.ErrNotReady) {
				t.Errorf("a reader of nothing: %v", err)
			}
			if err := tt.writer.Rebuild(t.Context()); !errors.Is(err, store.ErrNotReady) {
				t.Errorf("Rebuild of nothing: %v", err)
			}
			for range 2 {
				if err := tt.writer.Migrate(t.Context(), nil); err != nil {
					t.Fatal(err)
				}
			}
			if s, err := tt.reader.Inspect(t.Context()); err != nil || s.Version != s.Build {
				t.Errorf("Inspect = %+v, %v", s, err)
			}
			want := identity(t, tt.writer, driver.ReadWrite)
			if got := identity(t, tt.reader, driver.ReadOnly); got != want {
				t.Errorf("the reader sees identity %s, the writer %s", got, want)
			}
			if got := identity(t, tt.writer, driver.ReadWrite); got != want {
				t.Errorf("identity %s became %s", want, got)
			}
		})
	}
}

func identity(t *testing.T, d driver.Database, mode driver.Mode) string {
	t.Helper()
	s, err := d.Open(t.Context(), driver.Options{Mode: mode})
	if err != nil {
		t.Fatal(err)
	}
	id, err := s.Identity(t.Context())
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return id.String()
}

// TestViewersDoNotWrite: one who may only read is found out when opening to write.
func TestViewersDoNotWrite(t *testing.T) {
	db := surrealtest.Shared(t)
	if err := shared(db, db.Editor).Migrate(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	_, err := shared(db, db.Viewer).Open(t.Context(), driver.Options{Mode: driver.ReadWrite})
	if !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(), "role EDITOR") {
		t.Errorf("Open = %v", err)
	}
}

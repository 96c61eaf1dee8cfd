package surreal

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// TestIdentity: of many who open a database at once one names it, and everybody,
// readers too, hears that name from then on.
func TestIdentity(t *testing.T) {
	db := surrealtest.Shared(t)
	first := openDB(t, config(t, db))
	viewer := openDB(t, reading(config(t, db), db))
	if _, err := viewer.Identity(t.Context()); !errors.Is(err, store.ErrNotReady) {
		t.Errorf("before any writer: %v", err)
	}
	ids := make([]uuid.UUID, 8)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			id, err := first.Identity(t.Context())
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	all.Wait()
	seen, err := viewer.Identity(t.Context())
	if err != nil || seen == uuid.Nil {
		t.Fatal(seen, err)
	}
	for _, id := range ids {
		if id != seen {
			t.Errorf("identities %s and %s of one database", id, seen)
		}
	}
	if other, err := openDB(t, config(t, surrealtest.Shared(t))).Identity(t.Context()); err != nil || other == seen {
		t.Errorf("another database is %s as well: %v", other, err)
	}
}

// TestIdentityShowsWhoMayNotWrite: the engine drops the writes of a viewer without a
// word, so one who was to write is found out here.
func TestIdentityShowsWhoMayNotWrite(t *testing.T) {
	db := surrealtest.Shared(t)
	if _, err := openDB(t, config(t, db)).Identity(t.Context()); err != nil {
		t.Fatal(err)
	}
	cfg := config(t, db)
	cfg.Credentials = conn.Credentials{User: db.Viewer.User, Password: db.Viewer.Password}
	_, err := openDB(t, cfg).Identity(t.Context())
	if !errors.Is(err, store.ErrReadOnly) || !strings.Contains(err.Error(), "role EDITOR") {
		t.Errorf("Identity = %v", err)
	}
}

// TestInspect changes nothing, and tells of any database.
func TestInspect(t *testing.T) {
	db := surrealtest.Shared(t)
	cfg := reading(config(t, db), db)
	if s, err := Inspect(t.Context(), cfg); err != nil || s.Version != 0 || s.Build != len(schema) {
		t.Errorf("of an empty database: %+v, %v", s, err)
	}
	openDB(t, config(t, db))
	if s, err := Inspect(t.Context(), cfg); err != nil || s.Version != len(schema) || s.MinReader < 1 {
		t.Errorf("%+v, %v", s, err)
	}
	db.SQL(t, "UPSERT schema_migration:1000 SET version = 1000, checksum = 'later', at = 0, min_reader = 1000, min_writer = 1000")
	if s, err := Inspect(t.Context(), cfg); err != nil || s.Version != 1000 {
		t.Errorf("of a later build: %+v, %v", s, err)
	}
	foreign := surrealtest.Shared(t)
	foreign.SQL(t, "DEFINE TABLE person")
	if _, err := Inspect(t.Context(), reading(config(t, foreign), foreign)); !errors.Is(err, store.ErrSchema) {
		t.Errorf("of somebody else: %v", err)
	}
}

package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rivers.io/runtime/store"
)

func write(t *testing.T, path string, data []byte) string {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOpenRefuses names what cannot be opened, and leaves it as it was.
func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	c, err := openConn(foreign)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.script("CREATE TABLE songs (name TEXT)"); err != nil {
		t.Fatal(err)
	}
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		why  string
		path string
		mode Mode
		want error
		text string
	}{
		{"no path", "", ReadWrite, store.ErrInvalid, "path"},
		{"a directory", dir, ReadWrite, store.ErrInvalid, "is a directory"},
		{"a directory", dir, ReadOnly, store.ErrInvalid, "is a directory"},
		{"text", write(t, filepath.Join(dir, "text.db"), []byte(strings.Repeat("no database ", 100))), ReadWrite, store.ErrCorrupt, "text.db"},
		{"text", filepath.Join(dir, "text.db"), ReadOnly, store.ErrCorrupt, "text.db"},
		{"something else's", foreign, ReadWrite, store.ErrSchema, "something else"},
		{"something else's", foreign, ReadOnly, store.ErrSchema, "something else"},
		{"below a file", filepath.Join(dir, "text.db", "x", "y.db"), ReadWrite, store.ErrUnavailable, "text.db"},
		{"missing", filepath.Join(dir, "missing.db"), ReadOnly, store.ErrNotReady, "missing.db"},
		{"empty", write(t, filepath.Join(dir, "empty.db"), nil), ReadOnly, store.ErrNotReady, "empty.db"},
		{"memory to read", Memory, ReadOnly, store.ErrInvalid, "memory"},
	} {
		var before []byte
		if c.path != "" && c.path != Memory {
			before, _ = os.ReadFile(c.path)
		}
		db, err := Open(t.Context(), Config{Path: c.path, Mode: c.mode})
		if err == nil {
			_ = db.Close()
			t.Errorf("%s: opened", c.why)
			continue
		}
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %v naming %q", c.why, err, c.want, c.text)
		}
		if after, _ := os.ReadFile(c.path); c.path != "" && !slices.Equal(before, after) {
			t.Errorf("%s: the file changed", c.why)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, Config{Path: filepath.Join(dir, "new.db"), Mode: ReadWrite}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestATornFileIsCorrupt cuts and overwrites the pages of a real database.
func TestATornFileIsCorrupt(t *testing.T) {
	db, l, path := openFile(t)
	for range 50 {
		newRun(t, l)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 4096; at < len(whole); at++ {
		whole[at] = byte(at * 7)
	}
	write(t, path, whole)
	again, err := Open(t.Context(), Config{Path: path, Mode: ReadWrite})
	if err == nil {
		_, _, err = again.Location("l").ListRuns(t.Context(), store.RunFilter{}, store.Page{})
		_ = again.Close()
	}
	if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names %s", err, path)
	}
}

// chain makes migrations that follow on the real ones.
func chain(floors ...[2]int) []migration {
	list := slices.Clone(schema)
	for i, f := range floors {
		script := "CREATE TABLE extra_" + string(rune('a'+i)) + " (x INTEGER)"
		list = append(list, migration{script: script, minReader: f[0], minWriter: f[1]})
	}
	return list
}

func openWith(t *testing.T, path string, mode Mode, build []migration) error {
	t.Helper()
	db, err := open(t.Context(), Config{Path: path, Mode: mode}, build)
	if err != nil {
		return err
	}
	return db.Close()
}

// TestSchemaVersions walks old and new builds over old and new databases.
func TestSchemaVersions(t *testing.T) {
	one, two := chain(), chain([2]int{1, 1})
	readable, closedTo := chain([2]int{1, 2}), chain([2]int{2, 2})
	for _, c := range []struct {
		why             string
		database, build []migration
		mode            Mode
		text            string // empty: opens
	}{
		{"the same build writes", one, one, ReadWrite, ""},
		{"a build newer than the database is told to migrate", one, two, ReadWrite, "riversctl db migrate"},
		{"a build newer than the database is told to migrate", one, two, ReadOnly, "riversctl db migrate"},
		{"an older build within the floors writes", two, one, ReadWrite, ""},
		{"an older build within the floors reads", two, one, ReadOnly, ""},
		{"an older build below min_writer reads", readable, one, ReadOnly, ""},
		{"an older build below min_writer does not write", readable, one, ReadWrite, "version 2"},
		{"an older build below min_reader does not read", closedTo, one, ReadOnly, "version 2"},
		{"an older build below min_reader does not write", closedTo, one, ReadWrite, "cannot read"},
	} {
		path := filepath.Join(t.TempDir(), "x.db")
		if err := openWith(t, path, ReadWrite, c.database); err != nil {
			t.Fatal(err)
		}
		err := openWith(t, path, c.mode, c.build)
		switch {
		case c.text == "" && err != nil:
			t.Errorf("%s: %v", c.why, err)
		case c.text != "" && (!errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), c.text)):
			t.Errorf("%s: got %v, want %q", c.why, err, c.text)
		}
	}
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dir", "x.db")
	if err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), Config{Path: path, Mode: ReadWrite})
	if err != nil {
		t.Fatal(err)
	}
	run := newRun(t, db.Location("l"))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	three := chain([2]int{1, 1}, [2]int{1, 3})
	// Several migrators at once: one works, the others find nothing to do.
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := migrate(t.Context(), Config{Path: path, Mode: ReadWrite}, three); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	db, err = open(t.Context(), Config{Path: path, Mode: ReadWrite}, three)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := db.Schema(t.Context())
	if err != nil || s != (store.Schema{Version: 3, MinReader: 1, MinWriter: 3, Build: 3}) {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := db.Location("l").Run(t.Context(), run); err != nil {
		t.Error(err)
	}
	// A build that is older changes nothing.
	if err := migrate(t.Context(), Config{Path: path, Mode: ReadWrite}, chain()); err != nil {
		t.Error(err)
	}
	if after, err := db.Schema(t.Context()); err != nil || after != s {
		t.Errorf("%+v %v", after, err)
	}
}

func TestAnEditedMigrationAborts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	edited := chain([2]int{1, 1})
	edited[0].script += "\n-- edited"
	for _, err := range []error{
		openWith(t, path, ReadWrite, edited[:1]),
		openWith(t, path, ReadOnly, edited[:1]),
		migrate(t.Context(), Config{Path: path, Mode: ReadWrite}, edited),
	} {
		if !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), "migration 1 differs") {
			t.Errorf("got %v", err)
		}
	}
}

func TestAFailedMigrationLeavesTheVersionBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	broken := append(chain(), migration{script: "CREATE TABLE fine (x); CREATE TABLE locations (x)", minReader: 1, minWriter: 1})
	if err := migrate(t.Context(), Config{Path: path, Mode: ReadWrite}, broken); err == nil {
		t.Fatal("migrated")
	}
	if err := openWith(t, path, ReadWrite, chain()); err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), Config{Path: path, Mode: ReadWrite}, append(chain(), migration{script: "CREATE TABLE fine (x)", minReader: 1, minWriter: 1})); err != nil {
		t.Fatal(err)
	}
}

func TestFloorsNeverFall(t *testing.T) {
	before := migration{}
	for i, m := range schema {
		if m.minReader < before.minReader || m.minWriter < before.minWriter || m.minWriter < m.minReader || m.minWriter > i+1 {
			t.Errorf("migration %d has floors %d and %d after %d and %d", i+1, m.minReader, m.minWriter, before.minReader, before.minWriter)
		}
		before = m
	}
}

// TestAwaitIncompatible lets the schema rise under a running process.
func TestAwaitIncompatible(t *testing.T) {
	db, _, path := openFile(t)
	got := make(chan error, 1)
	go func() { got <- db.AwaitIncompatible(t.Context()) }()
	if err := migrate(t.Context(), Config{Path: path, Mode: ReadWrite}, chain([2]int{1, 1})); err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), Config{Path: path, Mode: ReadWrite}, chain([2]int{1, 1}, [2]int{1, 3})); err != nil {
		t.Fatal(err)
	}
	if err := <-got; !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), "version 3") {
		t.Errorf("got %v", err)
	}
}

// TestOnlyDeadOwnersAreSwept sweeps the lock files twice: the first time marks,
// the second removes what has been marked for long.
func TestOnlyDeadOwnersAreSwept(t *testing.T) {
	dir := t.TempDir()
	o := newOwners(dir)
	alive, err := o.hold("alive")
	if err != nil {
		t.Fatal(err)
	}
	defer alive.Close()
	gone, err := o.hold("gone")
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * ownerFileAge)
	for _, name := range []string{"alive", "gone"} {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	o.sweep()
	if o.dead("alive") || !o.dead("gone") || o.dead("never") {
		t.Error("after the first sweep")
	}
	if err := os.Chtimes(filepath.Join(dir, "gone"), old, old); err != nil {
		t.Fatal(err)
	}
	o.sweep()
	if _, err := os.Stat(filepath.Join(dir, "gone")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of a dead executor is still there: %v", err)
	}
	if o.dead("alive") {
		t.Error("a living executor counts as dead")
	}
}

// TestMigratorsAtOnce lets two migrators meet: what one applies the other finds
// applied (S-156).
func TestMigratorsAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	if err := Migrate(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	// A second run of either script fails, for its table is there.
	three := chain([2]int{1, 1}, [2]int{1, 1})
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			<-start
			if err := migrate(t.Context(), Config{Path: path, Mode: ReadWrite}, three); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	wg.Wait()
	db, err := open(t.Context(), Config{Path: path, Mode: ReadOnly}, three)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if s, err := db.Schema(t.Context()); err != nil || s.Version != 3 {
		t.Errorf("%+v, %v", s, err)
	}
}

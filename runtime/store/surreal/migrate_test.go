package surreal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store"
)

// quick are times that a test need not wait long for.
var quick = claimTimes{ttl: 500 * time.Millisecond, renew: 100 * time.Millisecond, poll: 10 * time.Millisecond}

// chain makes migrations that follow on the real ones.
func chain(floors ...[2]int) []migration {
	list := slices.Clone(schema)
	for i, f := range floors {
		script := fmt.Sprintf("DEFINE TABLE IF NOT EXISTS extra_%d SCHEMALESS;\nDEFINE INDEX IF NOT EXISTS x ON extra_%[1]d FIELDS x;", i)
		list = append(list, migration{script: script, minReader: f[0], minWriter: f[1]})
	}
	return list
}

// with adds a migration to the real ones.
func with(script string) []migration {
	return append(slices.Clone(schema), migration{script: script, minReader: 1, minWriter: 1})
}

func openWith(t *testing.T, cfg Config, build []migration) error {
	t.Helper()
	d, err := open(t.Context(), cfg, build)
	if err != nil {
		return err
	}
	return d.Close()
}

func migrateWith(t *testing.T, cfg Config, build []migration) error {
	t.Helper()
	return migrate(t.Context(), cfg, build, quick)
}

func TestStatementsOfAScript(t *testing.T) {
	for _, c := range []struct {
		why, script string
		want        []string
	}{
		{"nothing", " \n-- only words; and more\n", nil},
		{"one without an end", "RETURN 1", []string{"RETURN 1"}},
		{"comments of every kind", "-- a; b\nRETURN 1; // c;\nRETURN 2; # d;\n/* e; */ RETURN 3;", []string{"RETURN 1", "RETURN 2", "RETURN 3"}},
		{"semicolons in blocks and brackets", "IF a { LET $x = 1; RETURN [1]; }; RETURN (2)", []string{"IF a { LET $x = 1; RETURN [1]; }", "RETURN (2)"}},
		{"semicolons in quotes", `RETURN 'a;\'--'; RETURN "b;"; RETURN ` + "`c;`", []string{`RETURN 'a;\'--'`, `RETURN "b;"`, "RETURN `c;`"}},
		{"a comment between", "DEFINE TABLE a; -- [x]: y\nDEFINE TABLE b", []string{"DEFINE TABLE a", "DEFINE TABLE b"}},
	} {
		if diff := cmp.Diff(c.want, splitStatements(c.script)); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
	for _, s := range schema[0].statements() {
		if !strings.HasPrefix(s, "DEFINE ") || !strings.Contains(s, " IF NOT EXISTS ") && !strings.Contains(s, " OVERWRITE ") {
			t.Errorf("%q cannot be repeated", s)
		}
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

// TestOpenRefuses names what cannot be opened, and leaves it as it was.
func TestOpenRefuses(t *testing.T) {
	empty, foreign := surrealtest.Shared(t), surrealtest.Shared(t)
	foreign.SQL(t, "DEFINE TABLE songs SCHEMALESS; CREATE songs:1")
	viewer := config(t, empty)
	viewer.Credentials.User, viewer.Credentials.Password = empty.Viewer.User, empty.Viewer.Password
	missing := config(t, empty)
	missing.Database = "nowhere"
	wrong := config(t, empty)
	wrong.Credentials.Password = "wrong"
	for _, c := range []struct {
		why  string
		cfg  Config
		want error
		text string
	}{
		{"an empty one to read", reading(config(t, empty), empty), store.ErrNotReady, "riversctl db migrate"},
		{"an empty one by a viewer who would write", viewer, store.ErrReadOnly, empty.Namespace},
		{"something else's to write", config(t, foreign), store.ErrSchema, "songs"},
		{"something else's to read", reading(config(t, foreign), foreign), store.ErrSchema, "something else"},
		{"none", missing, store.ErrUnavailable, "nowhere"},
		{"not with that password", wrong, store.ErrUnavailable, "owner"},
	} {
		d, err := Open(t.Context(), c.cfg)
		if err == nil {
			_ = d.Close()
			t.Errorf("%s: opened", c.why)
			continue
		}
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %v naming %q", c.why, err, c.want, c.text)
		}
		if strings.Contains(err.Error(), empty.Owner.Password) {
			t.Errorf("%s: the error tells the password", c.why)
		}
	}
	tables := fmt.Sprint(empty.SQL(t, "(INFO FOR DB).tables.keys()"), foreign.SQL(t, "(INFO FOR DB).tables.keys()"))
	if tables != "[[]] [[songs]]" {
		t.Errorf("the tables are now %s", tables)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, config(t, empty)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
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
		{"a reading build newer than the database is told to migrate", one, two, ReadOnly, "riversctl db migrate"},
		{"an older build within the floors writes", two, one, ReadWrite, ""},
		{"an older build within the floors reads", two, one, ReadOnly, ""},
		{"an older build below min_writer reads", readable, one, ReadOnly, ""},
		{"an older build below min_writer does not write", readable, one, ReadWrite, "version 2"},
		{"an older build below min_reader does not read", closedTo, one, ReadOnly, "version 2"},
		{"an older build below min_reader does not write", closedTo, one, ReadWrite, "cannot read"},
	} {
		db := surrealtest.Shared(t)
		if err := openWith(t, config(t, db), c.database); err != nil {
			t.Fatal(err)
		}
		cfg := config(t, db)
		if c.mode == ReadOnly {
			cfg = reading(cfg, db)
		}
		err := openWith(t, cfg, c.build)
		switch {
		case c.text == "" && err != nil:
			t.Errorf("%s: %v", c.why, err)
		case c.text != "" && (!errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), c.text) || !strings.Contains(err.Error(), db.Namespace)):
			t.Errorf("%s: got %v, want %q", c.why, err, c.text)
		}
	}
}

// TestFirstOpenersMeet lets several writers find a database empty at once.
func TestFirstOpenersMeet(t *testing.T) {
	for name, start := range engines {
		fresh := start(t)
		for range 3 {
			db := fresh(t)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if err := openWith(t, config(t, db), chain()); err != nil {
						t.Errorf("%s: %v", name, err)
					}
				})
			}
			wg.Wait()
			if got := fmt.Sprint(db.SQL(t, "SELECT VALUE version FROM schema_migration")); got != "[[1]]" {
				t.Errorf("%s: recorded %s", name, got)
			}
		}
	}
}

// TestMigratorsAtOnce lets several migrators meet: what one applies the others
// find applied (S-156).
func TestMigratorsAtOnce(t *testing.T) {
	for name, start := range engines {
		db := start(t)(t)
		cfg := config(t, db)
		first := openDB(t, cfg)
		run := newRun(t, first.Location("l"))
		three := with("DEFINE TABLE IF NOT EXISTS tally SCHEMALESS; UPSERT tally:1 SET n += 1")
		three = append(three, migration{script: "UPSERT tally:2 SET n += 1", minReader: 1, minWriter: 3})
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := migrateWith(t, cfg, three); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
		if got := fmt.Sprint(db.SQL(t, "SELECT VALUE n FROM tally")); got != "[[1 1]]" {
			t.Errorf("%s: the statements ran %s times", name, got)
		}
		d, err := open(t.Context(), cfg, three)
		if err != nil {
			t.Fatal(err)
		}
		want := store.Schema{Version: 3, MinReader: 1, MinWriter: 3, Build: 3}
		s, err := d.Schema(t.Context())
		if err != nil || s != want {
			t.Errorf("%s: %+v %v", name, s, err)
		}
		if _, err := d.Location("l").Run(t.Context(), run); err != nil {
			t.Error(err)
		}
		// A build that is older changes nothing.
		if err := migrateWith(t, cfg, chain()); err != nil {
			t.Error(err)
		}
		if after, err := d.Schema(t.Context()); err != nil || after != s {
			t.Errorf("%s: %+v %v", name, after, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestMigrateMakesAnEmptyDatabaseReady(t *testing.T) {
	db := surrealtest.Shared(t)
	if err := Migrate(t.Context(), config(t, db)); err != nil {
		t.Fatal(err)
	}
	if err := openWith(t, reading(config(t, db), db), schema); err != nil {
		t.Fatal(err)
	}
	if err := migrateWith(t, reading(config(t, db), db), chain([2]int{1, 1})); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("a viewer migrated: %v", err)
	}
}

func TestAnEditedMigrationAborts(t *testing.T) {
	db := surrealtest.Shared(t)
	if err := Migrate(t.Context(), config(t, db)); err != nil {
		t.Fatal(err)
	}
	edited := chain([2]int{1, 1})
	edited[0].script += "\n-- edited"
	for _, err := range []error{
		openWith(t, config(t, db), edited[:1]),
		openWith(t, reading(config(t, db), db), edited[:1]),
		migrateWith(t, config(t, db), edited),
	} {
		if !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), "migration 1 differs") {
			t.Errorf("got %v", err)
		}
	}
}

// TestAnInterruptedMigrationIsTakenUpAgain stops one midway.
func TestAnInterruptedMigrationIsTakenUpAgain(t *testing.T) {
	db := surrealtest.Shared(t)
	cfg := config(t, db)
	if err := Migrate(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	const begin = "DEFINE TABLE IF NOT EXISTS fine SCHEMALESS; UPSERT fine:1 SET done = true; "
	err := migrateWith(t, cfg, with(begin+"THROW 'the power went'"))
	if err == nil || !strings.Contains(err.Error(), "migration 2: statement 3 of 3 (THROW") || !strings.Contains(err.Error(), db.Namespace) {
		t.Fatalf("got %v", err)
	}
	if got := fmt.Sprint(db.SQL(t, "SELECT VALUE done FROM fine")); got != "[[true]]" {
		t.Errorf("what came before it: %s", got)
	}
	if err := openWith(t, cfg, chain()); err != nil {
		t.Fatalf("the version is still the one before: %v", err)
	}
	if err := migrateWith(t, cfg, with(begin)); err != nil {
		t.Fatal(err)
	}
	if err := openWith(t, cfg, with(begin)); err != nil {
		t.Fatal(err)
	}
}

// TestAFailedSchemaLeavesNothing breaks the schema of an empty database.
func TestAFailedSchemaLeavesNothing(t *testing.T) {
	db := surrealtest.Shared(t)
	err := openWith(t, config(t, db), with("DEFINE TABLE fine SCHEMALESS; THROW 'no'"))
	if err == nil || !strings.Contains(err.Error(), "migration 2: statement 2 (THROW") {
		t.Fatalf("got %v", err)
	}
	if got := fmt.Sprint(db.SQL(t, "(INFO FOR DB).tables.keys()")); got != "[[]]" {
		t.Errorf("there are tables: %s", got)
	}
}

// TestADeadMigratorIsWaitedFor leaves the lock to time.
func TestADeadMigratorIsWaitedFor(t *testing.T) {
	db := surrealtest.Shared(t)
	cfg := config(t, db)
	d := openDB(t, cfg)
	if _, err := d.take(t.Context(), recordID(lockTable, "migrate"), quick); err != nil {
		t.Fatal(err)
	}
	if err := migrateWith(t, cfg, chain([2]int{1, 1})); err != nil {
		t.Fatal(err)
	}
	// One that lives is waited for until the caller gives up.
	if _, err := d.take(t.Context(), recordID(lockTable, "migrate"), usualTimes); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := migrate(ctx, cfg, chain([2]int{1, 1}, [2]int{1, 1}), quick); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestALostLeaseAborts takes the lock away midway: what follows is not done.
func TestALostLeaseAborts(t *testing.T) {
	for why, script := range map[string]string{
		"before a statement":    "UPDATE schema_lock:migrate SET nonce = 'thief'; DEFINE TABLE late SCHEMALESS",
		"before it is recorded": "RETURN 1; UPDATE schema_lock:migrate SET nonce = 'thief'",
	} {
		db := surrealtest.Shared(t)
		if err := Migrate(t.Context(), config(t, db)); err != nil {
			t.Fatal(err)
		}
		err := migrateWith(t, config(t, db), with(script))
		if !errors.Is(err, errClaimLost) || !errors.Is(err, store.ErrConflict) || !strings.Contains(err.Error(), "lease") {
			t.Errorf("%s: got %v", why, err)
		}
		got := fmt.Sprint(db.SQL(t, "(INFO FOR DB).tables.late; SELECT VALUE version FROM schema_migration; RETURN schema_lock:migrate.{nonce, dead}"))
		if got != "[<nil> [1] map[dead:false nonce:thief]]" {
			t.Errorf("%s: %s", why, got)
		}
	}
}

// TestAwaitIncompatible lets the schema rise under a running process.
func TestAwaitIncompatible(t *testing.T) {
	db := surrealtest.Shared(t)
	cfg := config(t, db)
	writer, reader := openDB(t, cfg), openDB(t, reading(cfg, db))
	got := make(chan error, 2)
	for _, d := range []*DB{writer, reader} {
		go func() { got <- d.AwaitIncompatible(t.Context()) }()
	}
	if err := migrateWith(t, cfg, chain([2]int{1, 1})); err != nil {
		t.Fatal(err)
	}
	if err := migrateWith(t, cfg, chain([2]int{1, 1}, [2]int{3, 3})); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-got; !errors.Is(err, store.ErrSchema) || !strings.Contains(err.Error(), "version 3") {
			t.Errorf("got %v", err)
		}
	}
}

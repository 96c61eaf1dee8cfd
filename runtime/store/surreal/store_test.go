package surreal

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/storetest"
	"rivers.io/runtime/store/surreal/conn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// database is a database of one test.
type database struct {
	t  testing.TB
	db *surrealtest.Database
}

// Open opens the database as its owner, or as who may only read.
func (d database) Open(ctx context.Context, opt storetest.Options) (store.Store, error) {
	cfg := config(d.t, d.db)
	cfg.Now = opt.Now
	if opt.ReadOnly {
		cfg = reading(cfg, d.db)
	}
	return Open(ctx, cfg)
}

// config is that of a database's owner, who writes.
func config(t testing.TB, db *surrealtest.Database) Config {
	return Config{
		Endpoint: db.URL, Namespace: db.Namespace, Database: db.Database, Mode: ReadWrite,
		Credentials: conn.Credentials{User: db.Owner.User, Password: db.Owner.Password},
		Logger:      slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
}

// reading makes a configuration that of a viewer.
func reading(cfg Config, db *surrealtest.Database) Config {
	cfg.Mode = ReadOnly
	cfg.Credentials = conn.Credentials{User: db.Viewer.User, Password: db.Viewer.Password}
	return cfg
}

// openDB opens a database for the time of a test.
func openDB(t testing.TB, cfg Config) *DB {
	t.Helper()
	d, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func newRun(t testing.TB, l store.Location) string {
	t.Helper()
	run, _, err := l.CreateRun(t.Context(), store.NewRun{ID: uuid.Must(uuid.NewV7()).String(), Status: store.NotStarted,
		Created: event.RunCreated{PlanHash: "p", Steps: 1, Assets: []string{"a"}, Launcher: event.Launcher{Kind: "manual"}}})
	if err != nil {
		t.Fatal(err)
	}
	return run.ID
}

// eventually waits until a condition holds that something in the background
// brings about.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for !holds() {
		if sleep(ctx, 5*time.Millisecond) != nil {
			t.Fatalf("never: %s", what)
		}
	}
}

// engines are the engines that the suite runs on.
var engines = map[string]func(t *testing.T) func(testing.TB) *surrealtest.Database{
	"memory": func(*testing.T) func(testing.TB) *surrealtest.Database { return surrealtest.Shared },
	"rocksdb": func(t *testing.T) func(testing.TB) *surrealtest.Database {
		return surrealtest.Start(t, surrealtest.Options{Dir: t.TempDir()}).NewDatabase
	},
}

// TestConformance runs the suite on both engines.
func TestConformance(t *testing.T) {
	for name, start := range engines {
		t.Run(name, func(t *testing.T) {
			fresh := start(t)
			t.Log(openDB(t, config(t, fresh(t))).Describe())
			storetest.Run(t, storetest.Harness{New: func(t testing.TB) storetest.Database { return database{t, fresh(t)} }})
		})
	}
}

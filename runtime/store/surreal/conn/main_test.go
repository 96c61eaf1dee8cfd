package conn_test

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rivers.io/internal/chaosproxy"
	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store/surreal/conn"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit bounds a test that would hang.
func limit(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// config is that of a database's owner, impatient as tests are.
func config(t *testing.T, db *surrealtest.Database) conn.Config {
	t.Helper()
	return conn.Config{
		Endpoint: db.URL, Namespace: db.Namespace, Database: db.Database,
		Credentials: conn.Credentials{User: db.Owner.User, Password: db.Owner.Password},
		Heartbeat:   50 * time.Millisecond, Silence: 2 * time.Second,
		MaxBackoff: 200 * time.Millisecond,
		Logger:     slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

func open(t *testing.T, cfg conn.Config) *conn.Conn {
	t.Helper()
	c, err := conn.Open(limit(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// through puts a proxy in front of a database.
func through(t *testing.T, db *surrealtest.Database) (conn.Config, *chaosproxy.Proxy) {
	t.Helper()
	u, err := url.Parse(db.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := chaosproxy.Start(t, u.Host)
	cfg := config(t, db)
	cfg.Endpoint = "ws://" + p.Addr()
	return cfg, p
}

// query runs statements that must not fail.
func query(t *testing.T, c *conn.Conn, sql string, vars map[string]any) conn.Results {
	t.Helper()
	r, err := c.Query(limit(t), sql, vars)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return r
}

// one decodes what the last statement returned.
func one[T any](t *testing.T, c *conn.Conn, sql string, vars map[string]any) T {
	t.Helper()
	r := query(t, c, sql, vars)
	var v T
	if err := r.Decode(r.Len()-1, &v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// hides fails when a text tells a password.
func hides(t *testing.T, text, password string) {
	t.Helper()
	if password != "" && strings.Contains(text, password) {
		t.Errorf("the password stands in %q", text)
	}
}

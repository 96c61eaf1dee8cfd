package conn_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store/surreal/conn"
)

// TestOpen: what is wrong is said by its own error, with the way out.
func TestOpen(t *testing.T) {
	db := surrealtest.Shared(t)
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	root := conn.Credentials{Scope: conn.RootScope, User: db.Root.User, Password: db.Root.Password}
	for _, tt := range []struct {
		name   string
		change func(*conn.Config)
		want   conn.Refusal
		says   []string
	}{
		{"nobody listens", func(c *conn.Config) { c.Endpoint = "ws://" + nobody.Addr().String() }, conn.Unreachable,
			[]string{nobody.Addr().String(), "check host and port"}},
		{"no such host", func(c *conn.Config) { c.Endpoint = "ws://nowhere.invalid:8000" }, conn.Unreachable,
			[]string{"nowhere.invalid:8000"}},
		{"a web server", func(c *conn.Config) { c.Endpoint = web.URL }, conn.NotSurrealDB,
			[]string{"no SurrealDB", "404"}},
		{"no TLS there", func(c *conn.Config) { c.Endpoint = strings.Replace(db.URL, "ws:", "wss:", 1) }, conn.NotSurrealDB,
			[]string{"TLS", "ws://"}},
		{"wrong password", func(c *conn.Config) { c.Credentials.Password = "guessed" }, conn.BadCredentials,
			[]string{`database user "owner"`, db.Database, "check user, password and scope"}},
		{"wrong scope", func(c *conn.Config) { c.Credentials.Scope = conn.RootScope }, conn.BadCredentials,
			[]string{`root user "owner"`}},
		{"no user at all", func(c *conn.Config) { c.Credentials = conn.Credentials{} }, conn.NotAllowed,
			[]string{"no user is configured"}},
		{"no such database", func(c *conn.Config) { c.Credentials, c.Database = root, "elsewhere" }, conn.NoDatabase,
			[]string{db.Namespace, `no database "elsewhere"`, "define it"}},
		{"no such namespace", func(c *conn.Config) { c.Credentials, c.Namespace = root, "elsewhere" }, conn.NoDatabase,
			[]string{`no namespace "elsewhere"`, "define it"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := config(t, db)
			tt.change(&cfg)
			c, err := conn.Open(limit(t), cfg)
			if err == nil {
				t.Fatal("it was opened", c.Close())
			}
			var got *conn.OpenError
			if !errors.As(err, &got) || got.Reason != tt.want {
				t.Fatalf("%v (%T), want reason %d", err, err, tt.want)
			}
			for _, s := range tt.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%q does not say %q", err, s)
				}
			}
			hides(t, err.Error(), cfg.Credentials.Password)
		})
	}
}

// TestConfig: a configuration that cannot work is refused before anything is dialled.
func TestConfig(t *testing.T) {
	good := conn.Config{Endpoint: "ws://127.0.0.1:1", Namespace: "n", Database: "d"}
	for _, tt := range []struct {
		change func(*conn.Config)
		says   string
	}{
		{func(c *conn.Config) { c.Endpoint = "" }, "no endpoint is named"},
		{func(c *conn.Config) { c.Endpoint = "127.0.0.1:8000" }, "want ws://HOST:PORT"},
		{func(c *conn.Config) { c.Endpoint = "ftp://127.0.0.1" }, "want ws://HOST:PORT"},
		{func(c *conn.Config) { c.Endpoint = "ws://127.0.0.1/sql" }, "path"},
		{func(c *conn.Config) { c.Endpoint = "ws://me:hunter2@127.0.0.1" }, "do not belong"},
		{func(c *conn.Config) { c.Namespace = "" }, "no namespace"},
		{func(c *conn.Config) { c.Database = "" }, "no database"},
		{func(c *conn.Config) { c.Credentials.Password = "hunter2" }, "no user"},
		{func(c *conn.Config) { c.Silence = -1 }, "Silence is negative"},
	} {
		cfg := good
		tt.change(&cfg)
		_, err := conn.Open(limit(t), cfg)
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%v, want %q", err, tt.says)
			continue
		}
		hides(t, err.Error(), "hunter2")
	}
}

// TestSecrets: credentials can be printed.
func TestSecrets(t *testing.T) {
	c := conn.Credentials{Scope: conn.RootScope, User: "me", Password: "hunter2"}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "as", c, "config", conn.Config{Credentials: c})
	hides(t, fmt.Sprintf("%v %+v %#v %s", c, c, c, &c)+fmt.Sprintf("%v %+v %#v", conn.Config{Credentials: c}, conn.Config{Credentials: c}, conn.Config{Credentials: c})+log.String(), "hunter2")
}

// TestScopes: users of each scope, and nobody where nobody is asked.
func TestScopes(t *testing.T) {
	db := surrealtest.Shared(t)
	db.SQL(t, "DEFINE USER boss ON NAMESPACE PASSWORD 'secret' ROLES OWNER")
	loose := surrealtest.Start(t, surrealtest.Options{Unauthenticated: true}).NewDatabase(t)
	for _, tt := range []struct {
		db *surrealtest.Database
		as conn.Credentials
	}{
		{db, conn.Credentials{User: db.Viewer.User, Password: db.Viewer.Password}},
		{db, conn.Credentials{Scope: conn.NamespaceScope, User: "boss", Password: "secret"}},
		{db, conn.Credentials{Scope: conn.RootScope, User: db.Root.User, Password: db.Root.Password}},
		{loose, conn.Credentials{}},
	} {
		cfg := config(t, tt.db)
		cfg.Credentials = tt.as
		c := open(t, cfg)
		if n := one[int](t, c, "RETURN 3", nil); n != 3 {
			t.Errorf("%s: %d", tt.as, n)
		}
		if v, err := c.Version(limit(t)); err != nil || !strings.HasPrefix(v, "3.") {
			t.Errorf("version %q, %v", v, err)
		}
	}
}

// TestCreate: with Create the namespace and database come about.
func TestCreate(t *testing.T) {
	db := surrealtest.Shared(t)
	cfg := config(t, db)
	cfg.Credentials = conn.Credentials{Scope: conn.RootScope, User: db.Root.User, Password: db.Root.Password}
	cfg.Create, cfg.Database = true, "fresh"
	query(t, open(t, cfg), "DEFINE TABLE t; CREATE t:1", nil)
}

package serve_test

import (
	"net"
	"os"
	"strings"
	"testing"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
)

// newShared is a project whose state is on a SurrealDB, with the login that
// pipelines have.
func newShared(t *testing.T, pipeline string) *project {
	p := newProject(t, pipeline)
	p.server = surrealtest.Shared(t)
	p.env = login(p.server.Editor)
	return p
}

func login(c surrealtest.Credentials) []string {
	return []string{driver.EnvUsername + "=" + c.User, driver.EnvPassword + "=" + c.Password}
}

// TestServeOnSurrealDB: a run is carried out, and is there for who reads the
// database after the process has ended; no file is made beside the values.
func TestServeOnSurrealDB(t *testing.T) {
	t.Parallel()
	p := newShared(t, "odd")
	proc := p.serve()
	run := proc.order("prints", "")
	out, code := p.run(append([]string{"materialize", "prints"}, p.database()...)...)
	if code != 0 || !strings.Contains(out, "succeeded") {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	if code := proc.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	s, err := driver.Database{Server: driver.Server{
		Endpoint: p.server.URL, Namespace: p.server.Namespace, Database: p.server.Database,
		User: p.server.Viewer.User, Password: p.server.Viewer.Password,
	}}.Open(t.Context(), driver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if found, err := s.Location("odd").Run(t.Context(), run); err != nil || found.ID != run {
		t.Errorf("run %+v, %v", found, err)
	}
	if _, err := os.Stat(p.path(".rivers")); !os.IsNotExist(err) {
		t.Errorf("a state directory was made: %v", err)
	}
	log, err := os.ReadFile(p.path("log"))
	if err != nil || !strings.Contains(string(log), "SurrealDB 3") {
		t.Errorf("the log does not name the engine: %v\n%s", err, log)
	}
	for name, text := range map[string]string{"log": string(log), "output": out} {
		if strings.Contains(text, p.server.Editor.Password) {
			t.Errorf("the %s shows the password", name)
		}
	}
}

// TestSurrealDBThatCannotBeUsed: each has its own words, the way out among them,
// and the exit code of storage that cannot be reached.
func TestSurrealDBThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	nobody, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nowhere := "ws://" + nobody.Addr().String()
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args, env []string
		viewer    bool   // signs in
		fresh     bool   // no code location was started with the database
		change    string // made before
		says      []string
	}{
		"nobody there":    {args: []string{"--surreal-endpoint", nowhere}, says: []string{nowhere, "cannot be reached", "--surreal-endpoint"}},
		"wrong password":  {env: []string{driver.EnvPassword + "=guessed"}, says: []string{`database user "editor" is not accepted`, driver.EnvPassword}},
		"wrong namespace": {args: []string{"--surreal-namespace", "elsewhere"}, says: []string{`namespace "elsewhere"`, driver.EnvNamespace}},
		"wrong database":  {args: []string{"--surreal-database", "elsewhere"}, says: []string{`database "elsewhere"`, driver.EnvDatabase}},
		"nobody signs in": {env: []string{driver.EnvUsername + "=", driver.EnvPassword + "="}, says: []string{"no user is configured", driver.EnvUsername}},
		"who only reads":  {viewer: true, says: []string{`"viewer" may not write`, "role EDITOR"}},
		"schema of a later build": {
			change: "UPSERT schema_migration:1000 SET version = 1000, checksum = 'later', at = 0, min_reader = 1000, min_writer = 1000",
			says:   []string{"schema version 1000", "upgrade rivers", store.ErrSchema.Error()},
		},
		"something else": {
			fresh: true, change: "DEFINE TABLE person",
			says: []string{"belongs to something else", "person"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newShared(t, "odd")
			order := append([]string{"materialize", "prints"}, p.database()...)
			if !tc.fresh {
				if out, code := p.run(order...); code != 0 {
					t.Fatal(out)
				}
			}
			if tc.change != "" {
				p.server.SQL(t, tc.change)
			}
			if tc.viewer {
				p.env = login(p.server.Viewer)
			}
			p.env = append(p.env, tc.env...)
			out, code := p.run(append(order, tc.args...)...)
			if code != 3 {
				t.Errorf("exit code %d, want 3", code)
			}
			for _, s := range tc.says {
				if !strings.Contains(out, s) {
					t.Errorf("it does not say %q:\n%s", s, out)
				}
			}
			if strings.Contains(out, "guessed") || strings.Contains(out, p.server.Editor.Password) {
				t.Errorf("it shows the password:\n%s", out)
			}
			t.Log(strings.TrimSpace(out))
		})
	}
}

// TestSchemaRisesOnSurrealDB: a process that the schema rises past drains and ends
// with 3, and another does not start (S-161).
func TestSchemaRisesOnSurrealDB(t *testing.T) {
	t.Parallel()
	p := newShared(t, "odd")
	proc := p.serve()
	p.server.SQL(t, "UPSERT schema_migration:1000 SET version = 1000, checksum = 'later', at = 0, min_reader = 1000, min_writer = 1000")
	<-proc.done
	if code := proc.cmd.ProcessState.ExitCode(); code != 3 {
		log, _ := os.ReadFile(p.path("log"))
		t.Errorf("exit code %d:\n%s", code, log)
	}
	out, code := p.run(append([]string{"serve", "--grpc-port", "0"}, p.database()...)...)
	if code != 3 || !strings.Contains(out, "upgrade rivers") || !strings.Contains(out, store.ErrSchema.Error()) {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

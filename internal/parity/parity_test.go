package parity_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// aviation builds the example.
func aviation(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "aviation")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", path, "rivers.io/examples/aviation")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// materialize computes five days and the report on a database, that of the
// arguments, and returns what it leaves there.
func materialize(t *testing.T, program string, d driver.Database, parallelism string) (store.Run, []fact) {
	t.Helper()
	place := []string{"--storage-path", d.Path}
	if !d.Embedded() {
		place = []string{"--surreal-endpoint", d.Server.Endpoint, "--surreal-namespace", d.Server.Namespace, "--surreal-database", d.Server.Database}
	}
	args := append([]string{
		"materialize", "+monthly_report", "delay_trend", "routes", "--partition", "2001-01-01..2001-01-05",
		"--parallelism", parallelism, "--values-url", "file://" + filepath.Join(t.TempDir(), "values"),
	}, place...)
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = filepath.Join("..", "..", "examples", "aviation")
	cmd.Env = append(os.Environ(), driver.EnvUsername+"="+d.Server.User, driver.EnvPassword+"="+d.Server.Password)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return history(t, d)
}

// TestHistories: with one step at a time both histories are equal, event for event;
// with several, the events of each step are, and those of the run itself.
func TestHistories(t *testing.T) {
	program := aviation(t)
	for _, tt := range []struct {
		parallelism string
		compare     func(t *testing.T, file, server []fact)
	}{
		{"1", whole},
		{"4", byStep},
	} {
		t.Run("parallelism "+tt.parallelism, func(t *testing.T) {
			db := surrealtest.Shared(t)
			server := driver.Database{Server: driver.Server{
				Endpoint: db.URL, Namespace: db.Namespace, Database: db.Database, User: db.Editor.User, Password: db.Editor.Password,
			}}
			onFile, file := materialize(t, program, driver.Database{Path: filepath.Join(t.TempDir(), "rivers.db")}, tt.parallelism)
			onServer, facts := materialize(t, program, server, tt.parallelism)
			if diff := cmp.Diff(onFile.Counts, onServer.Counts); diff != "" || onFile.Status != onServer.Status {
				t.Errorf("the runs ended %s and %s (-file +server):\n%s", onFile.Status, onServer.Status, diff)
			}
			tt.compare(t, file, facts)
			t.Logf("%d events", len(facts))
		})
	}
}

func whole(t *testing.T, file, server []fact) {
	if diff := cmp.Diff(file, server); diff != "" {
		t.Errorf("the histories differ (-file +server):\n%s", diff)
	}
}

func byStep(t *testing.T, file, server []fact) {
	if diff := cmp.Diff(steps(file), steps(server)); diff != "" {
		t.Errorf("the histories of steps differ (-file +server):\n%s", diff)
	}
}

// steps are the events of each step in order, wherever they stand in the run.
func steps(facts []fact) map[event.Step][]fact {
	by := map[event.Step][]fact{}
	for _, f := range facts {
		f.Seq = 0
		by[f.Attempt.Step] = append(by[f.Attempt.Step], f)
	}
	return by
}

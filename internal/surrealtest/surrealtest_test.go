package surrealtest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"rivers.io/internal/surrealtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestShared: tests share an engine and nothing else.
func TestShared(t *testing.T) {
	a, b := surrealtest.Shared(t), surrealtest.Shared(t)
	if a.URL != b.URL {
		t.Errorf("two engines: %s and %s", a.URL, b.URL)
	}
	a.SQL(t, "CREATE person:1 SET name = 'a'")
	b.SQL(t, "DEFINE TABLE person")
	if diff := cmp.Diff([]any{[]any{}}, b.SQL(t, "SELECT * FROM person")); diff != "" {
		t.Errorf("a database sees another's record (-want +got):\n%s", diff)
	}
}

// TestKill: what was acknowledged is there after kill -9 and after a plain end.
func TestKill(t *testing.T) {
	e := surrealtest.Start(t, surrealtest.Options{Dir: t.TempDir()})
	db := e.NewDatabase(t)
	url := e.URL
	for _, end := range []func(){e.Kill, e.Stop} {
		db.SQL(t, "CREATE acknowledged")
		end()
		e.Restart()
	}
	if e.URL != url {
		t.Errorf("restarted on %s, want %s", e.URL, url)
	}
	if diff := cmp.Diff([]any{2.0}, db.SQL(t, "RETURN count(SELECT * FROM acknowledged)")); diff != "" {
		t.Errorf("acknowledged records (-want +got):\n%s", diff)
	}
}

// TestUnauthenticated: nobody has to sign in.
func TestUnauthenticated(t *testing.T) {
	e := surrealtest.Start(t, surrealtest.Options{Unauthenticated: true})
	db := e.NewDatabase(t)
	if diff := cmp.Diff([]any{1.0}, db.SQL(t, "RETURN 1")); diff != "" {
		t.Error(diff)
	}
}

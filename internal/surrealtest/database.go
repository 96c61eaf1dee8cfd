package surrealtest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Database is an empty database with users of its own.
type Database struct {
	// URL is the engine's.
	URL string
	// Namespace holds this database alone.
	Namespace, Database string
	// Root may do everything on the engine.
	Root Credentials
	// Owner, Editor and Viewer are users of the database with the role of that name.
	Owner, Editor, Viewer Credentials

	engine *Engine
}

// Shared makes a database on the engine in memory that the test binary shares.
func Shared(t testing.TB) *Database {
	t.Helper()
	return SharedEngine(t).NewDatabase(t)
}

// NewDatabase makes a database in a namespace of its own. Unless the engine is
// shared it is there as long as the engine's data.
func (e *Engine) NewDatabase(t testing.TB) *Database {
	t.Helper()
	name := strings.ToLower(rand.Text()[:12])
	db := &Database{URL: e.URL, Namespace: "ns_" + name, Database: "db_" + name, Root: e.Root, engine: e}
	users := ""
	if !e.opt.Unauthenticated {
		hash, err := hashOf(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, role := range []string{"owner", "editor", "viewer"} {
			users += fmt.Sprintf("DEFINE USER %s ON DATABASE PASSHASH '%s' ROLES %s;", role, hash, strings.ToUpper(role))
		}
		db.Owner = Credentials{"owner", userPassword}
		db.Editor = Credentials{"editor", userPassword}
		db.Viewer = Credentials{"viewer", userPassword}
	}
	for _, step := range []struct{ namespace, database, statements string }{
		{"", "", "DEFINE NAMESPACE " + db.Namespace},
		{db.Namespace, "", "DEFINE DATABASE " + db.Database},
		{db.Namespace, db.Database, users + "RETURN NONE"},
	} {
		if _, err := e.admin.sql(step.namespace, step.database, step.statements); err != nil {
			t.Fatal(err)
		}
	}
	if e.t == nil { // shared
		t.Cleanup(func() {
			if _, err := e.admin.sql("", "", "REMOVE NAMESPACE "+db.Namespace); err != nil {
				t.Error(err)
			}
		})
	}
	return db
}

// SQL runs statements in the database as root and returns their results, decoded
// from JSON. It ends the test when one of them fails.
func (d *Database) SQL(t testing.TB, statements string) []any {
	t.Helper()
	out, err := d.engine.admin.sql(d.Namespace, d.Database, statements)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// userPassword is that of all users of databases: hashing is made to be slow, and
// so is done once.
var userPassword = rand.Text()

var hashes sync.Map // by password

// hashOf returns what an engine makes of userPassword; every engine accepts it.
func hashOf(e *Engine) (string, error) {
	if hash, ok := hashes.Load(userPassword); ok {
		return hash.(string), nil
	}
	out, err := e.admin.sql("", "", fmt.Sprintf(
		"DEFINE USER OVERWRITE hashed ON ROOT PASSWORD '%s' ROLES VIEWER; INFO FOR ROOT; REMOVE USER hashed ON ROOT;", userPassword))
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`USER hashed ON ROOT PASSHASH '([^']+)'`).FindStringSubmatch(fmt.Sprint(out))
	if found == nil {
		return "", errors.New("the engine does not tell the hash of a password")
	}
	hashes.Store(userPassword, found[1])
	return found[1], nil
}

//go:build unix

package main

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"rivers.io/internal/surrealtest"
)

// shared gives scripts databases on a real SurrealDB.
type shared struct {
	t  *testing.T
	by *sync.Map // namespace to *surrealtest.Database; scripts run side by side // by namespace
}

// database makes an empty database and says in variables where it is: "surrealdb".
// NOWHERE is an endpoint at which nobody listens.
func (s shared) database(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: surrealdb")
	}
	db := surrealtest.Shared(s.t)
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Check(lis.Close())
	for name, value := range map[string]string{
		"ENDPOINT": db.URL, "NAMESPACE": db.Namespace, "DATABASE": db.Database, "NOWHERE": "ws://" + lis.Addr().String(),
		"OWNER": db.Owner.User, "EDITOR": db.Editor.User, "VIEWER": db.Viewer.User, "PASSWORD": db.Owner.Password,
	} {
		ts.Setenv(name, value)
	}
	s.by.Store(db.Namespace, db)
}

// sql runs statements in the script's database as root: "surrealql STATEMENTS".
func (s shared) sql(ts *testscript.TestScript, neg bool, args []string) {
	db, ok := s.by.Load(ts.Getenv("NAMESPACE"))
	if neg || !ok {
		ts.Fatalf("usage: surrealql STATEMENTS, after surrealdb")
	}
	db.(*surrealtest.Database).SQL(s.t, strings.Join(args, " "))
}

// TestSurrealDB runs the files of testdata/surreal, sessions with a SurrealDB.
func TestSurrealDB(t *testing.T) {
	s := shared{t, new(sync.Map)}
	p := scripts(t, "surreal")
	p.Cmds["surrealdb"], p.Cmds["surrealql"], p.Cmds["location"] = s.database, s.sql, location
	testscript.Run(t, p)
}

// Package surrealtest starts real SurrealDB v3 engines on loopback for tests.
//
// Most tests want a database of their own and care for nothing else:
//
//	db := surrealtest.Shared(t)
//	// db.URL, db.Namespace, db.Database; db.Owner may define tables and write,
//	// db.Viewer may only read
//
// All of a test binary's share one engine in memory. A test that kills its engine,
// or wants RocksDB below it, starts one:
//
//	e := surrealtest.Start(t, surrealtest.Options{Dir: t.TempDir()})
//	db := e.NewDatabase(t)
//	e.Kill()    // kill -9
//	e.Restart() // the same port, the same directory
//
// The server is the one that RIVERS_TEST_SURREALDB names, as tools/test.sh sets it;
// without that, tools/surrealdb/install.sh brings it. A test that cannot have one
// fails, it is never left out. No engine outlives its test binary, however that ends.
//
// Nothing but tests may import it. It speaks HTTP with the engine and must never
// use the client that it helps to test.
package surrealtest

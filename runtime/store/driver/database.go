package driver

import (
	"log/slog"

	"rivers.io/runtime/store/sqlite"
	"rivers.io/runtime/store/surreal"
	"rivers.io/runtime/store/surreal/conn"
)

// Database says which database is meant: the file at Path, or the one of Server
// when that has an endpoint.
type Database struct {
	// Path is the file of an embedded database.
	Path string
	// PowerSafe lets each write to a file survive a loss of power too. A server
	// has its own setting for that.
	PowerSafe bool
	// Server is where a database lies that several machines share.
	Server Server
}

// Embedded reports whether the database is a file.
func (d Database) Embedded() bool { return d.Server.Endpoint == "" }

// String names the database for people; it holds no secret.
func (d Database) String() string {
	if d.Embedded() {
		return d.Path
	}
	return d.Server.String()
}

// GoString keeps secrets out of dumps.
func (d Database) GoString() string { return d.String() }

// LogValue keeps secrets out of logs.
func (d Database) LogValue() slog.Value { return slog.StringValue(d.String()) }

// The names that are used when nobody says others (K-55).
const (
	DefaultNamespace = "rivers"
	DefaultDatabase  = "main"
)

// Server is a database on a SurrealDB.
type Server struct {
	// Endpoint is ws://HOST:PORT or wss://HOST:PORT.
	Endpoint string
	// Namespace and Database name the database, which must be there.
	Namespace, Database string
	// User is a user of the database, and Password its secret. Without a user
	// nobody signs in.
	User, Password string
}

// String names the server and the database for people; it holds no secret.
func (s Server) String() string { return s.Endpoint + " " + s.Namespace + "/" + s.Database }

// GoString keeps the password out of dumps.
func (s Server) GoString() string { return s.String() }

// LogValue keeps the password out of logs.
func (s Server) LogValue() slog.Value {
	return slog.GroupValue(slog.String("endpoint", s.Endpoint), slog.String("namespace", s.Namespace),
		slog.String("database", s.Database), slog.String("user", s.User))
}

// file is the configuration of the embedded driver.
func (d Database) file(o Options) sqlite.Config {
	cfg := sqlite.Config{Path: d.Path, Now: o.Now, Logger: o.Logger}
	if o.Mode == ReadWrite {
		cfg.Mode = sqlite.ReadWrite
	}
	if d.PowerSafe {
		cfg.Synchronous = sqlite.Full
	}
	return cfg
}

// server is the configuration of the driver of SurrealDB.
func (d Database) server(o Options) surreal.Config {
	s := d.Server
	cfg := surreal.Config{
		Endpoint: s.Endpoint, Namespace: s.Namespace, Database: s.Database,
		Credentials: conn.Credentials{Scope: conn.DatabaseScope, User: s.User, Password: s.Password},
		Now:         o.Now, Logger: o.Logger,
	}
	if o.Mode == ReadWrite {
		cfg.Mode = surreal.ReadWrite
	}
	return cfg
}

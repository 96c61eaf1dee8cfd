package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
	"rivers.io/runtime/store/surreal"
	"rivers.io/runtime/store/surreal/conn"
)

// The engines that a measurement runs beside each other.
const (
	onSQLite  = "SQLite"
	inMemory  = "SurrealDB, memory"
	onRocksDB = "SurrealDB, RocksDB"
)

// engine is a server of SurrealDB that ends with this process.
type engine struct {
	url, version string
	cmd          *exec.Cmd
	stdin        *os.File
}

// startEngine starts a server that asks nobody to sign in, with its data in a
// directory, or in memory.
func startEngine(ctx context.Context, dir string) (*engine, error) {
	top, err := root()
	if err != nil {
		return nil, err
	}
	args := []string{filepath.Join(top, "tools", "surrealdb", "run.sh"), "--unauthenticated", "--port", "0", "--until-stdin-ends"}
	if dir != "" {
		args = append(args, "--dir", dir)
	}
	in, stdin, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // the server has its own
	cmd := exec.CommandContext(ctx, "bash", args...)
	cmd.Stdin = in
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, errors.Join(err, stdin.Close())
	}
	e := &engine{cmd: cmd, stdin: stdin}
	line, err := bufio.NewReader(out).ReadString('\n')
	for _, word := range strings.Fields(line) {
		switch k, v, _ := strings.Cut(word, "="); k {
		case "url":
			e.url = v
		case "engine":
			e.version = v
		}
	}
	if e.url == "" {
		return nil, errors.Join(fmt.Errorf("SurrealDB did not start: %q", line), err, e.stop())
	}
	return e, nil
}

// stop ends the server as an operator would.
func (e *engine) stop() error { return errors.Join(e.stdin.Close(), e.cmd.Wait()) }

// open opens the store of a database of the server, and makes it when there is
// none.
func (e *engine) open(ctx context.Context, database string, mode surreal.Mode) (*surreal.DB, error) {
	c, err := e.connect(ctx, database)
	if err != nil {
		return nil, err
	}
	if err := c.Close(); err != nil {
		return nil, err
	}
	return surreal.Open(ctx, surreal.Config{Endpoint: e.url, Namespace: "bench", Database: database, Mode: mode})
}

// connect makes a connection of the kind that the store uses.
func (e *engine) connect(ctx context.Context, database string) (*conn.Conn, error) {
	return conn.Open(ctx, conn.Config{Endpoint: e.url, Namespace: "bench", Database: database, Create: true})
}

// stand is one engine with an open store: as many handles as clients on
// SurrealDB, which are processes of a cluster, and one on SQLite.
type stand struct {
	name    string
	engine  *engine // nil on SQLite
	handles []store.Store
	reader  store.Store
}

// openStand opens an empty database on one of the engines.
func openStand(ctx context.Context, name, dir string, clients int) (*stand, error) {
	s := &stand{name: name}
	if name == onSQLite {
		path := filepath.Join(dir, "rivers.db")
		db, err := sqlite.Open(ctx, sqlite.Config{Path: path, Mode: sqlite.ReadWrite})
		if err != nil {
			return nil, err
		}
		s.handles = []store.Store{db}
		s.reader, err = sqlite.Open(ctx, sqlite.Config{Path: path, Mode: sqlite.ReadOnly})
		return s, errors.Join(err)
	}
	data := ""
	if name == onRocksDB {
		data = filepath.Join(dir, "rocksdb")
	}
	var err error
	if s.engine, err = startEngine(ctx, data); err != nil {
		return nil, err
	}
	for range clients {
		db, err := s.engine.open(ctx, "state", surreal.ReadWrite)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.handles = append(s.handles, db)
	}
	reader, err := s.engine.open(ctx, "state", surreal.ReadOnly)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.reader = reader
	return s, nil
}

// location is the location as one client has it.
func (s *stand) location(client int) store.Location {
	return s.handles[client%len(s.handles)].Location("bench")
}

func (s *stand) close() error {
	var errs []error
	if s.reader != nil {
		errs = append(errs, s.reader.Close())
	}
	for _, h := range s.handles {
		errs = append(errs, h.Close())
	}
	if s.engine != nil {
		errs = append(errs, s.engine.stop())
	}
	return errors.Join(errs...)
}

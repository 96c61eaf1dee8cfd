package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"rivers.io/runtime/store/sqlite"
	"rivers.io/runtime/store/surreal"
)

// measureSurrealRun carries out a run of trivial assets on SurrealDB, and on
// SQLite.
func measureSurrealRun(dir, name string, chain bool) ([]figure, error) {
	ctx := context.Background()
	data := ""
	if name == onRocksDB {
		data = filepath.Join(dir, "rocksdb")
	}
	e, err := startEngine(ctx, data)
	if err != nil {
		return nil, err
	}
	defer func() { _ = e.stop() }()
	db, err := e.open(ctx, "state", surreal.ReadWrite)
	if err != nil {
		return nil, err
	}
	repo, n := trivialAssets(chain, false)
	took, err := carryOutOn(ctx, db, valuesURL(dir, false), repo)
	if err := errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	lite, err := carryOut(ctx, filepath.Join(dir, "rivers.db"), valuesURL(dir, false), repo, sqlite.Normal)
	return []figure{
		{Name: "whole run", Value: took.Seconds(), Unit: "s", Beside: fmt.Sprintf("SQLite %.2f s", lite.Seconds())},
		{Name: "per step", Value: milliseconds(took) / float64(n), Unit: "ms", Beside: fmt.Sprintf("SQLite %.3f ms", milliseconds(lite)/float64(n))},
	}, err
}

//go:build unix

package main

import (
	"context"

	"github.com/google/uuid"
	"github.com/rogpeppe/go-internal/testscript"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
)

// location writes a location with an active run and a canceled one into a file:
// "location FILE ID".
func location(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: location FILE ID")
	}
	ctx := context.Background()
	db, err := driver.Database{Path: ts.MkAbs(args[0])}.Open(ctx, driver.Options{Mode: driver.ReadWrite})
	ts.Check(err)
	l := db.Location(args[1])
	_, err = l.Register(ctx, store.Catalogue{Name: args[1], Hash: "h", Definitions: []asset.Definition{{Name: "a"}}})
	ts.Check(err)
	for range 2 {
		run := store.NewRun{ID: uuid.Must(uuid.NewV7()).String(), Status: store.NotStarted, Created: event.RunCreated{
			PlanHash: "p", Steps: 1, Assets: []string{"a"}, Launcher: event.Launcher{Kind: "manual"},
		}}
		_, _, err = l.CreateRun(ctx, run)
		ts.Check(err)
	}
	runs, _, err := l.ListRuns(ctx, store.RunFilter{}, store.Page{})
	ts.Check(err)
	_, err = l.RequestCancel(ctx, runs[0].ID, nil)
	ts.Check(err)
	_, err = l.Observe(ctx, "a", event.Observation{})
	ts.Check(err)
	ts.Check(db.Close())
}

package e2e_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// gateSource is what the user adds to the pipeline: the flights of a day for which
// a gate stands wait until it is opened.
const gateSource = `package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"rivers.io/runtime/rivers"
)

// await waits at the gate of the day, if there is one.
func await(ctx *rivers.Context) error {
	gate, err := os.OpenFile("gate-"+string(ctx.Partition().Key()), os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer gate.Close()
	defer context.AfterFunc(ctx, func() { gate.Close() })()
	ctx.Logger.Info("waiting at the gate")
	if _, err := gate.Read(make([]byte, 1)); err != nil {
		return errors.Join(ctx.Err(), err)
	}
	return nil
}
`

// addGates lets the flights of the pipeline wait at gates.
func (w *workshop) addGates(t *testing.T) {
	t.Helper()
	w.write(t, "gate.go", gateSource)
	w.edit(t, "flights.go", "\t\tbyDay, err := flightsByDay()\n", "\t\tif err := await(ctx); err != nil {\n\t\t\treturn nil, err\n\t\t}\n\t\tbyDay, err := flightsByDay()\n")
}

// gate holds the flights of one day back: a named pipe that is read by one byte.
type gate struct {
	t    *testing.T
	pipe *os.File
}

// hold puts up the gate of a day.
func (w *workshop) hold(t *testing.T, day string) *gate {
	t.Helper()
	path := filepath.Join(w.dir, "gate-"+day)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pipe.Close(); err != nil {
			t.Error(err)
		}
	})
	return &gate{t, pipe}
}

// open lets the flights of the day pass, once.
func (g *gate) open() {
	g.t.Helper()
	if _, err := g.pipe.Write([]byte{1}); err != nil {
		g.t.Fatal(err)
	}
}

package e2e_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// gateSource is what the user adds to the pipeline: its start, and the flights of a
// day, wait while a gate stands in their way.
const gateSource = `package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"rivers.io/runtime/rivers"
)

func init() {
	if err := pass(context.Background(), "gate-start"); err != nil {
		panic(err)
	}
}

// await waits at the gate of the day.
func await(ctx *rivers.Context) error {
	return pass(ctx, "gate-"+string(ctx.Partition().Key()))
}

// pass waits at a gate until it is opened; one that does not stand is open.
func pass(ctx context.Context, name string) error {
	gate, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer gate.Close()
	defer context.AfterFunc(ctx, func() { gate.Close() })()
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

// gate is a named pipe in the pipeline's directory: whoever waits reads one byte.
type gate struct {
	t    *testing.T
	pipe *os.File
}

// hold puts up the gate of a day, or of the start of the pipeline.
func (w *workshop) hold(t *testing.T, what string) *gate {
	t.Helper()
	path := filepath.Join(w.dir, "gate-"+what)
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

// open lets one pass who waits, and takes the gate down for all others.
func (g *gate) open() {
	g.t.Helper()
	if err := os.Remove(g.pipe.Name()); err != nil {
		g.t.Fatal(err)
	}
	if _, err := g.pipe.Write([]byte{1}); err != nil {
		g.t.Fatal(err)
	}
}

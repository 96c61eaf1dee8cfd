package uitest

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
	"rivers.io/ui"
)

// Identity is the immutable identity of the filled location.
const Identity = "0190f000-0000-7000-8000-00000000a71a"

// Site is a UI over a filled store, with an engine that carries out launches.
type Site struct {
	Server    *ui.Server
	Locations *Locations
	// Writer is the store as the location writes it, and Engine its actions.
	Writer store.Store
	Engine *Engine
	Clock  *Clock
	reader store.Store
	logger *slog.Logger
}

// Options say what a Site is made of.
type Options struct {
	// Dir holds the database.
	Dir string
	// Now is the end of the history.
	Now time.Time
	// Hostile adds an asset whose names attack the page.
	Hostile bool
	// Empty leaves the history out.
	Empty  bool
	Logger *slog.Logger
}

// Open makes a Site. Close it.
func Open(ctx context.Context, o Options) (*Site, error) {
	s := &Site{Clock: NewClock(o.Now)}
	path := filepath.Join(o.Dir, "rivers.db")
	writer, err := sqlite.Open(ctx, sqlite.Config{Path: path, Mode: sqlite.ReadWrite, Now: s.Clock.Now, Logger: o.Logger})
	if err != nil {
		return nil, err
	}
	s.Writer = writer
	if !o.Empty {
		if err := Fill(ctx, writer.Location(Identity), s.Clock, "aviation", o.Hostile); err != nil {
			return nil, errors.Join(err, writer.Close())
		}
	}
	reader, err := sqlite.Open(ctx, sqlite.Config{Path: path, Now: s.Clock.Now, Logger: o.Logger})
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	s.reader = reader
	s.Locations = NewLocations(
		ui.Location{Namespace: "local", Name: "aviation", ID: Identity, Phase: ui.PhaseReady, Endpoint: "127.0.0.1:3001", Image: image},
		ui.Location{Namespace: "local", Name: "weather", Phase: ui.PhaseFailed, Message: "The pipeline exited with status 1."},
	)
	s.Engine = NewEngine(writer.Location(Identity), s.Clock)
	s.logger = o.Logger
	if _, err = s.Reopen(); err != nil {
		return nil, errors.Join(err, reader.Close(), writer.Close())
	}
	return s, nil
}

// Reopen makes a new Server over the same store, as after a restart. The old one
// must have been drained.
func (s *Site) Reopen() (*ui.Server, error) {
	server, err := ui.New(ui.Config{
		Store: s.reader, Locations: s.Locations, Actions: s.Engine, Values: Values{}, Build: "v0.1.0-dev",
		Loopback: true, Logger: s.logger, Now: s.Clock.Now,
	})
	if err == nil {
		s.Server = server
	}
	return server, err
}

// Close ends everything.
func (s *Site) Close() error {
	return errors.Join(s.Server.Close(), s.Engine.Close(), s.reader.Close(), s.Writer.Close())
}

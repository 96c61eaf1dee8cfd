package server

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// Launcher carries out runs.
type Launcher interface {
	// Launch takes a run that was created. An error means that it takes no run
	// now; the run stays NOT_STARTED and another executor of the location
	// takes it over.
	Launch(ctx context.Context, run store.Run) error
	// Canceled tells that the end of a run was asked for, so that its executor
	// need not wait for the watch of its stream.
	Canceled(run string)
}

// Column is a column of a Table.
type Column struct{ Name, Type string }

// Table is a stored value as rows.
type Table struct {
	// Columns are empty when the value is no table.
	Columns []Column
	// Rows yields JSON objects by column name, or the whole value once when it
	// is no table.
	Rows iter.Seq2[json.RawMessage, error]
	// Total is the number of rows of the whole value, or -1 when not known.
	Total int64
	// Truncated tells that rows or parts of cells are left out of Rows.
	Truncated bool
}

// Values reads stored values. What it cannot find is store.ErrNotFound.
type Values interface {
	// Preview returns the first rows of a value, within bounds of its own.
	Preview(ctx context.Context, ref event.ValueRef, rows int) (Table, error)
	// Rows returns every row of a value. Rows is used once.
	Rows(ctx context.Context, ref event.ValueRef) (Table, error)
	// Open returns the object as it is stored.
	Open(ctx context.Context, ref event.ValueRef) (io.ReadCloser, error)
}

// Config is what a location's server needs.
type Config struct {
	// Namespace and Name are how the location is addressed.
	Namespace, Name string
	// Image is the digest or build id of the user code, Version the version of
	// rivers, Module the repository inside of the binary. All may be empty.
	Image, Version, Module string
	// State is the location's state; its id is the location's identity.
	State store.Location
	// Graph is what the location declares.
	Graph *asset.Graph
	// Launcher carries out runs.
	Launcher Launcher
	// Values reads stored values; nil refuses to.
	Values Values
	// Pruner removes values that nothing refers to; nil refuses to.
	Pruner Pruner
	// CheckConfig reports why launch overrides of an asset's config, a JSON
	// object, cannot be used; nil checks the names of fields alone.
	CheckConfig func(asset string, overrides json.RawMessage) error
	// Now is the present; default time.Now.
	Now func() time.Time
	// Token, when not empty, must be presented by every call but health.
	Token string
	// TLS, when not nil, secures the listener: gRPC over HTTP/2, REST over
	// HTTP/1.1.
	TLS *tls.Config
	// Hosts are accepted on loopback beside the loopback names.
	Hosts []string
	// Metrics is served at /metrics; nil makes a new registry.
	Metrics *prometheus.Registry
	Logger  *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	var errs []error
	for _, need := range []struct {
		what string
		ok   bool
	}{
		{"Namespace", c.Namespace != ""}, {"Name", c.Name != ""}, {"State", c.State != nil},
		{"Graph", c.Graph != nil}, {"Launcher", c.Launcher != nil},
	} {
		if !need.ok {
			errs = append(errs, errors.New("server: "+need.what+" is required"))
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, errors.Join(errs...)
}

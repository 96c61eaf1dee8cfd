package dev

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"time"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/sqlite"
	"rivers.io/ui"
	"rivers.io/ui/remote"
)

// control is what a cluster runs as the UI and the operator: pages, REST and the
// registry, in this process.
type control struct {
	store  store.Store
	remote *remote.Locations
	ui     *ui.Server
	http   *http.Server
	served chan error
}

// controlParts are what control is made of, beside the configuration.
type controlParts struct {
	board        *Board
	feed         *feed
	token        string
	ui, registry net.Listener
}

// Limits of the HTTP server; streams are bounded by the UI.
const (
	headerWithin = 10 * time.Second
	idleWithin   = 2 * time.Minute
	stopWithin   = 3 * time.Second
)

// newControl opens the database for reading and begins to answer.
func newControl(ctx context.Context, cfg Config, parts controlParts) (_ *control, err error) {
	c := &control{remote: remote.New(parts.token), served: make(chan error, 1)}
	c.store, err = sqlite.Open(ctx, sqlite.Config{Path: cfg.Storage, Mode: sqlite.ReadOnly, Logger: cfg.Log})
	if err != nil {
		return nil, err
	}
	c.ui, err = ui.New(ui.Config{
		Store: c.store, Locations: parts.board, Actions: c.remote, Values: c.remote,
		Build: cfg.Version, Loopback: loopback(parts.ui), Logger: cfg.Log,
	})
	if err != nil {
		return nil, errors.Join(err, c.store.Close())
	}
	c.http = &http.Server{Handler: c.ui, ReadHeaderTimeout: headerWithin, IdleTimeout: idleWithin}
	go func() { c.served <- c.http.Serve(parts.ui) }()
	return c, nil
}

// loopback reports whether a listener is reached from this machine only.
func loopback(l net.Listener) bool {
	a, err := netip.ParseAddrPort(l.Addr().String())
	return err == nil && a.Addr().IsLoopback()
}

// stop ends the servers before what they read from.
func (c *control) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	c.ui.Drain()
	err := c.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) { // a page that is still open is cut
		err = c.http.Close()
	}
	if served := <-c.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	err = errors.Join(err, c.ui.Close())
	c.remote.Close()
	return errors.Join(err, c.store.Close())
}

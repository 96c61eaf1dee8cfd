package dev

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"rivers.io/cli/riversctl/database"
	"rivers.io/gateway"
	"rivers.io/operator/registry"
	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/store"
	"rivers.io/ui"
	"rivers.io/ui/remote"
)

// control is what a cluster runs as the UI and the operator: pages, REST and the
// registry, in this process.
type control struct {
	store    store.Store
	remote   *remote.Locations
	gateway  *gateway.Gateway
	ui       *ui.Server
	http     *http.Server
	registry *registry.Server
	served   chan error
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

// newControl opens the database for reading and begins to answer. On an error the
// listeners are still open.
func newControl(ctx context.Context, cfg Config, parts controlParts) (*control, error) {
	c := &control{remote: remote.New(parts.token), served: make(chan error, 2)}
	if err := c.build(ctx, cfg, parts); err != nil {
		return nil, errors.Join(err, c.release(ctx))
	}
	c.http = &http.Server{Handler: c.ui, ReadHeaderTimeout: headerWithin, IdleTimeout: idleWithin}
	go func() { c.served <- named("UI", c.http.Serve(parts.ui)) }()
	go func() { c.served <- named("registry", c.registry.Serve(parts.registry)) }()
	return c, nil
}

// build makes the parts, each from those before it.
func (c *control) build(ctx context.Context, cfg Config, parts controlParts) (err error) {
	c.store, err = database.Open(ctx, cfg.Pages, cfg.Log)
	if err != nil {
		return err
	}
	c.gateway, err = gateway.New(gateway.Config{
		Registry: parts.feed.entries, Service: registry.NewService(parts.feed.entries), Store: c.store,
		Token: func(*riversv1.CodeLocation) string { return parts.token }, Logger: cfg.Log,
	})
	if err != nil {
		return err
	}
	c.registry, err = registry.NewServer(registry.Config{Feed: parts.feed.entries, Token: parts.token, Logger: cfg.Log})
	if err != nil {
		return err
	}
	c.ui, err = ui.New(ui.Config{
		Store: c.store, Locations: parts.board, Actions: c.remote, Values: c.remote, Gateway: c.gateway.Handler(),
		Build: cfg.Version, Loopback: loopback(parts.ui), Logger: cfg.Log,
	})
	return err
}

// loopback reports whether a listener is reached from this machine only.
func loopback(l net.Listener) bool {
	a, err := netip.ParseAddrPort(l.Addr().String())
	return err == nil && a.Addr().IsLoopback()
}

// named says which server ended with an error; ending because it was stopped is
// none.
func named(what string, err error) error {
	if err == nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// stop ends the servers before what they read from.
func (c *control) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	c.ui.Drain()
	c.gateway.Drain()
	c.registry.Drain()
	err := c.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) { // a page that is still open is cut
		err = c.http.Close()
	}
	err = errors.Join(err, c.registry.Stop(ctx), <-c.served, <-c.served)
	return errors.Join(err, c.release(ctx))
}

// release ends the parts that are not servers.
func (c *control) release(ctx context.Context) (err error) {
	if c.ui != nil {
		err = c.ui.Close()
	}
	if c.gateway != nil {
		err = errors.Join(err, c.gateway.Close(ctx))
	}
	c.remote.Close()
	if c.store != nil {
		err = errors.Join(err, c.store.Close())
	}
	return err
}

package surreal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// Mode says what an opened database may be used for.
type Mode int

// The modes.
const (
	// ReadOnly needs no more than a viewer's login; methods that write give
	// store.ErrReadOnly.
	ReadOnly Mode = iota
	// ReadWrite gives an empty database the schema of this build.
	ReadWrite
)

// Config says what to open and how.
type Config struct {
	// Endpoint is ws://HOST:PORT or wss://HOST:PORT.
	Endpoint string
	// Namespace and Database name the database; both must be there.
	Namespace, Database string
	// Credentials of a user of the database; without a user nobody signs in.
	Credentials conn.Credentials
	// Mode defaults to ReadOnly.
	Mode Mode
	// Busy is how long a call is repeated that meets conflicts or a broken
	// connection before it gives up with store.ErrUnavailable; default 10 s.
	Busy time.Duration
	// Silence is after how long without a sign of life a connection is replaced, and
	// MaxBackoff how long the pauses between attempts to replace it grow; the defaults
	// are those of package conn.
	Silence, MaxBackoff time.Duration
	// Now is the clock for times of record and leases; default the engine's.
	Now func() time.Time
	// Logger defaults to one that discards.
	Logger *slog.Logger
}

// link is the connection that a store needs.
type link interface {
	Query(ctx context.Context, sql string, vars map[string]any) (conn.Results, error)
	Live(ctx context.Context, sql string, vars map[string]any) (*conn.Subscription, error)
	Version(ctx context.Context) (string, error)
	Await(ctx context.Context) error
	Close() error
}

// DB is one opened database; it implements store.Store.
type DB struct {
	cfg   Config
	name  string
	build []migration
	link  link

	heads   *headCache
	clocks  *clocks
	keyed   *keyed
	watches *watches
	owners  *owners

	// ctx ends when the store is closed.
	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup
	once   sync.Once
	closed error
}

var _ store.Store = (*DB)(nil)

// Open connects to the database that cfg names. An empty one is given the schema
// of this build in mode ReadWrite and is store.ErrNotReady in mode ReadOnly; a
// schema that this build may not use is store.ErrSchema. What is wrong with the
// endpoint, the login or the database is told by the errors of package conn, in
// store.ErrUnavailable.
func Open(ctx context.Context, cfg Config) (*DB, error) { return open(ctx, cfg, schema) }

func open(ctx context.Context, cfg Config, build []migration) (*DB, error) {
	d, err := connect(ctx, cfg, build)
	if err != nil {
		return nil, err
	}
	if err := d.prepare(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// connect connects to the database, whatever it holds.
func connect(ctx context.Context, cfg Config, build []migration) (*DB, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if cfg.Busy <= 0 {
		cfg.Busy = 10 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Logger = cfg.Logger.With("component", "store")
	c, err := conn.Open(ctx, conn.Config{
		Endpoint: cfg.Endpoint, Namespace: cfg.Namespace, Database: cfg.Database,
		Credentials: cfg.Credentials, Logger: cfg.Logger,
		Patience: cfg.Busy, Silence: cfg.Silence, Heartbeat: cfg.Silence / 3, MaxBackoff: cfg.MaxBackoff,
	})
	if err != nil {
		if cerr := ctx.Err(); cerr != nil {
			return nil, errors.Join(cerr, err)
		}
		return nil, fmt.Errorf("open the store: %w: %w", store.ErrUnavailable, err)
	}
	d := &DB{
		cfg: cfg, build: build, link: c, heads: newHeadCache(), clocks: newClocks(), keyed: newKeyed(),
		name: fmt.Sprintf("%s %s/%s", cfg.Endpoint, cfg.Namespace, cfg.Database),
	}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.watches, d.owners = newWatches(d), newOwners(d)
	return d, nil
}

// bound ends a call with the store, as with its own context.
func (d *DB) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(d.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

func (d *DB) writable() error {
	if d.cfg.Mode == ReadOnly {
		return fmt.Errorf("%s: %w", d.name, store.ErrReadOnly)
	}
	return nil
}

// Describe names the driver and the version of the engine.
func (d *DB) Describe() string {
	ctx, cancel := context.WithTimeout(d.ctx, 2*time.Second)
	defer cancel()
	version, err := d.link.Version(ctx)
	if err != nil {
		version = "of an unknown version"
	}
	return "SurrealDB " + version + " (" + d.name + ")"
}

// Close ends the watches and the connection. Closing again returns the first
// outcome.
func (d *DB) Close() error {
	d.once.Do(func() {
		d.cancel()
		d.owners.shut()
		d.watches.shut()
		d.tasks.Wait()
		d.closed = d.link.Close()
	})
	return d.closed
}

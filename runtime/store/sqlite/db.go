package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"rivers.io/runtime/store"
)

var errClosed = fmt.Errorf("the store is closed: %w", store.ErrUnavailable)

// DB is one opened database; it implements store.Store.
type DB struct {
	cfg    Config
	name   string
	build  []migration
	memory bool

	writer  *writer // nil when opened for reading
	readers *pool
	signal  *signal
	poll    *poller
	names   *names
	owners  *owners

	// ctx ends when the store is closed.
	ctx    context.Context
	cancel context.CancelFunc
	once   sync.Once
	closed error
}

var _ store.Store = (*DB)(nil)

func newDB(cfg Config, build []migration) *DB {
	d := &DB{cfg: cfg, build: build, name: cfg.Path, memory: cfg.Path == Memory, signal: newSignal(), names: newNames()}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.readers = newPool(cfg.Readers, d.connectReader)
	d.poll = newPoller(d)
	d.owners = newOwners(cfg.OwnersDir)
	return d
}

// Open opens the database that cfg names. An empty or missing file is given
// the schema of this build in mode ReadWrite and is store.ErrNotReady in mode
// ReadOnly; a schema that this build may not use is store.ErrSchema; a file that
// is no database is store.ErrCorrupt.
func Open(ctx context.Context, cfg Config) (*DB, error) { return open(ctx, cfg, schema) }

func open(ctx context.Context, cfg Config, build []migration) (*DB, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	d := newDB(cfg, build)
	if err := d.start(ctx); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *DB) start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.memory && d.cfg.Mode == ReadOnly {
		return fmt.Errorf("a database in memory cannot be opened for reading alone: %w", store.ErrInvalid)
	}
	if err := d.prepareFile(); err != nil {
		return err
	}
	if d.cfg.Mode == ReadWrite {
		c, err := d.connectWriter()
		if err != nil {
			return d.translate("open", err)
		}
		d.writer = newWriter(d, c)
		if err := d.applyAll(ctx, true); err != nil {
			return d.translate("open", err)
		}
		d.owners.sweep()
	}
	return d.checkSchema(ctx)
}

// checkSchema refuses a schema that this build may not use.
func (d *DB) checkSchema(ctx context.Context) error {
	return d.read(ctx, "open", func(c *conn) error {
		s, err := readSchema(c)
		if err != nil {
			return err
		}
		if s.Version == 0 {
			return fmt.Errorf("%s: the database is empty: %w", d.name, store.ErrNotReady)
		}
		return s.fits(d.build, d.cfg.Mode)
	})
}

// prepareFile refuses what cannot be a database and makes the directory of a
// new one. It never opens the file: closing it would drop the locks that other
// connections of this process hold.
func (d *DB) prepareFile() error {
	if d.memory {
		return nil
	}
	info, err := os.Stat(d.cfg.Path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a directory, not a database file: %w", d.name, store.ErrInvalid)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w: %w", d.name, store.ErrUnavailable, err)
	case d.cfg.Mode == ReadOnly:
		return fmt.Errorf("%s: there is no database yet: %w", d.name, store.ErrNotReady)
	}
	if err := os.MkdirAll(filepath.Dir(d.cfg.Path), 0o750); err != nil {
		return fmt.Errorf("%s: create its directory: %w: %w", d.name, classify(err), err)
	}
	return nil
}

func (d *DB) dsn() string {
	if d.memory {
		return Memory
	}
	mode := "rw"
	if d.cfg.Mode == ReadWrite {
		mode = "rwc"
	}
	u := url.URL{Scheme: "file", Path: d.cfg.Path, RawQuery: "mode=" + mode}
	return u.String()
}

func (d *DB) connectWriter() (*conn, error) {
	level := "NORMAL"
	if d.cfg.Synchronous == Full {
		level = "FULL"
	}
	c, err := d.connect()
	if err != nil {
		return nil, err
	}
	// What belongs to another program is left as it is, so the look comes
	// before the mode of the journal, which is written into the file.
	if _, err := readSchema(c); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c.set(
		"PRAGMA journal_mode = WAL",
		"PRAGMA synchronous = "+level,
		"PRAGMA wal_autocheckpoint = 2000",
		"PRAGMA journal_size_limit = 67108864",
		"PRAGMA cache_size = -32000",
		"PRAGMA temp_store = MEMORY",
		"PRAGMA busy_timeout = 0",
	)
}

func (d *DB) connectReader() (*conn, error) {
	return d.connect(
		"PRAGMA query_only = 1",
		"PRAGMA cache_size = -8000",
		"PRAGMA temp_store = MEMORY",
	)
}

func (d *DB) connect(pragmas ...string) (*conn, error) {
	c, err := openConn(d.dsn())
	if err != nil {
		return nil, err
	}
	return c.set(append([]string{"PRAGMA busy_timeout = 5000"}, pragmas...)...)
}

// read runs f with a connection for reading. Its statements see the newest
// state each; view gives them all the same.
func (d *DB) read(ctx context.Context, doing string, f func(*conn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if d.memory {
		return d.translate(doing, d.writer.do(ctx, func(t *tx) error { return f(t.conn) }))
	}
	c, err := d.readers.get(ctx)
	if err != nil {
		return d.translate(doing, err)
	}
	defer d.readers.put(c)
	return d.translate(doing, f(c))
}

// view is read in a transaction: all statements of f see one state.
func (d *DB) view(ctx context.Context, doing string, f func(*conn) error) error {
	if d.memory {
		return d.read(ctx, doing, f)
	}
	return d.read(ctx, doing, func(c *conn) error {
		// Whatever comes between the two ends of the transaction, a panic
		// included, must not leave it to the next user of the connection.
		c.doubtful = true
		if _, err := c.exec("BEGIN"); err != nil {
			return err
		}
		err := f(c)
		_, cerr := c.exec("COMMIT")
		c.doubtful = cerr != nil
		if err == nil {
			err = cerr
		}
		return err
	})
}

// write runs f in a transaction of the writer.
func (d *DB) write(ctx context.Context, f func(*tx) error) error {
	if d.writer == nil {
		return fmt.Errorf("%s: %w", d.name, store.ErrReadOnly)
	}
	return d.writer.do(ctx, f)
}

// Close ends the watches, waits for the writes under way and releases the
// database. Closing again returns the first outcome.
func (d *DB) Close() error {
	d.once.Do(func() {
		d.cancel()
		d.poll.stop()
		var errs []error
		errs = append(errs, d.readers.shut())
		if d.writer != nil {
			errs = append(errs, d.writer.shut())
		}
		d.closed = d.translate("close", errors.Join(errs...))
	})
	return d.closed
}

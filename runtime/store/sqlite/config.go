package sqlite

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"rivers.io/runtime/store"
)

// Mode says what an opened database may be used for.
type Mode int

// The modes.
const (
	// ReadOnly opens an existing database; methods that write give
	// store.ErrReadOnly.
	ReadOnly Mode = iota
	// ReadWrite creates the database when there is none.
	ReadWrite
)

// Synchronous says what an acknowledged write survives.
type Synchronous int

// The grades of durability.
const (
	// Normal survives the death of every process.
	Normal Synchronous = iota
	// Full survives a loss of power too; each commit waits for the disk.
	Full
)

// Memory as a Path opens a database that lives in this process only and ends
// with the store. It is meant for tests.
const Memory = ":memory:"

// Config says what to open and how. Path is the only field without a default.
type Config struct {
	// Path is the database file, or Memory.
	Path string
	// Mode defaults to ReadOnly.
	Mode Mode
	// Synchronous defaults to Normal.
	Synchronous Synchronous
	// OwnersDir is where the lock files of executors are; every process that
	// uses the database must name the same. Default: owners beside the file.
	OwnersDir string
	// Readers is the most connections that read at once; default 4.
	Readers int
	// Busy is how long a write waits for writers of other processes before
	// it gives up with store.ErrUnavailable; default 10 s.
	Busy time.Duration
	// Poll is how often watches look for writes of other processes; default
	// 25 ms. Writes of this store are seen at once, so that a test in a bubble
	// of simulated time may set an hour.
	Poll time.Duration
	// Now is the clock for times of record and leases; default time.Now.
	Now func() time.Time
	// Logger defaults to one that discards.
	Logger *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	if c.Path == "" {
		return c, fmt.Errorf("path of the database is empty: %w", store.ErrInvalid)
	}
	if c.Path != Memory {
		abs, err := filepath.Abs(c.Path)
		if err != nil {
			return c, fmt.Errorf("%s: %w: %w", c.Path, store.ErrInvalid, err)
		}
		c.Path = abs
		if c.OwnersDir == "" {
			c.OwnersDir = filepath.Join(filepath.Dir(abs), "owners")
		}
	}
	if c.Readers <= 0 {
		c.Readers = 4
	}
	if c.Busy <= 0 {
		c.Busy = 10 * time.Second
	}
	if c.Poll <= 0 {
		c.Poll = 25 * time.Millisecond
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	c.Logger = c.Logger.With("component", "store")
	return c, nil
}

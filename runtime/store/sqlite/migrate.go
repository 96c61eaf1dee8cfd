package sqlite

import (
	"context"
	"fmt"

	"rivers.io/runtime/store"
)

// applicationID marks the files of rivers ("rivr").
const applicationID = 0x72697672

const migrationsTable = `CREATE TABLE IF NOT EXISTS schema_migrations (
  version    INTEGER PRIMARY KEY,
  checksum   TEXT NOT NULL,
  applied_at INTEGER NOT NULL,
  min_reader INTEGER NOT NULL,
  min_writer INTEGER NOT NULL
)`

// stored is the schema as a database records it.
type stored struct {
	store.Schema
	checksums map[int]string
}

// readSchema returns the recorded schema; version 0 means an empty database.
// A database of something else is refused.
func readSchema(c *conn) (stored, error) {
	s := stored{checksums: map[int]string{}}
	var tables int64
	var ours bool
	err := c.once(background, `SELECT name FROM sqlite_schema WHERE type = 'table'`, func(r row) error {
		tables++
		ours = ours || r.text(0) == "schema_migrations"
		return nil
	})
	if err != nil || tables == 0 {
		return s, err
	}
	if !ours {
		return s, fmt.Errorf("the file is a SQLite database of something else (%d tables, none of rivers): %w", tables, store.ErrSchema)
	}
	err = c.once(background, `SELECT version, checksum, min_reader, min_writer FROM schema_migrations ORDER BY version`, func(r row) error {
		s.Version = int(r.int(0))
		s.checksums[s.Version] = r.text(1)
		s.MinReader, s.MinWriter = int(r.int(2)), int(r.int(3))
		return nil
	})
	return s, err
}

// fits says whether a build that knows the given migrations may use what is
// stored (S-130 to S-132).
func (s stored) fits(build []migration, mode Mode) error {
	if err := s.edited(build); err != nil {
		return err
	}
	n := len(build)
	switch {
	case s.Version < n:
		return fmt.Errorf("the database has schema version %d, this build needs %d; run `riversctl db migrate`: %w", s.Version, n, store.ErrSchema)
	case n < s.MinReader:
		return fmt.Errorf("the database has schema version %d, which builds below version %d cannot read; this build knows %d; upgrade rivers: %w", s.Version, s.MinReader, n, store.ErrSchema)
	case mode == ReadWrite && n < s.MinWriter:
		return fmt.Errorf("the database has schema version %d, which builds below version %d cannot write; this build knows %d; upgrade rivers: %w", s.Version, s.MinWriter, n, store.ErrSchema)
	}
	return nil
}

// Migrate brings the database at path up to the schema of this build, creating
// it when there is none. It is safe to call from several processes at once: each
// migration is one transaction, and whoever waited for it finds it applied.
// A database that is newer than this build is left alone.
func Migrate(ctx context.Context, path string) error {
	return migrate(ctx, Config{Path: path, Mode: ReadWrite}, schema)
}

func migrate(ctx context.Context, cfg Config, build []migration) error {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return err
	}
	d := newDB(cfg, build)
	if err := d.prepareFile(); err != nil {
		return err
	}
	c, err := d.connectWriter()
	if err != nil {
		return d.translate("open", err)
	}
	defer c.close()
	d.writer = newWriter(d, c)
	return d.translate("migrate", d.applyAll(ctx, false))
}

// applyAll applies the migrations that are missing. With onlyEmpty it leaves
// a database that has any schema as it is.
func (d *DB) applyAll(ctx context.Context, onlyEmpty bool) error {
	for {
		done := false
		err := d.writer.exclusive(ctx, func(c *conn) error {
			s, err := readSchema(c)
			if err != nil {
				return err
			}
			if err := s.edited(d.build); err != nil {
				return err
			}
			if s.Version >= len(d.build) || onlyEmpty && s.Version > 0 {
				done = true
				return nil
			}
			if onlyEmpty {
				done = true
				return d.applyFrom(c, 0, len(d.build))
			}
			return d.applyFrom(c, s.Version, s.Version+1)
		})
		if err != nil || done {
			return err
		}
	}
}

func (s stored) edited(build []migration) error {
	for i, m := range build {
		if sum, ok := s.checksums[i+1]; ok && sum != m.checksum() {
			return fmt.Errorf("migration %d differs from the one that was applied: %w", i+1, store.ErrSchema)
		}
	}
	return nil
}

// applyFrom applies the migrations from+1 to to inside of a transaction.
func (d *DB) applyFrom(c *conn, from, to int) error {
	if from == 0 {
		if err := c.script(fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return err
		}
	}
	if err := c.script(migrationsTable); err != nil {
		return err
	}
	for v := from + 1; v <= to; v++ {
		m := d.build[v-1]
		if err := c.script(m.script); err != nil {
			return fmt.Errorf("migration %d: %w", v, err)
		}
		_, err := c.exec(`INSERT INTO schema_migrations VALUES (?, ?, ?, ?, ?)`,
			int64(v), m.checksum(), d.cfg.Now().UnixNano(), int64(m.minReader), int64(m.minWriter))
		if err != nil {
			return fmt.Errorf("migration %d: %w", v, err)
		}
	}
	return nil
}

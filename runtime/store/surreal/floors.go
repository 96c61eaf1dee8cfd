package surreal

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// stored is the schema as a database records it.
type stored struct {
	store.Schema
	checksums map[int]string
}

// The tables that are there before any migration: what was applied, and who is
// applying something.
const (
	migrationTable = "schema_migration" // [version]: version checksum at min_reader min_writer
	lockTable      = "schema_lock"      // [migrate]: holder until
)

// readSchema returns the recorded schema; version 0 means an empty database.
// A database of something else is refused.
func (d *DB) readSchema(ctx context.Context) (stored, error) {
	s := newScript()
	s.answer("SELECT version, checksum, min_reader, min_writer FROM ", migrationTable, ":0..")
	var rows []struct {
		Version   int    `json:"version"`
		Checksum  string `json:"checksum"`
		MinReader int    `json:"min_reader"`
		MinWriter int    `json:"min_writer"`
	}
	found := stored{checksums: map[int]string{}}
	found.Build = len(d.build)
	missing := false
	err := d.repeat(ctx, "read the schema", func(bool) error {
		err := d.send(ctx, s, &rows)
		missing = conn.Is(err, conn.MissingTable)
		if missing {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return found, err
	case missing:
		return found, d.checkEmpty(ctx)
	}
	for _, r := range rows { // in the order of their ids
		found.Version, found.MinReader, found.MinWriter = r.Version, r.MinReader, r.MinWriter
		found.checksums[r.Version] = r.Checksum
	}
	return found, nil
}

// checkEmpty refuses a database without a recorded schema that has tables of
// others.
func (d *DB) checkEmpty(ctx context.Context) error {
	s := newScript()
	s.answer("INFO FOR DB")
	var info struct {
		Tables map[string]string `json:"tables"`
	}
	if err := d.read(ctx, "read the schema", s, &info); err != nil {
		return err
	}
	delete(info.Tables, lockTable)
	if _, ours := info.Tables[migrationTable]; ours || len(info.Tables) == 0 {
		return nil // ours came meanwhile: who is asked next sees it
	}
	names := slices.Sorted(maps.Keys(info.Tables))
	if len(names) > 3 {
		names = append(names[:3], "…")
	}
	return fmt.Errorf("%s: the database belongs to something else: it has tables (%s) and none of rivers: %w",
		d.name, strings.Join(names, ", "), store.ErrSchema)
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

// edited refuses a build whose migrations are others than those applied.
func (s stored) edited(build []migration) error {
	for i, m := range build {
		if sum, ok := s.checksums[i+1]; ok && sum != m.checksum() {
			return fmt.Errorf("migration %d differs from the one that was applied: %w", i+1, store.ErrSchema)
		}
	}
	return nil
}

// Schema returns the version of the stored schema.
func (d *DB) Schema(ctx context.Context) (store.Schema, error) {
	s, err := d.readSchema(ctx)
	return s.Schema, err
}

package surreal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// prepare checks that this build may use the database, and gives an empty one
// its schema.
func (d *DB) prepare(ctx context.Context) error {
	s, err := d.readSchema(ctx)
	if err == nil && s.Version == 0 && d.cfg.Mode == ReadWrite {
		if err = d.create(ctx); err == nil {
			s, err = d.readSchema(ctx)
		}
	}
	if err != nil {
		return d.translate(ctx, "open", err)
	}
	if s.Version == 0 {
		return fmt.Errorf("%s: the database is empty; it is ready once a code location was started with it, or after `riversctl db migrate`: %w", d.name, store.ErrNotReady)
	}
	if err := s.fits(d.build, d.cfg.Mode); err != nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	if d.cfg.Mode == ReadWrite {
		d.tasks.Go(d.sweepAlways)
	}
	return nil
}

// Migrate brings a database up to the schema of this build. It is safe to call
// from several processes at once, beside others that use the database: one of
// them works, under a lease, and the others wait and find it done. What was
// interrupted is taken up again. A database that is newer than this build is
// left alone. Errors as Open gives them, and store.ErrReadOnly for a user who
// may not.
func Migrate(ctx context.Context, cfg Config) error { return migrate(ctx, cfg, schema, usualTimes) }

func migrate(ctx context.Context, cfg Config, build []migration, times claimTimes) error {
	cfg.Mode = ReadWrite
	d, err := connect(ctx, cfg, build)
	if err != nil {
		return err
	}
	err = d.applyAll(ctx, times)
	if err != nil && !strings.HasPrefix(err.Error(), d.name) {
		err = fmt.Errorf("%s: migrate: %w", d.name, err)
	}
	return errors.Join(err, d.Close())
}

// applyAll applies the migrations that are missing.
func (d *DB) applyAll(ctx context.Context, times claimTimes) error {
	s, err := d.pending(ctx)
	if err == nil && s.Version == 0 {
		if err = d.create(ctx); err == nil {
			s, err = d.pending(ctx)
		}
	}
	if err != nil || s.Version >= len(d.build) {
		return err
	}
	lock, err := d.awaitLock(ctx, times)
	if err != nil {
		return err
	}
	err = d.locked(ctx, lock, func(ctx context.Context) error { return d.applyLocked(ctx, lock) })
	free, cancel := context.WithTimeout(context.WithoutCancel(ctx), times.renew)
	defer cancel()
	if rerr := lock.release(free); rerr != nil {
		d.cfg.Logger.Warn("the lease for migrating ends by itself", "error", rerr)
	}
	return err
}

// pending reads the schema and refuses to go on from migrations that this build
// knows otherwise.
func (d *DB) pending(ctx context.Context) (stored, error) {
	s, err := d.readSchema(ctx)
	if err == nil {
		err = s.edited(d.build)
	}
	return s, err
}

// awaitLock waits until this process alone migrates.
func (d *DB) awaitLock(ctx context.Context, times claimTimes) (*claim, error) {
	for n := 0; ; n++ {
		lock, err := d.take(ctx, recordID(lockTable, "migrate"), times)
		if !errors.Is(err, errHeld) {
			return lock, err
		}
		if n == 0 {
			d.cfg.Logger.Info("waiting for another process that migrates the database")
		}
		if err := sleep(ctx, times.poll); err != nil {
			return nil, err
		}
	}
}

// locked runs work while the lock is kept; its context ends when that is lost.
func (d *DB) locked(ctx context.Context, lock *claim, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		if err := lock.keep(ctx); err != nil {
			cancel(err)
		}
	}()
	err := work(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errClaimLost) {
		err = fmt.Errorf("the lease for migrating was lost: %w: %w", errClaimLost, store.ErrConflict)
	}
	cancel(nil)
	<-kept
	return err
}

// applyLocked applies the missing migrations one by one.
func (d *DB) applyLocked(ctx context.Context, lock *claim) error {
	s, err := d.pending(ctx) // as of now that nobody else migrates
	if err != nil {
		return err
	}
	for v := s.Version + 1; v <= len(d.build); v++ {
		if err := d.apply(ctx, lock, v); err != nil {
			return fmt.Errorf("migration %d: %w", v, err)
		}
		d.cfg.Logger.Info("migrated the database", "version", v)
	}
	return nil
}

// apply carries out one migration, statement by statement: to build an index may
// take longer than a transaction should. Its version is recorded last, so that
// one that was interrupted is repeated.
func (d *DB) apply(ctx context.Context, lock *claim, v int) error {
	list := d.build[v-1].statements()
	for i, text := range list {
		if err := lock.renewOnce(ctx); err != nil {
			return lostLock(err)
		}
		s := newScript()
		s.do(text)
		if err := d.read(ctx, "migrate", s, nil); err != nil {
			return fmt.Errorf("statement %d of %d (%s): %w", i+1, len(list), headline(text), err)
		}
	}
	s := newScript()
	s.do("BEGIN")
	rec := s.arg(lock.id)
	s.do("LET $lock = (SELECT nonce, until FROM ONLY ", rec, ")")
	s.do("IF $lock.nonce != ", s.arg(lock.nonce), " OR $lock.until < ", engineClock, ` { THROW "`, heldElsewhere, `" }`)
	s.do("UPDATE ", rec, " SET until += 1 RETURN NONE") // conflicts with whoever takes it over
	d.record(s, v)
	s.do("COMMIT")
	err := d.read(ctx, "record a migration", s, nil)
	if thrown(err) == heldElsewhere {
		err = errClaimLost
	}
	return lostLock(err)
}

func lostLock(err error) error {
	if errors.Is(err, errClaimLost) {
		return fmt.Errorf("the lease for migrating was lost: %w: %w", errClaimLost, store.ErrConflict)
	}
	return err
}

// record adds the statement that says that a migration was applied.
func (d *DB) record(s *script, v int) {
	m := d.build[v-1]
	s.do("UPSERT ", s.arg(recordID(migrationTable, v)), " SET version = ", s.arg(v), ", checksum = ", s.arg(m.checksum()),
		", at = ", d.clock(s), ", min_reader = ", s.arg(m.minReader), ", min_writer = ", s.arg(m.minWriter), " RETURN NONE")
}

// madeMeanwhile is thrown when another process gave the database its schema.
const madeMeanwhile = "rivers: made"

// create gives an empty database the schema of this build, in one transaction:
// there is nothing in it that could make that take long. Of several that create
// one at once, one does.
func (d *DB) create(ctx context.Context) error {
	s := newScript()
	names := map[int]string{}
	s.do("BEGIN")
	s.do("DEFINE TABLE IF NOT EXISTS ", migrationTable, " SCHEMALESS")
	s.do("DEFINE TABLE IF NOT EXISTS ", lockTable, " SCHEMALESS")
	first, lock := s.arg(recordID(migrationTable, 1)), s.arg(recordID(lockTable, "migrate"))
	s.do("LET $made = ", first, ".version") // the engine follows no record in the condition of IF
	s.do(`IF $made IS NOT NONE { THROW "`, madeMeanwhile, `" }`)
	s.do("UPSERT ", lock, " SET nonce = '', dead = true, until = 0 RETURN NONE")
	for v, m := range d.build {
		for i, text := range m.statements() {
			names[s.n] = fmt.Sprintf("migration %d: statement %d (%s)", v+1, i+1, headline(text))
			s.do(text)
		}
		d.record(s, v+1)
	}
	s.do("COMMIT")
	return d.repeat(ctx, "create the schema", func(bool) error {
		err := d.send(ctx, s, nil)
		if thrown(err) == madeMeanwhile {
			return nil
		}
		q := new(conn.QueryError)
		if errors.As(err, &q) && names[q.Statement] != "" && q.Kind != conn.Conflict {
			return fmt.Errorf("%s: %w", names[q.Statement], err)
		}
		return err
	})
}

// headline is the beginning of a statement, to know it by.
func headline(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return text
}

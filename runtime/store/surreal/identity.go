package surreal

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// Identity returns what tells this database from every other: a random id that
// the first who opens it for writing records in it, and that goes with it when it
// is copied. A reader of a database without one is told store.ErrNotReady. A
// writer records its visit, so that a user who may not write is store.ErrReadOnly
// here, before anything relies on its writes: the engine itself says nothing of a
// write that it refused.
func (d *DB) Identity(ctx context.Context) (uuid.UUID, error) {
	record := recordID("database", "identity")
	s := newScript()
	if d.cfg.Mode == ReadOnly {
		s.answer("SELECT VALUE ident FROM ", s.arg(record))
	} else {
		if err := d.identify(ctx, record); err != nil {
			return uuid.Nil, err
		}
		s.answer("UPDATE ", s.arg(record), " SET opened = ", d.clock(s), " RETURN VALUE ident")
	}
	var found []string
	if err := d.read(ctx, "read the identity of the database", s, &found); err != nil {
		return uuid.Nil, err
	}
	switch {
	case len(found) == 0 && d.cfg.Mode == ReadOnly:
		return uuid.Nil, fmt.Errorf("%s: the database has no identity before a code location was started with it: %w", d.name, store.ErrNotReady)
	case len(found) == 0:
		return uuid.Nil, fmt.Errorf("%s: %s may not write; a code location needs a user with the role EDITOR: %w", d.name, d.cfg.Credentials, store.ErrReadOnly)
	}
	id, err := uuid.Parse(found[0])
	if err != nil {
		return uuid.Nil, fmt.Errorf("%s: identity %q of the database: %w: %w", d.name, found[0], store.ErrCorrupt, err)
	}
	return id, nil
}

// identify gives the database an identity unless it has one. Only CREATE keeps two
// who do that at once apart: of two UPSERTs of a record that is not there yet, both
// are told that they won.
func (d *DB) identify(ctx context.Context, record models.RecordID) error {
	return d.repeat(ctx, "give the database an identity", func(bool) error {
		s := newScript()
		s.do("CREATE ", s.arg(record), " SET ident = ", s.arg(uuid.NewString()), " RETURN NONE")
		err := d.send(ctx, s, nil)
		if conn.Is(err, conn.Exists) {
			return nil
		}
		return err
	})
}

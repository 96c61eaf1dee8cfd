package surreal

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"rivers.io/runtime/store"
)

// Identity returns what tells this database from every other: a random id that
// the first who opens it for writing records in it, and that goes with it when it
// is copied. A reader of a database without one is told store.ErrNotReady. A
// writer records its visit, so that a user who may not write is store.ErrReadOnly
// here, before anything relies on its writes: the engine itself says nothing of a
// write that it refused.
func (d *DB) Identity(ctx context.Context) (uuid.UUID, error) {
	s := newScript()
	record := s.arg(recordID("database", "identity"))
	if d.cfg.Mode == ReadOnly {
		s.answer("SELECT VALUE ident FROM ", record)
	} else {
		s.answer("UPSERT ", record, " SET ident = ident ?? ", s.arg(uuid.NewString()),
			", opened = ", d.clock(s), " RETURN VALUE ident")
	}
	var found []string
	if err := d.read(ctx, "read the identity of the database", s, &found); err != nil {
		return uuid.Nil, err
	}
	if len(found) == 1 {
		id, err := uuid.Parse(found[0])
		if err != nil {
			return uuid.Nil, fmt.Errorf("%s: identity %q of the database: %w: %w", d.name, found[0], store.ErrCorrupt, err)
		}
		return id, nil
	}
	if d.cfg.Mode == ReadOnly {
		return uuid.Nil, fmt.Errorf("%s: the database has no identity before a code location was started with it: %w", d.name, store.ErrNotReady)
	}
	return uuid.Nil, fmt.Errorf("%s: %s may not write; a code location needs a user with the role EDITOR: %w", d.name, d.cfg.Credentials, store.ErrReadOnly)
}

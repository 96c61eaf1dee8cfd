package iohandler

import (
	"context"
	"fmt"
	"io"
	"path"

	"github.com/google/uuid"
)

// claims is where the databases that refer to values of a store say so. Listing
// values passes over it, since its name begins with a dot.
const claims = ".rivers/databases/"

// Claim says in the store that the values of one database lie in it. Values are
// removed only where no other database has said so: the record of one cannot tell
// what the other refers to. Claiming again changes nothing.
func (b *Blob) Claim(ctx context.Context, database uuid.UUID) error {
	name := claims + database.String()
	if found, err := b.bucket.Exists(ctx, name); found || err != nil {
		return claimError(err)
	}
	err := b.writer.create(ctx, name, "text/plain", func(w io.Writer) error {
		_, err := io.WriteString(w, "A rivers database refers to values of this store.\n")
		return err
	})
	if found, _ := b.bucket.Exists(ctx, name); found {
		return nil // another process of the database was faster
	}
	return claimError(err)
}

func claimError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("say in the store of values who uses it: %w", err)
}

// Claimants lists the databases whose values lie in the store, in the order of
// their ids, at most limit.
func (b *Blob) Claimants(ctx context.Context, limit int) ([]uuid.UUID, error) {
	var all []uuid.UUID
	for o, err := range b.writer.list(ctx, claims) {
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", claims, err)
		}
		if id, err := uuid.Parse(path.Base(o.Path)); err == nil {
			all = append(all, id)
		}
		if len(all) == limit {
			break
		}
	}
	return all, nil
}

// ClaimPath returns the object that holds the claim of a database, for people who
// know that the database is gone.
func ClaimPath(database uuid.UUID) string { return claims + database.String() }

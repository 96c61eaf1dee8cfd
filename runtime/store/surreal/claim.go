package surreal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/runtime/store"
)

// engineClock is the present as the engine sees it, whatever clock times of
// record follow.
const engineClock = "time::nano(time::now())"

// claimTimes are those of a record that says who holds something: how long it
// is believed, how often it is renewed, and how often who waits for it looks.
type claimTimes struct{ ttl, renew, poll time.Duration }

var usualTimes = claimTimes{ttl: 30 * time.Second, renew: 10 * time.Second, poll: time.Second}

// claim is a record {nonce, until, dead} that one process at a time holds.
type claim struct {
	d     *DB
	id    models.RecordID
	nonce string
	times claimTimes
}

// heldElsewhere is thrown where another holds a claim.
const heldElsewhere = "rivers: held"

// errHeld is returned where another holds a claim.
var errHeld = errors.New("another process holds it")

// errClaimLost is returned once another has, or had, a claim that was ours.
var errClaimLost = errors.New("another process took it over")

// take takes a claim that nobody holds, or the holder of which is dead or has
// not renewed it in time; errHeld otherwise.
func (d *DB) take(ctx context.Context, id models.RecordID, times claimTimes) (*claim, error) {
	c := &claim{d: d, id: id, nonce: uuid.NewString(), times: times}
	err := d.repeat(ctx, "take a claim", func(bool) error {
		s := newScript()
		rec, nonce := s.arg(id), s.arg(c.nonce)
		s.do("BEGIN")
		s.do("LET $now = ", engineClock)
		s.do("LET $held = !(", rec, ".dead ?? true) AND ", rec, ".until > $now AND ", rec, ".nonce != ", nonce)
		s.do("LET $over = (", rec, ".dead ?? false) AND ", rec, ".nonce = ", nonce) // released: this one comes late
		s.do(`IF $held OR $over { THROW "`, heldElsewhere, `" }`)
		s.answer("UPSERT ", rec, " SET nonce = ", nonce, ", dead = false, until = $now + ", s.arg(int64(times.ttl)), " RETURN VALUE nonce")
		s.do("COMMIT")
		var written []string
		err := d.send(ctx, s, &written)
		switch {
		case thrown(err) == heldElsewhere:
			return fmt.Errorf("%w: %w", errHeld, store.ErrConflict)
		case err == nil && len(written) == 0: // the engine says nothing else of what a user may not write
			return fmt.Errorf("%s: %s may not write: %w", d.name, d.cfg.Credentials, store.ErrReadOnly)
		}
		return err
	})
	return c, err
}

// renewOnce lets the claim last again; errClaimLost when it is another's.
func (c *claim) renewOnce(ctx context.Context) error {
	s := newScript()
	rec, nonce := s.arg(c.id), s.arg(c.nonce)
	s.do("BEGIN")
	s.do("LET $mine = (", rec, ".nonce ?? ", nonce, ") = ", nonce, " AND !(", rec, ".dead ?? false)")
	s.do("IF $mine { UPSERT ", rec, " SET nonce = ", nonce, ", dead = false, until = ", engineClock, " + ", s.arg(int64(c.times.ttl)), " RETURN NONE }")
	s.answer("RETURN $mine")
	s.do("COMMIT")
	mine := false
	if err := c.d.read(ctx, "renew a claim", s, &mine); err != nil {
		return err
	}
	if !mine {
		return errClaimLost
	}
	return nil
}

// keep renews the claim until ctx ends or it is lost, which it returns.
func (c *claim) keep(ctx context.Context) error {
	for {
		if err := sleep(ctx, c.times.renew); err != nil {
			return nil //nolint:nilerr // asked to end
		}
		try, cancel := context.WithTimeout(ctx, c.times.renew)
		err := c.renewOnce(try)
		cancel()
		switch {
		case errors.Is(err, errClaimLost):
			return err
		case err != nil && ctx.Err() == nil:
			c.d.cfg.Logger.Warn("a claim was not renewed; trying again", "table", c.id.Table, "claim", c.id.ID, "error", err)
		}
	}
}

// release gives the claim up, if it is still held.
func (c *claim) release(ctx context.Context) error {
	s := newScript()
	s.do("UPDATE ", s.arg(c.id), " SET dead = true, until = ", engineClock, " WHERE nonce = ", s.arg(c.nonce), " RETURN NONE")
	return c.d.read(ctx, "release a claim", s, nil)
}

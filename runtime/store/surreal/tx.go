package surreal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/runtime/store"
	"rivers.io/runtime/store/surreal/conn"
)

// moved is thrown by a transaction that found the head of a stream at another
// number than the one it was computed from.
const moved = "rivers: moved"

// script is the text of one message with its parameters. Values are only ever
// parameters.
type script struct {
	text strings.Builder
	vars map[string]any
	n    int      // statements so far
	out  int      // the statement whose result is the answer
	done []func() // what follows once it is acknowledged
	// of is the location whose remembered clock the statements name $seen.
	of *location
}

func newScript() *script { return &script{vars: map[string]any{}, out: -1} }

// arg names a parameter that carries the value.
func (s *script) arg(v any) string {
	name := "p" + strconv.Itoa(len(s.vars))
	s.vars[name] = v
	return "$" + name
}

// do adds a statement.
func (s *script) do(parts ...string) {
	for _, p := range parts {
		s.text.WriteString(p)
	}
	s.text.WriteString(";\n")
	s.n++
}

// answer adds the statement whose result is decoded.
func (s *script) answer(parts ...string) {
	s.out = s.n
	s.do(parts...)
}

// createEach creates a record of each row, which holds its id, with more fields
// that the expression gives. (One INSERT of many rows takes time that grows with
// their square on the engine in memory.)
func (s *script) createEach(rows []map[string]any, more string) {
	s.do("FOR $x IN ", s.arg(rows), " { CREATE $x.id CONTENT $x + ", more, " RETURN NONE }")
}

// putEach is createEach for records that may be there: of those it changes the
// fields that are given. (Less than half the time of an UPSERT, which computes
// what it writes twice.)
func (s *script) putEach(rows []map[string]any, more string) {
	if len(rows) == 0 {
		return
	}
	s.do("FOR $x IN ", s.arg(rows), " { LET $there = $x.id.g; LET $y = $x + ", more, "; IF $there IS NONE { CREATE $x.id CONTENT $y RETURN NONE }",
		" ELSE { UPDATE $x.id MERGE $y RETURN NONE } }")
}

// begin starts a script whose statements are one transaction, with the engine's
// time as $wall.
func (d *DB) begin() *script {
	s := newScript()
	s.do("BEGIN")
	s.do("LET $wall = ", d.clock(s))
	return s
}

// clock is the expression of the present, in nanoseconds.
func (d *DB) clock(s *script) string {
	if d.cfg.Now == nil {
		return "time::nano(time::now())"
	}
	return s.arg(d.cfg.Now().UnixNano())
}

// change is begin for a transaction that others shall see: $at is its time in
// the order of changes of the location, which never falls far behind. What is
// remembered of that order becomes known when the script is sent. A clock that
// was set forward far is remembered at once.
func (l *location) change() *script {
	s := l.db.begin()
	s.of = l
	s.do("LET $at = math::max([$wall, $seen])")
	s.do("IF $wall > $seen + ", s.arg(int64(clockJump)), " { UPSERT ", s.arg(recordID("clock", l.ident)), " SET at = $wall RETURN NONE }")
	return s
}

func recordID(table string, key ...any) models.RecordID {
	if len(key) == 1 {
		return models.NewRecordID(table, key[0])
	}
	return models.NewRecordID(table, key)
}

// backoff is the pause before the n-th repeat of what met a conflict.
func backoff(n int) time.Duration {
	most := min(time.Millisecond<<min(n, 10), 250*time.Millisecond)
	return time.Duration(rand.Int64N(int64(most))) + time.Millisecond/4 //nolint:gosec // jitter
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// send sends a script once and decodes its answer.
func (d *DB) send(ctx context.Context, s *script, dest any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.of != nil {
		seen, err := s.of.seenClock(ctx)
		if err != nil {
			return err
		}
		s.vars["seen"] = seen
	}
	ctx, cancel := d.bound(ctx)
	defer cancel()
	res, err := d.link.Query(ctx, s.text.String(), s.vars)
	if err != nil {
		return err
	}
	for _, f := range s.done {
		f()
	}
	if dest == nil || s.out < 0 {
		return nil
	}
	if err := res.Decode(s.out, dest); err != nil {
		return fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
	return nil
}

// read sends a script that changes nothing, and repeats it when the connection
// broke or the engine found a conflict.
func (d *DB) read(ctx context.Context, doing string, s *script, dest any) error {
	return d.repeat(ctx, doing, func(bool) error { return d.send(ctx, s, dest) })
}

// repeat runs try until it succeeds, fails for good or the time for one call is
// over. A call whose answer was lost is repeated too, and told so: whoever uses
// repeat says with it that it may be.
func (d *DB) repeat(ctx context.Context, doing string, try func(lost bool) error) error {
	deadline := time.Now().Add(d.cfg.Busy)
	lost := false
	for n := 1; ; n++ {
		err := try(lost)
		if err == nil {
			return nil
		}
		again, unsure := transient(err)
		lost = lost || unsure
		if !again || time.Now().After(deadline) || ctx.Err() != nil || d.ctx.Err() != nil {
			return d.translate(ctx, doing, err)
		}
		if serr := sleep(ctx, backoff(n)); serr != nil {
			return d.translate(ctx, doing, err)
		}
	}
}

// errAgain is returned by a try that another may follow.
var errAgain = fmt.Errorf("to be tried again: %w", store.ErrUnavailable)

// transient reports whether a repeat may help, and whether the call that failed
// may have been carried out.
func transient(err error) (again, unsure bool) {
	if l := new(conn.LostError); errors.As(err, &l) {
		return true, l.Sent
	}
	if errors.Is(err, errAgain) {
		return true, false
	}
	q := new(conn.QueryError)
	return errors.As(err, &q) && q.Kind == conn.Conflict, false
}

// isMoved reports whether a transaction found its head at another number.
func isMoved(err error) bool { return thrown(err) == moved }

// thrown returns the text that a transaction threw, or nothing.
func thrown(err error) string {
	q := new(conn.QueryError)
	if errors.As(err, &q) && q.Kind == conn.Thrown {
		return q.Message
	}
	return ""
}

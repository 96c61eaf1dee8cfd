package sqlite

import (
	"errors"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// liveCheck believes the events of one part only while their attempt is live.
// Consecutive events of one attempt are looked up once; when they end with its
// terminal event, that look is already what settles the attempt.
type liveCheck struct {
	*tx
	head  *head
	token string
	recs  []record

	known   event.Attempt // the attempt found live by an earlier event
	settled bool          // its row is gone: a terminal event is to come
}

// admit returns ErrTokenRevoked for an event whose attempt is not live, or
// whose token is another.
func (l *liveCheck) admit(i int) error {
	p, a := l.recs[i].event.Payload, l.recs[i].event.Attempt
	if a.Number == 0 || l.token == "" && !store.NeedsLive(p) {
		return nil
	}
	if a != l.known {
		l.known, l.settled = a, l.endsWithin(i)
		find := l.look
		if l.settled {
			find = l.settle
		}
		if err := find(a); err != nil {
			return err
		}
	}
	if store.Settles(p) {
		l.known = event.Attempt{}
	}
	return nil
}

// endsWithin reports whether the attempt of event i is settled by it or by an
// event that follows without one of another attempt between them.
func (l *liveCheck) endsWithin(i int) bool {
	a := l.recs[i].event.Attempt
	for ; i < len(l.recs) && l.recs[i].event.Attempt == a; i++ {
		if store.Settles(l.recs[i].event.Payload) {
			return true
		}
	}
	return false
}

func (l *liveCheck) look(a event.Attempt) error {
	step, err := l.intern(l.head.loc, a.Name)
	if err != nil {
		return err
	}
	got, err := l.first(`SELECT token FROM attempts WHERE stream = ? AND step = ? AND key = ? AND number = ?`,
		l.head.id, step, string(a.Key), int64(a.Number))
	if err == nil && (got == nil || l.token != "" && got.text(0) != l.token) {
		err = fmt.Errorf("%s: %w", a, store.ErrTokenRevoked)
	}
	return err
}

// settle removes the attempt, whose absence is what "settled" means.
func (l *liveCheck) settle(a event.Attempt) error {
	step, err := l.intern(l.head.loc, a.Name)
	if err != nil {
		return err
	}
	var n int64
	if l.token == "" {
		n, err = l.exec(`DELETE FROM attempts WHERE stream = ? AND step = ? AND key = ? AND number = ?`,
			l.head.id, step, string(a.Key), int64(a.Number))
	} else {
		n, err = l.exec(`DELETE FROM attempts WHERE stream = ? AND step = ? AND key = ? AND number = ? AND token = ?`,
			l.head.id, step, string(a.Key), int64(a.Number), l.token)
	}
	if err == nil && n == 0 {
		err = fmt.Errorf("%s: %w", a, store.ErrTokenRevoked)
	}
	return err
}

// refusals are the sentinels that concern one part of an append; all other
// errors concern the whole.
var refusals = []error{store.ErrFenced, store.ErrPrecondition, store.ErrInvalid, store.ErrConflict, store.ErrNotFound}

func isRefusal(err error) bool {
	for _, s := range refusals {
		if errors.Is(err, s) {
			return true
		}
	}
	return false
}

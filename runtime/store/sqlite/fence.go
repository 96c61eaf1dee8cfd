package sqlite

import (
	"errors"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// liveCheck believes the events of one part only while their attempt is live.
// Consecutive events of one attempt are looked up once.
type liveCheck struct {
	*tx
	head  *head
	token string

	known event.Attempt // known to be live
}

// admit returns ErrTokenRevoked for an event whose attempt is not live, or
// whose token is another. The terminal event of an attempt settles it.
func (l *liveCheck) admit(r *record) error {
	a := r.event.Attempt
	settles := store.Settles(r.event.Payload) && a.Number != 0
	switch {
	case settles:
		l.known = event.Attempt{}
		return l.settle(a)
	case l.token == "" && !(store.NeedsLive(r.event.Payload) && a.Number != 0):
		return nil
	case a == l.known:
		return nil
	}
	step, err := l.intern(l.head.loc, a.Name)
	if err != nil {
		return err
	}
	got, err := l.first(`SELECT token FROM attempts WHERE stream = ? AND step = ? AND key = ? AND number = ?`,
		l.head.id, step, string(a.Key), int64(a.Number))
	if err != nil {
		return err
	}
	if got == nil || l.token != "" && got.text(0) != l.token {
		return fmt.Errorf("%s: %w", a, store.ErrTokenRevoked)
	}
	l.known = a
	return nil
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
		return fmt.Errorf("%s: %w", a, store.ErrTokenRevoked)
	}
	return err
}

func isRefusal(err, sentinel error) bool {
	return errors.Is(err, sentinel) && sentinel != store.ErrUnavailable && sentinel != store.ErrCorrupt
}

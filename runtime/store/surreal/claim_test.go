package surreal

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/store"
)

// TestOneTakesAClaim lets many take one at once: reading that it is free must
// not be enough.
func TestOneTakesAClaim(t *testing.T) {
	for name, start := range engines {
		cfg := config(t, start(t)(t))
		dbs := []*DB{openDB(t, cfg), openDB(t, cfg), openDB(t, cfg)}
		for round := range 10 {
			var taken atomic.Int32
			var wg sync.WaitGroup
			for _, d := range dbs {
				for range 2 {
					wg.Go(func() {
						_, err := d.take(t.Context(), recordID("owner", "e"), claimTimes{ttl: time.Hour})
						switch {
						case err == nil:
							taken.Add(1)
						case !errors.Is(err, errHeld) || !errors.Is(err, store.ErrConflict):
							t.Errorf("%s: %v", name, err)
						}
					})
				}
			}
			wg.Wait()
			if n := taken.Load(); n != 1 {
				t.Fatalf("%s: round %d: %d took it", name, round, n)
			}
			s := newScript()
			s.do("UPDATE owner:e SET until = 1")
			if err := dbs[0].read(t.Context(), "let it end", s, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestClaims walks one claim through its life.
func TestClaims(t *testing.T) {
	d := openDB(t, config(t, surrealtest.Shared(t)))
	ctx, id := t.Context(), recordID("owner", "e")
	long := claimTimes{ttl: time.Hour}
	a, err := d.take(ctx, id, long)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.take(ctx, id, long); !errors.Is(err, errHeld) {
		t.Errorf("taken twice: %v", err)
	}
	if err := a.renewOnce(ctx); err != nil {
		t.Error(err)
	}
	s := newScript()
	s.do("DELETE owner:e")
	if err := d.read(ctx, "remove it", s, nil); err != nil {
		t.Fatal(err)
	}
	if err := a.renewOnce(ctx); err != nil {
		t.Errorf("one that was removed for its age is written again: %v", err)
	}
	if err := a.release(ctx); err != nil {
		t.Fatal(err)
	}
	if err := a.renewOnce(ctx); !errors.Is(err, errClaimLost) {
		t.Errorf("renewed after its release: %v", err)
	}
	b, err := d.take(ctx, id, long)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.renewOnce(ctx); !errors.Is(err, errClaimLost) {
		t.Errorf("renewed another's: %v", err)
	}
	if err := a.release(ctx); err != nil {
		t.Fatal(err)
	}
	if err := b.renewOnce(ctx); err != nil {
		t.Errorf("another's release ended it: %v", err)
	}
}

// TestOwnersOfSeveralProcesses tells living executors from dead ones.
func TestOwnersOfSeveralProcesses(t *testing.T) {
	db := surrealtest.Shared(t)
	here, there := openDB(t, config(t, db)), openDB(t, config(t, db))
	dead := func(executor string) bool {
		t.Helper()
		is, err := there.ownerDead(t.Context(), executor)
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	hold, err := here.HoldOwner("e")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := there.HoldOwner("e"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("held twice: %v", err)
	}
	if dead("e") || dead("never") || dead("") || dead("no/id") {
		t.Error("a living or unknown executor counts as dead")
	}
	for range 2 {
		if err := hold.Close(); err != nil {
			t.Error(err)
		}
	}
	if !dead("e") {
		t.Error("who ended in order is not known to be dead")
	}
	// A process that ends without a word is not known to be dead.
	gone, err := Open(t.Context(), config(t, db))
	if err != nil {
		t.Fatal(err)
	}
	hold, err = gone.HoldOwner("e2")
	if err != nil {
		t.Fatal(err)
	}
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	if dead("e2") {
		t.Error("an executor that said nothing counts as dead")
	}
	if err := hold.Close(); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("closed after the store: %v", err)
	}
	if _, err := gone.HoldOwner("e3"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("held after the store was closed: %v", err)
	}
	if _, err := openDB(t, reading(config(t, db), db)).HoldOwner("e3"); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("held by a reader: %v", err)
	}
}

// TestAClaimThatIsKeptIsRenewed keeps one for longer than it lasts.
func TestAClaimThatIsKeptIsRenewed(t *testing.T) {
	d := openDB(t, config(t, surrealtest.Shared(t)))
	c, err := d.take(t.Context(), recordID("owner", "e"), claimTimes{ttl: time.Hour, renew: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	until := func() (at int64) {
		s := newScript()
		s.answer("RETURN owner:e.until")
		if err := d.read(t.Context(), "look", s, &at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	before, lost := until(), make(chan error)
	go func() { lost <- c.keep(t.Context()) }()
	eventually(t, "it is renewed", func() bool { return until() > before })
	s := newScript()
	s.do("UPDATE owner:e SET nonce = 'thief'")
	if err := d.read(t.Context(), "steal it", s, nil); err != nil {
		t.Fatal(err)
	}
	if err := <-lost; !errors.Is(err, errClaimLost) {
		t.Errorf("got %v", err)
	}
}

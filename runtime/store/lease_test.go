package store_test

import (
	"errors"
	"testing"
	"time"

	"rivers.io/runtime/store"
)

func TestLeaseHeld(t *testing.T) {
	now := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		end  time.Time
		want bool
	}{
		"released":                              {time.Time{}, false},
		"ended long ago":                        {now.Add(-time.Hour), false},
		"ends now":                              {now, false},
		"ends in a moment":                      {now.Add(1), true},
		"the longest lease, just granted":       {now.Add(store.MaxLease), true},
		"granted before the clock was set back": {now.Add(store.MaxLease + 1), false},
		"granted hours ahead":                   {now.Add(5 * time.Hour), false},
	} {
		if got := store.LeaseHeld(c.end, now); got != c.want {
			t.Errorf("%s: held %v", name, got)
		}
	}
}

func TestCheckLease(t *testing.T) {
	for d, ok := range map[time.Duration]bool{-1: false, 0: false, 1: true, store.MaxLease: true, store.MaxLease + 1: false} {
		if err := store.CheckLease(d); (err == nil) != ok || !ok && !errors.Is(err, store.ErrInvalid) {
			t.Errorf("lease of %s: %v", d, err)
		}
	}
}

package store

import (
	"fmt"
	"time"
)

// MaxLease is the longest lease that an executor may ask for.
const MaxLease = 5 * time.Minute

// CheckLease reports ErrInvalid unless an executor may ask for a lease of d.
func CheckLease(d time.Duration) error {
	if d <= 0 || d > MaxLease {
		return fmt.Errorf("lease of %s: it must be above 0 and at most %s: %w", d, MaxLease, ErrInvalid)
	}
	return nil
}

// LeaseHeld reports whether a lease that ends at end still protects its owner at
// now, by the clock of the store. An end further ahead than any lease may be was
// written before that clock was set back: it protects nobody, or the run of a dead
// owner would wait for as long as the clock was set back. An owner that lives is
// fenced by the epoch, and writes a lease of the new time with its next append or
// renewal.
func LeaseHeld(end, now time.Time) bool {
	return end.After(now) && !end.After(now.Add(MaxLease))
}

// RevokeCause is the cause in the StepRevoked events of a takeover.
const RevokeCause = "another executor took the run over"

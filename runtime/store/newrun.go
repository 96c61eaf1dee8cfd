package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// RequestTTL is how long the answer of a request is remembered.
const RequestTTL = 24 * time.Hour

// CheckNewRun reports ErrInvalid for an order that no database could take.
func CheckNewRun(run NewRun) error {
	if err := CheckRunID(run.ID); err != nil {
		return err
	}
	if run.Status != Queued && run.Status != NotStarted {
		return fmt.Errorf("run %s: a new run cannot be %q: %w", run.ID, run.Status, ErrInvalid)
	}
	if run.Created.Steps < 0 {
		return fmt.Errorf("run %s: %d steps: %w", run.ID, run.Created.Steps, ErrInvalid)
	}
	if run.RequestID != "" {
		if err := CheckID("request id", run.RequestID); err != nil {
			return err
		}
	}
	for _, a := range run.Created.Assets {
		if err := CheckName("asset", a); err != nil {
			return fmt.Errorf("run %s: %w", run.ID, err)
		}
	}
	for k, v := range run.Created.Tags {
		if err := CheckName("tag", k); err != nil {
			return fmt.Errorf("run %s: %w", run.ID, err)
		}
		if len(v) > MaxName {
			return fmt.Errorf("run %s: value of tag %q of %d bytes is longer than %d: %w", run.ID, k, len(v), MaxName, ErrInvalid)
		}
	}
	return nil
}

// DigestRun identifies what a request asks for: everything but the id, which a
// caller makes anew when it repeats the request. Created is the encoded first
// event.
func DigestRun(run NewRun, created []byte) string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s %d ", run.Status, run.Priority)
	_, _ = h.Write(created)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

package store

import (
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
)

// Settles reports whether a payload is the terminal event of an attempt: after
// it, nothing of the attempt is believed.
func Settles(p event.Payload) bool {
	switch p.(type) {
	case *event.StepSucceeded, *event.StepFailed, *event.StepCanceled, *event.StepRevoked:
		return true
	}
	return false
}

// NeedsLive reports whether an event that names an attempt is accepted only
// while the attempt is live: everything that its worker tells.
func NeedsLive(p event.Payload) bool {
	switch p.(type) {
	case *event.Materialization, *event.Observation, *event.PartitionFailed, *event.StepStarted:
		return true
	}
	return Settles(p)
}

// Count adds what a payload says about the end of a step to c. The end of the
// run has the last word: when its counts add up to the total, they are those of
// the run, since the steps of a run whose definitions are gone cannot all be
// named by events.
func Count(c *event.Counts, p event.Payload) {
	switch p := p.(type) {
	case *event.StepSucceeded:
		c.Succeeded++
	case *event.StepFailed:
		if p.Final {
			c.Failed++
		}
	case *event.StepSkipped:
		c.Skipped++
	case *event.StepCanceled:
		c.Canceled++
	case *event.RunFinished:
		n := p.Counts
		if n.Total == c.Total && n.Succeeded+n.Failed+n.Skipped+n.Canceled == n.Total {
			*c = n
		}
	}
}

// Subject returns the asset and key that an event tells something about:
// materialized, observed or failed. It is false for every other event.
func Subject(e event.Event) (asset string, key partition.Key, ok bool) {
	asset, key = e.Attempt.Name, e.Attempt.Key
	switch p := e.Payload.(type) {
	case *event.Materialization:
		if p.Output != "" {
			asset = p.Output
		}
	case *event.Observation:
		if p.Output != "" {
			asset = p.Output
		}
	case *event.PartitionFailed:
		key = p.Key
	case *event.StepFailed:
	default:
		return "", "", false
	}
	return asset, key, asset != ""
}

// Fails reports whether the event makes its subject failed.
func Fails(p event.Payload) bool {
	switch p := p.(type) {
	case *event.PartitionFailed:
		return true
	case *event.StepFailed:
		return p.Final
	}
	return false
}

// CheckAppend reports what is wrong with an append that no state of the run
// could mend: ErrInvalid, or a *PartError with ErrInvalid or ErrFenced.
func CheckAppend(add Append) error {
	if err := CheckID("writer id", add.Writer); err != nil {
		return err
	}
	if add.Lease != 0 {
		if err := CheckLease(add.Lease); err != nil {
			return err
		}
	}
	total := 0
	for i, part := range add.Parts {
		total += len(part.Events)
		if err := checkPart(part); err != nil {
			return &PartError{Part: i, Err: err}
		}
	}
	if total > MaxAppendEvents {
		return fmt.Errorf("append of %d events exceeds %d: %w", total, MaxAppendEvents, ErrInvalid)
	}
	return nil
}

func checkPart(part Part) error {
	if part.Epoch == 0 && part.Token == "" {
		return fmt.Errorf("neither epoch nor token: %w", ErrFenced)
	}
	if len(part.Token) > MaxID {
		return CheckID("attempt token", part.Token)
	}
	finished := false
	for i, e := range part.Events {
		if finished {
			return fmt.Errorf("event %d follows RunFinished: %w", i, ErrFinished)
		}
		if err := checkEvent(part, e); err != nil {
			return fmt.Errorf("event %d: %w", i, err)
		}
		_, finished = e.Payload.(*event.RunFinished)
	}
	return nil
}

func checkEvent(part Part, e event.Event) error {
	if e.Payload == nil {
		return fmt.Errorf("no payload: %w", ErrInvalid)
	}
	if e.Attempt.Number < 0 {
		return fmt.Errorf("%s: attempt %d is negative: %w", e.Type(), e.Attempt.Number, ErrInvalid)
	}
	if e.Attempt.Name == "" && (e.Attempt.Key != "" || e.Attempt.Number != 0) {
		return fmt.Errorf("%s: attempt without a step: %w", e.Type(), ErrInvalid)
	}
	if len(e.Attempt.Key) > partition.MaxKeyLen {
		return fmt.Errorf("%s: partition key of %d bytes is longer than %d: %w", e.Type(), len(e.Attempt.Key), partition.MaxKeyLen, ErrInvalid)
	}
	if e.Attempt.Name != "" {
		if err := CheckName("step", e.Attempt.Name); err != nil {
			return err
		}
	}
	return checkAuthor(part, e)
}

// checkAuthor refuses what the fence of the part does not allow to write.
func checkAuthor(part Part, e event.Event) error {
	switch p := e.Payload.(type) {
	case *event.RunCreated, *event.RunQueued, *event.RunDequeued, *event.RunLaunchFailed,
		*event.RunStarted, *event.RunTakenOver, *event.RunCancelRequested:
		return fmt.Errorf("%s is written by its own method: %w", e.Type(), ErrInvalid)
	case *event.RunFinished:
		if p.Outcome != event.Succeeded && p.Outcome != event.Failed && p.Outcome != event.Canceled {
			return fmt.Errorf("RunFinished: unknown outcome %q: %w", p.Outcome, ErrInvalid)
		}
	case *event.StepLaunched:
		if err := CheckID("attempt token", p.Token); err != nil {
			return err
		}
	}
	needsAttempt := NeedsLive(e.Payload)
	if _, canceled := e.Payload.(*event.StepCanceled); canceled {
		needsAttempt = false
	}
	if _, launched := e.Payload.(*event.StepLaunched); launched {
		needsAttempt = true
	}
	if needsAttempt && (e.Attempt.Name == "" || e.Attempt.Number == 0) {
		return fmt.Errorf("%s names no attempt: %w", e.Type(), ErrInvalid)
	}
	if part.Epoch == 0 {
		return checkWorker(part, e)
	}
	return nil
}

func checkWorker(part Part, e event.Event) error {
	switch e.Payload.(type) {
	case *event.RunFinished, *event.StepLaunched, *event.StepRetryScheduled, *event.StepSkipped:
		return fmt.Errorf("%s needs an epoch: %w", e.Type(), ErrFenced)
	}
	if e.Attempt != part.Events[0].Attempt || e.Attempt.Number == 0 {
		return fmt.Errorf("%s names %s, the token's part %s: %w", e.Type(), e.Attempt, part.Events[0].Attempt, ErrFenced)
	}
	return nil
}

package store

import (
	"errors"
	"fmt"
)

// The sentinels. Drivers wrap them; callers compare with errors.Is.
var (
	// ErrNotFound: the run, asset, stream or location does not exist here.
	ErrNotFound = errors.New("not found")
	// ErrExists: another record has the same id.
	ErrExists = errors.New("already exists")
	// ErrInvalid: an argument is malformed or exceeds a limit; the same call
	// can never succeed.
	ErrInvalid = errors.New("invalid argument")
	// ErrConflict: the record changed under the caller; read again and retry.
	ErrConflict = errors.New("conflict")
	// ErrPrecondition: the record is in a state that forbids the operation.
	ErrPrecondition = errors.New("precondition failed")
	// ErrFinished: the run is in a final state. It wraps ErrPrecondition.
	ErrFinished = fmt.Errorf("run is finished: %w", ErrPrecondition)
	// ErrFenced: a write came from a writer that is no longer believed.
	ErrFenced = errors.New("fenced")
	// ErrStaleEpoch: another executor owns the run. It wraps ErrFenced.
	ErrStaleEpoch = fmt.Errorf("stale epoch: %w", ErrFenced)
	// ErrTokenRevoked: the attempt is settled or revoked. It wraps ErrFenced.
	ErrTokenRevoked = fmt.Errorf("attempt token revoked: %w", ErrFenced)
	// ErrLeaseHeld: the run has a living owner. It wraps ErrConflict.
	ErrLeaseHeld = fmt.Errorf("lease held: %w", ErrConflict)
	// ErrUnavailable: the store did not answer or is busy; retry.
	ErrUnavailable = errors.New("store unavailable")
	// ErrFull: no space is left; retry once there is. It wraps ErrUnavailable.
	ErrFull = fmt.Errorf("no space left: %w", ErrUnavailable)
	// ErrReadOnly: the store was opened for reading.
	ErrReadOnly = errors.New("store is read-only")
	// ErrCorrupt: what is stored cannot be read.
	ErrCorrupt = errors.New("store is corrupt")
	// ErrNotReady: the database is empty and was opened for reading.
	ErrNotReady = errors.New("store is not initialised yet")
	// ErrSchema: the schema and this build do not fit; the error's text names
	// both versions and the command that mends it.
	ErrSchema = errors.New("schema version mismatch")
)

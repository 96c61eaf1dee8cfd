package retention

import (
	"time"

	"github.com/google/uuid"

	"rivers.io/runtime/partition"
)

// Object is a stored object of an asset.
type Object struct {
	// Path is where it lies.
	Path  string
	Bytes int64
	// Modified is when it was written, by the store's clock; zero when unknown.
	Modified time.Time
	// ID is the value id, a UUIDv7; uuid.Nil for what is no value of rivers.
	ID uuid.UUID
	// Key is the partition; KeyKnown is false when the path does not tell it.
	Key      partition.Key
	KeyKnown bool
}

// Foreign reports whether the object is not named as a value is.
func (o Object) Foreign() bool { return o.ID == uuid.Nil }

// Made returns when the value was begun, by its id.
func (o Object) Made() time.Time {
	sec, nsec := o.ID.Time().UnixTime()
	return time.Unix(sec, nsec).UTC()
}

// skew is how far the clock that makes value ids may be behind the one that
// stamps runs.
const skew = time.Minute

// Rules say how old an object must be before it may go.
type Rules struct {
	// Now is the present as of the beginning of the sweep.
	Now time.Time
	// Grace is how long an object is left alone in any case.
	Grace time.Duration
	// OldestActive is since when a run that has not ended may have written values,
	// or remembers them; zero when no run is active.
	OldestActive time.Time
}

// Before returns the instant that an object must be older than.
func (r Rules) Before() time.Time {
	before := r.Now.Add(-max(r.Grace, 0))
	if since := r.OldestActive.Add(-skew); !r.OldestActive.IsZero() && since.Before(before) {
		return since
	}
	return before
}

// Old reports whether the object is old enough to go: both its id and its time of
// change say so. A foreign object never is.
func (r Rules) Old(o Object) bool {
	before := r.Before().Truncate(time.Millisecond) // as precise as value ids are
	return !o.Foreign() && o.Made().Before(before) && o.Modified.Before(before)
}

// Unreferenced returns what goes of a list of objects, in their order: what is old
// enough and not referred to.
func Unreferenced(objects []Object, r Rules, referred func(value uuid.UUID) bool) []Object {
	var out []Object
	for _, o := range objects {
		if r.Old(o) && !referred(o.ID) {
			out = append(out, o)
		}
	}
	return out
}

package partition

import (
	"fmt"
	"strings"
	"time"
)

// MaxStaticKeys is the most keys that a static space may declare.
const MaxStaticKeys = 1_000_000

// New checks a definition and returns the space it declares. The error joins
// every problem of the definition.
func New(def Definition) (Space, error) {
	switch def.Kind {
	case Static:
		s, err := newStatic(def)
		if err != nil {
			return nil, err
		}
		return s, nil
	case Daily:
		return gridOf(def, daily)
	case Hourly:
		return gridOf(def, hourly)
	case "":
		return nil, fmt.Errorf("partitions have no kind; known are %s, %s and %s", Static, Daily, Hourly)
	}
	return nil, fmt.Errorf("unknown kind of partitions %q; known are %s, %s and %s", def.Kind, Static, Daily, Hourly)
}

func gridOf(def Definition, c cadence) (Space, error) {
	g, err := newGrid(def, c)
	if err != nil {
		return nil, err
	}
	return g, nil
}

// KeyError tells that a key is not in a space (D-82, D-94).
type KeyError struct {
	// Key is the offending key as given.
	Key Key
	// Problem says what is wrong, such as "is after the last key".
	Problem string
	near    func() []Key
}

// Near returns the few valid keys closest to Key; there may be none. It is
// looked for when asked, since many callers only want to know that a key is not
// there.
func (e *KeyError) Near() []Key {
	if e.near == nil {
		return nil
	}
	return e.near()
}

// Error names the key, the problem and the nearest valid keys.
func (e *KeyError) Error() string {
	text := fmt.Sprintf("partition key %q %s", clip(string(e.Key)), e.Problem)
	keys := e.Near()
	if len(keys) == 0 {
		return text
	}
	near := make([]string, len(keys))
	for i, k := range keys {
		near[i] = string(k)
	}
	return text + "; nearest valid: " + strings.Join(near, ", ")
}

// clip shortens text that someone sent, for a message.
func clip(text string) string {
	const most = 80
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// First returns the first key of space at now; false when it has none.
func First(space Space, now time.Time) (Key, bool) { return space.Key(0, now) }

// Last returns the last key of space at now; false when it has none.
func Last(space Space, now time.Time) (Key, bool) {
	n := space.Count(now)
	if n == 0 {
		return "", false
	}
	return space.Key(n-1, now)
}

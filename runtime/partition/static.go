package partition

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"time"

	"rivers.io/runtime/internal/suggest"
)

// static is an ordered, declared set of keys (D-71).
type static struct {
	def         Definition
	keys        []Key
	index       map[Key]uint64
	fingerprint string
}

var _ Space = (*static)(nil)

// maxKeyProblems bounds how many bad keys one error lists.
const maxKeyProblems = 20

func newStatic(def Definition) (*static, error) {
	var problems []error
	if def.Start != "" || def.End != "" || def.Timezone != "" || def.CompletedOnly {
		problems = append(problems, errors.New("static partitions have no start, end, timezone or completed-only"))
	}
	switch n := len(def.Keys); {
	case n == 0:
		problems = append(problems, errors.New("static partitions need at least one key"))
	case n > MaxStaticKeys:
		return nil, errors.Join(append(problems, fmt.Errorf("static partitions have %d keys; the limit is %d", n, MaxStaticKeys))...)
	}
	s := &static{def: def, keys: make([]Key, 0, len(def.Keys)), index: make(map[Key]uint64, len(def.Keys))}
	bad := 0
	for i, text := range def.Keys {
		key, err := NewKey(text)
		if err != nil {
			if bad++; bad <= maxKeyProblems {
				problems = append(problems, fmt.Errorf("static key %d: %w", i+1, err))
			}
			continue
		}
		if _, repeated := s.index[key]; !repeated {
			s.index[key] = uint64(len(s.keys))
			s.keys = append(s.keys, key)
		}
	}
	if bad > maxKeyProblems {
		problems = append(problems, fmt.Errorf("and %d more bad static keys", bad-maxKeyProblems))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	s.fingerprint = staticFingerprint(s.keys)
	return s, nil
}

// staticFingerprint digests the keys with their lengths, so that no two lists
// of keys share it.
func staticFingerprint(keys []Key) string {
	hash := sha256.New()
	var buf []byte
	for _, k := range keys {
		buf = binary.AppendUvarint(buf[:0], uint64(len(k)))
		hash.Write(append(buf, k...))
	}
	return "static:" + hex.EncodeToString(hash.Sum(nil)[:16])
}

func (s *static) Definition() Definition { return s.def }

func (s *static) Fingerprint() string { return s.fingerprint }

func (s *static) Count(time.Time) uint64 { return uint64(len(s.keys)) }

func (s *static) Key(ordinal uint64, _ time.Time) (Key, bool) {
	if ordinal >= uint64(len(s.keys)) {
		return "", false
	}
	return s.keys[ordinal], true
}

func (s *static) Ordinal(key Key, _ time.Time) (uint64, error) {
	if at, ok := s.index[key]; ok {
		return at, nil
	}
	return 0, &KeyError{Key: key, Problem: "is not one of the declared keys", near: func() []Key { return s.near(key) }}
}

func (s *static) Window(Key) (Window, bool) { return Window{}, false }

// near returns the keys that resemble key, or the first ones when none does.
func (s *static) near(key Key) []Key {
	const most = 3
	var near []Key
	for _, text := range suggest.Near(string(key), most, s.texts()) {
		near = append(near, Key(text))
	}
	if near == nil {
		near = append(near, s.keys[:min(most, len(s.keys))]...)
	}
	return near
}

func (s *static) texts() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, k := range s.keys {
			if !yield(string(k)) {
				return
			}
		}
	}
}

package partition

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestStaticKeepsDeclaredOrder(t *testing.T) {
	t.Parallel()
	space := mustNew(t, Definition{Kind: Static, Keys: []string{"c", "a", "c", "b", "a"}})
	var keys []Key
	for i := range space.Count(time.Time{}) {
		key, _ := space.Key(i, time.Time{})
		keys = append(keys, key)
		if back, err := space.Ordinal(key, time.Time{}); err != nil || back != i {
			t.Errorf("Ordinal(%q) = %d, %v; want %d", key, back, err, i)
		}
	}
	if diff := cmp.Diff([]Key{"c", "a", "b"}, keys); diff != "" {
		t.Errorf("repeats collapse to the first position (-want +got):\n%s", diff)
	}
	if _, ok := space.Key(3, time.Time{}); ok {
		t.Error("a key past the end exists")
	}
	if _, ok := space.Window("a"); ok {
		t.Error("a static key has a window")
	}
	if diff := cmp.Diff([]string{"c", "a", "c", "b", "a"}, space.Definition().Keys); diff != "" {
		t.Errorf("the definition changed:\n%s", diff)
	}
}

func TestStaticOrdinalHints(t *testing.T) {
	t.Parallel()
	space := mustNew(t, Definition{Kind: Static, Keys: []string{"north", "south", "east", "west"}})
	cases := []struct {
		why  string
		key  Key
		near []Key
	}{
		{"a typing mistake", "nroth", []Key{"north"}},
		{"nothing alike gives the first ones", "zzzzzz", []Key{"north", "south", "east"}},
		{"empty", "", []Key{"north", "south", "east"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			_, err := space.Ordinal(c.key, time.Time{})
			var bad *KeyError
			if !errors.As(err, &bad) {
				t.Fatalf("error %v is no *KeyError", err)
			}
			if diff := cmp.Diff(c.near, bad.Near()); diff != "" {
				t.Errorf("hints differ (-want +got):\n%s", diff)
			}
		})
	}
	long := Key(strings.Repeat("é", 300))
	if _, err := space.Ordinal(long, time.Time{}); len(err.Error()) > 200 {
		t.Errorf("the error repeats a long key in full: %d bytes", len(err.Error()))
	}
}

func TestStaticFingerprintSeparatesKeys(t *testing.T) {
	t.Parallel()
	lists := [][]string{{"ab", "c"}, {"a", "bc"}, {"abc"}, {"c", "ab"}, {"ab", "c", "d"}}
	seen := make(map[string][]string)
	for _, keys := range lists {
		digest := mustNew(t, Definition{Kind: Static, Keys: keys}).Fingerprint()
		if other, taken := seen[digest]; taken {
			t.Errorf("%q and %q share a fingerprint", keys, other)
		}
		seen[digest] = keys
	}
	again := mustNew(t, Definition{Kind: Static, Keys: []string{"ab", "c", "ab"}}).Fingerprint()
	if _, known := seen[again]; !known {
		t.Error("a repeat changes the fingerprint")
	}
}

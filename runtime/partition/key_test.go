package partition

import (
	"strings"
	"testing"
)

func TestNewKey(t *testing.T) {
	t.Parallel()
	cases := []struct{ why, value, err string }{
		{"a day", "2001-01-31", ""},
		{"spaces inside", "New York", ""},
		{"dots", "a..b", ""},
		{"letters of any script", "Zürich", ""},
		{"the longest", strings.Repeat("x", MaxKeyLen), ""},
		{"empty", "", "is empty"},
		{"too long", strings.Repeat("x", MaxKeyLen+1), "513 bytes is longer than 512"},
		{"a pipe", "a|b", `reserved character '|'`},
		{"a comma", "a,b", `reserved character ','`},
		{"a leading space", " a", "begins or ends with white space"},
		{"a trailing tab", "a\t", "begins or ends with white space"},
		{"a control character", "a\x00b", "control or invalid"},
		{"broken UTF-8", "a\xff", "control or invalid"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			key, err := NewKey(c.value)
			switch {
			case c.err == "" && (err != nil || string(key) != c.value):
				t.Errorf("NewKey = %q, %v", key, err)
			case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
				t.Errorf("error %v does not say %q", err, c.err)
			}
		})
	}
}

func FuzzNewKey(f *testing.F) {
	for _, seed := range []string{"", "2001-01-31", "a|b", "a,b", " a ", "a\xff", "..", "all"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		key, err := NewKey(value)
		if err != nil {
			return
		}
		if string(key) != value {
			t.Fatalf("NewKey(%q) = %q", value, key)
		}
		// A valid key is always selectable by its own text.
		space, err := New(Definition{Kind: Static, Keys: []string{"other", value}})
		if err != nil {
			t.Fatal(err)
		}
		at, err := space.Ordinal(key, never)
		if err != nil {
			t.Fatal(err)
		}
		set, err := ParseSelection(value, space, never)
		if err != nil || !set.Equal(SetOf(at)) {
			t.Fatalf("ParseSelection(%q) = %v, %v", value, set.Page(0, 9), err)
		}
	})
}

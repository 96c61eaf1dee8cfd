package suggest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNear(t *testing.T) {
	t.Parallel()
	names := []string{"flights", "delays", "delay_report", "airports", "a", "flights"}
	cases := []struct {
		why, want string
		near      []string
	}{
		{"a missing letter", "flihts", []string{"flights"}},
		{"two swapped letters", "dealys", []string{"delays"}},
		{"another case", "Flights", []string{"flights"}},
		{"a part of a name", "port", []string{"delay_report", "airports"}},
		{"a name and more", "airports_by_day", []string{"airports"}},
		{"the closest comes first", "delay", []string{"delays", "delay_report"}},
		{"one letter resembles no other", "b", nil},
		{"nothing alike", "zzzzzzzz", nil},
		{"nothing written", "", nil},
		{"too long to compare", strings.Repeat("x", 1000), nil},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got := Near(c.want, 3, slices.Values(names))
			if diff := cmp.Diff(c.near, got, cmp.Transformer("empty", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
				t.Errorf("Near(%q) differs (-want +got):\n%s", c.want, diff)
			}
		})
	}
}

func TestNearIsBounded(t *testing.T) {
	t.Parallel()
	looked := 0
	Near("abc", 3, func(yield func(string) bool) {
		for yield("abd") {
			looked++
		}
	})
	if looked > maxCandidates {
		t.Errorf("looked at %d candidates", looked)
	}
	if got := Near("abc", 2, slices.Values([]string{"abd", "abe", "abf", "abc"})); !slices.Equal(got, []string{"abc", "abd"}) {
		t.Errorf("got %q, want the best two in order", got)
	}
}

func TestHint(t *testing.T) {
	t.Parallel()
	if got := Hint(nil); got != "" {
		t.Errorf("Hint(nil) = %q", got)
	}
	if got, want := Hint([]string{"a", "b"}), " (did you mean a, b?)"; got != want {
		t.Errorf("Hint = %q, want %q", got, want)
	}
}

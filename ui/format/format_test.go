package format_test

import (
	"strings"
	"testing"
	"time"

	"rivers.io/ui/format"
)

// plain makes the narrow spaces of the package readable in tables.
func plain(s string) string { return strings.ReplaceAll(s, "\u202f", " ") }

func TestDuration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reason string
		in     time.Duration
		want   string
	}{
		{"nothing yet", 0, "0 µs"},
		{"a clock that went back shows nothing", -time.Second, "0 µs"},
		{"microseconds", 840 * time.Microsecond, "840 µs"},
		{"milliseconds", 840 * time.Millisecond, "840 ms"},
		{"tenths below ten seconds", 1350 * time.Millisecond, "1.3 s"},
		{"never rounds up into the next unit", 9999 * time.Millisecond, "9.9 s"},
		{"seconds", 59 * time.Second, "59 s"},
		{"two units", 133 * time.Second, "2 m 13 s"},
		{"a whole hour has one unit", time.Hour, "1 h"},
		{"days", 50 * time.Hour, "2 d 2 h"},
	} {
		if got := plain(format.Duration(c.in)); got != c.want {
			t.Errorf("%s: Duration(%v) = %q, want %q", c.reason, c.in, got, c.want)
		}
	}
}

func TestAgo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct {
		reason string
		in     time.Time
		want   string
	}{
		{"no instant", time.Time{}, "never"},
		{"now", now, "just now"},
		{"clocks differ a little", now.Add(time.Second), "just now"},
		{"ahead", now.Add(5 * time.Minute), "in 5 min"},
		{"seconds", now.Add(-30 * time.Second), "30 s ago"},
		{"minutes", now.Add(-12 * time.Minute), "12 min ago"},
		{"hours up to two days", now.Add(-47 * time.Hour), "47 h ago"},
		{"days", now.Add(-72 * time.Hour), "3 days ago"},
		{"months", now.Add(-100 * 24 * time.Hour), "3 months ago"},
		{"years", now.Add(-800 * 24 * time.Hour), "2 years ago"},
	} {
		if got := plain(format.Ago(c.in, now)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.reason, got, c.want)
		}
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ reason, got, want string }{
		{"small counts have no groups", format.Count(999), "999"},
		{"groups", format.Count(1234567), "1 234 567"},
		{"negative", format.Count(-1234), "-1 234"},
		{"one", format.Plural(1, "asset"), "1 asset"},
		{"none is plural", format.Plural(0, "asset"), "0 assets"},
		{"irregular", format.Plural(2, "entry|entries"), "2 entries"},
		{"bytes", format.Bytes(1023), "1023 B"},
		{"kibibytes", format.Bytes(1536), "1.5 KiB"},
		{"mebibytes", format.Bytes(150 << 20), "150 MiB"},
		{"short id", format.Short("0190a1b2-0000-7000-8000-00000badcafe"), "0badcafe"},
		{"digest", format.Digest("reg/x@sha256:0123456789abcdef"), "0123456789ab"},
		{"clip", format.Clip("äöüß", 3), "äö…"},
		{"first line", format.Line("one\ntwo", 20), "one …"},
		{"list", format.List([]string{"a", "b", "c"}, 3), "a, b and c"},
		{"long list", format.List([]string{"a", "b", "c", "d"}, 2), "a, b and 2 more"},
		{"empty list", format.List(nil, 2), "nothing"},
		{"almost none", format.Percent(1, 1000), "<1 %"},
		{"almost all", format.Percent(999, 1000), "99 %"},
		{"of nothing", format.Percent(0, 0), "–"},
	} {
		if plain(c.got) != c.want {
			t.Errorf("%s: got %q, want %q", c.reason, plain(c.got), c.want)
		}
	}
}

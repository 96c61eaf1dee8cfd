package doctest

import (
	"regexp"
	"strings"
)

// vary are the parts of output that differ from run to run, and what stands for
// them in a comparison.
var vary = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "ID"},
	{regexp.MustCompile(`\blocal-[0-9a-f]{12}\b`), "local-BUILD"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "INSTANT"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d(\.\d+)?\b`), "CLOCK"},
	{regexp.MustCompile(`\b\d+(\.\d+)?(ms|s|m|µs)\b( ago)?|just now`), "SPAN"},
	{regexp.MustCompile(`"duration":\s*[0-9.e-]+|\bduration\s+[0-9.e-]+`), "DURATION"},
	{regexp.MustCompile(`[ \t]+`), " "},
}

func plain(line string) string {
	for _, v := range vary {
		line = v.pattern.ReplaceAllString(line, v.with)
	}
	if strings.HasPrefix(line, "{") { // JSON for the wire has blanks at random
		line = strings.NewReplacer(", ", ",", ": ", ":").Replace(line)
	}
	return strings.TrimSpace(line)
}

// matches reports whether output is what a page says.
func matches(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if strings.TrimSpace(want[0]) == "..." {
		for i := range len(got) + 1 {
			if matches(want[1:], got[i:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && matchesLine(want[0], got[0]) && matches(want[1:], got[1:])
}

// matchesLine compares one line, in which "..." stands for any text.
func matchesLine(want, got string) bool {
	parts := strings.Split(plain(want), "...")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(strings.TrimSpace(part))
	}
	return regexp.MustCompile(`^` + strings.Join(parts, `.*`) + `$`).MatchString(plain(got))
}

// lines splits output, without the empty lines at its end.
func lines(text string) []string {
	text = strings.TrimRight(text, "\n ")
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

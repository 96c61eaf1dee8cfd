package doctest

import "testing"

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		why, want, got string
		ok             bool
	}{
		{"equal lines", "a\nb", "a\nb", true},
		{"a line too many", "a", "a\nb", false},
		{"a line too few", "a\nb", "a", false},
		{"nothing expected", "", "a", false},
		{"any lines", "a\n...\nz", "a\nb\nc\nz", true},
		{"any lines may be none", "a\n...\nz", "a\nz", true},
		{"any lines do not hide the last", "a\n...\nz", "a\nb", false},
		{"any text in a line", "run ... ended", "run 7 ended", true},
		{"text around it counts", "run ... ended", "run 7 failed", false},
		{"ids may differ", "run 01a2029f-8e1e-72d4-a207-473df0d147cb", "run 02a2029f-8e1e-72d4-a207-473df0d147cb", true},
		{"durations may differ", "took 0.15s", "took 12ms", true},
		{"counts may not", "3 steps", "4 steps", false},
		{"times may differ", "09:39:00 ●", "10:00:01 ●", true},
		{"columns may be wider", "a   b", "a b", true},
		{"signs of patterns are text", "a.b (c)", "axb (c)", false},
	} {
		if matches(lines(c.want), lines(c.got)) != c.ok {
			t.Errorf("%s: %q against %q should be %v", c.why, c.want, c.got, c.ok)
		}
	}
}

func TestParse(t *testing.T) {
	p, err := parse("p.md", "<!-- session: riversctl dev . -->\ntext\n```go from=a.go\nx\n```\n")
	if err != nil || len(p.blocks) != 1 || p.blocks[0].args["from"] != "a.go" || p.blocks[0].text != "x\n" || p.prelude[0] != "riversctl dev ." {
		t.Errorf("parse gives %+v, %v", p, err)
	}
	for why, text := range map[string]string{
		"no language": "```\nx\n```\n", "an unknown one": "```bash\nx\n```\n", "an unknown argument": "```go form=a\n```\n", "no end": "```go\n",
	} {
		if _, err := parse("p.md", text); err == nil {
			t.Errorf("%s is accepted", why)
		}
	}
}

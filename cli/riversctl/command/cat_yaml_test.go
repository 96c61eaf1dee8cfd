package command

import (
	"bytes"
	"testing"
)

func TestYAMLRows(t *testing.T) {
	for _, test := range []struct {
		reason string
		list   bool
		pieces []string
		want   string
	}{
		{"rows are items of a list", true, []string{"{\"a\":1,\"b\":\"x: y\"}\n{\"a\":2,\"b\":null}\n"}, "- a: 1\n  b: 'x: y'\n- a: 2\n  b: null\n"},
		{"a row may come in pieces", true, []string{"{\"a\"", ":1}\n{\"a\":", "2}"}, "- a: 1\n- a: 2\n"},
		{"no row at all", true, nil, "[]\n"},
		{"a value that is no table", false, []string{"{\"en\":[1,2]}\n"}, "en:\n  - 1\n  - 2\n"},
		{"a bare value", false, []string{"\"hello\"\n"}, "hello\n"},
	} {
		var out bytes.Buffer
		y := &yamlRows{w: &out, list: test.list}
		for _, p := range test.pieces {
			if _, err := y.Write([]byte(p)); err != nil {
				t.Fatal(err)
			}
		}
		if err := y.end(); err != nil || out.String() != test.want {
			t.Errorf("%s: %q, %v, want %q", test.reason, out.String(), err, test.want)
		}
	}
}

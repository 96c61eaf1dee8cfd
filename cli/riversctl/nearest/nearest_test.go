package nearest_test

import (
	"testing"

	"rivers.io/cli/riversctl/nearest"
)

func TestTo(t *testing.T) {
	words := []string{"server.port", "server.host", "storage.path", "materialize"}
	for _, test := range []struct{ word, want string }{
		{"server.prot", "server.port"},
		{"sever.host", "server.host"},
		{"materialise", "materialize"},
		{"something else", ""},
		{"", ""},
	} {
		if got, _ := nearest.To(test.word, words); got != test.want {
			t.Errorf("To(%q) = %q, want %q", test.word, got, test.want)
		}
	}
}

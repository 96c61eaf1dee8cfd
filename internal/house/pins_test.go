package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"rivers.io/internal/house"
)

// TestPins holds the versions of generators against those of the linked modules.
func TestPins(t *testing.T) {
	top := root(t)
	linked := versions(t, filepath.Join(top, "go.mod"))
	for _, pin := range house.Pins {
		want, ok := linked[pin.Module]
		if !ok {
			continue // not linked yet
		}
		if got := versions(t, filepath.Join(top, filepath.FromSlash(pin.File)))[pin.Module]; got != want {
			t.Errorf("%s has %s %s, go.mod links %s: raise both, then make generate", pin.File, pin.Module, got, want)
		}
	}
}

var requirement = regexp.MustCompile(`(?m)^(?:require )?\s*(\S+\.\S+) (v\S+)`)

// versions reads the requirements of a go.mod.
func versions(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range requirement.FindAllStringSubmatch(string(text), -1) {
		found[m[1]] = m[2]
	}
	return found
}

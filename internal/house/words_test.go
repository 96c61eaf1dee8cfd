package house_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"rivers.io/internal/house"
)

// local are directories that belong to one checkout, not to the tree.
var local = []string{".git", ".rivers", "node_modules", "bin", "out"}

// TestWords searches every text file of the tree for what none may say.
func TestWords(t *testing.T) {
	patterns := make([]*regexp.Regexp, len(house.Words))
	for i, w := range house.Words {
		patterns[i] = regexp.MustCompile(w.Pattern)
	}
	top := root(t)
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(local, d.Name()):
			return filepath.SkipDir
		case !d.Type().IsRegular() || filepath.Ext(path) == ".sum":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || bytes.IndexByte(text, 0) >= 0 { // binary
			return err
		}
		name, _ := filepath.Rel(top, path)
		foreign := house.MatchesAny(filepath.ToSlash(name), house.Foreign)
		for i, re := range patterns {
			if foreign && house.Words[i].Own {
				continue
			}
			if loc := re.FindIndex(text); loc != nil {
				line := 1 + bytes.Count(text[:loc[0]], []byte("\n"))
				t.Errorf("%s:%d: %q is %s", name, line, text[loc[0]:loc[1]], house.Words[i].Because)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

package iohandler_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rivers.io/runtime/partition"
)

// files lists the files below dir.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, relErr := filepath.Rel(dir, path)
			names = append(names, rel)
			return relErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestPaths(t *testing.T) {
	for _, c := range []struct{ key, segment, why string }{
		{"", "_", "no partitions"},
		{"2001-01-31", "2001-01-31", "a day is written plainly"},
		{"2001-01-31T05:00", "2001-01-31T05%3A00", "a colon is no file name everywhere"},
		{"_", "%5F", "the name of no partition is taken"},
		{"..", "%2E%2E", "no way up"},
		{"a/b", "a%2Fb", "no deeper"},
		{"%5F", "%255F", "escapes are escaped"},
		{"Zürich", "Z%C3%BCrich", "bytes beyond ASCII"},
	} {
		dir := t.TempDir()
		b := open(t, "file://"+dir)
		out := output[int](t, "values", partition.Key(c.key))
		ref, err := b.HandleOutput(out, 1)
		if err != nil {
			t.Fatal(err)
		}
		want := "values/" + c.segment + "/" + out.ValueID + ".json"
		if ref.Path != want {
			t.Errorf("key %q: %s, want %s: %s", c.key, ref.Path, want, c.why)
		}
		latest, err := os.ReadFile(filepath.Join(dir, "values", c.segment, "latest"))
		if err != nil || strings.TrimSpace(string(latest)) != out.ValueID+".json" {
			t.Errorf("key %q: latest is %q, %v", c.key, latest, err)
		}
	}
}

func TestKeysNeverShareADirectory(t *testing.T) {
	dir := t.TempDir()
	b := open(t, "file://"+dir)
	seen := map[string]string{}
	rapid.Check(t, func(r *rapid.T) {
		key := rapid.OneOf(rapid.StringN(1, 40, 512), rapid.StringMatching(`[a-z/%._]{1,30}`),
			rapid.StringMatching(`x{300,512}[ab]`)).Draw(r, "key")
		if len(key) > partition.MaxKeyLen {
			return
		}
		ref, err := b.HandleOutput(output[int](t, "values", partition.Key(key)), 1)
		if err != nil {
			r.Fatal(err)
		}
		folder := filepath.Dir(ref.Path)
		if other, ok := seen[folder]; ok && other != key {
			r.Fatalf("keys %q and %q share %s", key, other, folder)
		}
		seen[folder] = key
		if strings.Count(ref.Path, "/") != 2 || len(filepath.Base(folder)) > 200 {
			r.Fatalf("key %q leads to %s", key, ref.Path)
		}
		if got, err := load[int](t.Context(), b, ref); got != 1 || err != nil {
			r.Fatal(got, err)
		}
	})
}

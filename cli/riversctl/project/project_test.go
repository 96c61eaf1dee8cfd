package project_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/cli/riversctl/project"
)

func create(t *testing.T, dir string) project.Dir {
	t.Helper()
	d, err := project.Create(filepath.Join(dir, project.DirName))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFindWalksUpToTheLivingDev(t *testing.T) {
	root := t.TempDir()
	deep := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	d := create(t, root)
	lock, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	want := project.Dev{PID: 7, URL: "http://127.0.0.1:3000", Registry: "127.0.0.1:50052", Token: "t", Namespace: "local", Started: time.Unix(1, 0).UTC()}
	if err := d.WriteDev(want); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(d.DevFile())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("dev.json holds a token, so its mode must be 0600: %v, %v", info.Mode(), err)
	}
	// A nearer directory whose dev has ended must not hide the living one.
	stale := create(t, filepath.Join(root, "a"))
	if err := stale.WriteDev(project.Dev{PID: 99}); err != nil {
		t.Fatal(err)
	}
	got, err := project.Find(deep)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}

	if got, err := project.At(string(d)); err != nil || got.PID != 7 {
		t.Errorf("At = %+v, %v", got, err)
	}
	if _, err := project.At(string(stale)); !errors.Is(err, project.ErrNoDev) {
		t.Errorf("At of a directory whose dev has ended = %v", err)
	}

	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	_, err = project.Find(deep)
	if !errors.Is(err, project.ErrNoDev) || !strings.Contains(err.Error(), "pid 7") {
		t.Errorf("after the process ended, Find = %v; want ErrNoDev naming pid 7", err)
	}
}

func TestLockNamesTheHolder(t *testing.T) {
	d := create(t, t.TempDir())
	lock, err := d.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.WriteDev(project.Dev{PID: 41, URL: "http://127.0.0.1:3007"}); err != nil {
		t.Fatal(err)
	}
	_, err = d.Lock()
	var held *project.HeldError
	if !errors.As(err, &held) || !strings.Contains(err.Error(), "pid 41 at http://127.0.0.1:3007") {
		t.Fatalf("second Lock = %v", err)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := d.Lock()
	if err != nil {
		t.Fatalf("a stale dev.json must not keep the directory: %v", err)
	}
	if err := again.Unlock(); err != nil {
		t.Fatal(err)
	}
}

func TestIdentityStays(t *testing.T) {
	d := create(t, t.TempDir())
	first, err := d.Identity("aviation")
	if err != nil {
		t.Fatal(err)
	}
	other, err := d.Identity("weather")
	if err != nil {
		t.Fatal(err)
	}
	again, err := d.Identity("aviation")
	if err != nil {
		t.Fatal(err)
	}
	if first != again || first == other || first == "" {
		t.Errorf("identities: %q, %q, %q", first, other, again)
	}
	if err := os.WriteFile(filepath.Join(string(d), "locations.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Identity("aviation"); err == nil || !strings.Contains(err.Error(), "locations.json") {
		t.Errorf("a broken file must be named, got %v", err)
	}
}

func TestCreateKeepsTheDirectoryOutOfGit(t *testing.T) {
	d := create(t, t.TempDir())
	raw, err := os.ReadFile(filepath.Join(string(d), ".gitignore"))
	if err != nil || string(raw) != "*\n" {
		t.Errorf(".gitignore = %q, %v", raw, err)
	}
}

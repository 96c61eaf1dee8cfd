package watch

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestCoalesceOneBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := make(chan struct{}), make(chan struct{}, 1)
		go coalesce(in, out, Quiet, Most)
		start := time.Now()
		for range 3 {
			in <- struct{}{}
		}
		<-out
		if took := time.Since(start); took != Quiet {
			t.Errorf("a burst of three was reported after %v, want %v", took, Quiet)
		}
		close(in)
		synctest.Wait()
		select {
		case <-out:
			t.Error("one burst was reported twice")
		default:
		}
	})
}

func TestCoalesceNeverStarves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := make(chan struct{}), make(chan struct{}, 1)
		go coalesce(in, out, Quiet, Most)
		reported := 0
		for start := time.Now(); time.Since(start) < 10*Most; {
			in <- struct{}{}
			<-time.After(Quiet / 2) // virtual time: saves that never pause
			select {
			case <-out:
				reported++
			default:
			}
		}
		close(in)
		synctest.Wait()
		if reported < 8 {
			t.Errorf("saving without a pause for ten bounds was reported %d times", reported)
		}
	})
}

func TestRelevant(t *testing.T) {
	for _, test := range []struct {
		name  string
		every bool
		want  bool
	}{
		{"main.go", false, true},
		{"go.sum", false, true},
		{"main_test.go", false, false},
		{".main.go.swp", false, false},
		{"main.go~", false, false},
		{"notes.md", false, false},
		{"flights.csv", true, true},
		{".DS_Store", true, false},
	} {
		if got := Relevant(test.name, test.every); got != test.want {
			t.Errorf("Relevant(%q, %v) = %v", test.name, test.every, got)
		}
	}
}

func TestWatch(t *testing.T) {
	root := t.TempDir()
	code, data, later := filepath.Join(root, "code"), filepath.Join(root, "data"), filepath.Join(root, "a/b/later")
	for _, dir := range []string{code, data} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w, err := New(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := w.Watch([]string{code, later}, []string{data}); err != nil {
		t.Fatal(err)
	}
	save := func(path string) {
		t.Helper()
		if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		<-w.Changes()
	}
	save(filepath.Join(code, "main.go"))
	save(filepath.Join(data, "table.csv"))
	if err := os.MkdirAll(later, 0o755); err != nil {
		t.Fatal(err)
	}
	<-w.Changes() // the missing directory appeared
	if err := w.Watch([]string{code, later}, nil); err != nil {
		t.Fatal(err)
	}
	save(filepath.Join(later, "x.go"))
	if err := os.RemoveAll(later); err != nil {
		t.Fatal(err)
	}
	<-w.Changes() // a branch was changed: the directory went …
	if err := w.Watch([]string{code, later}, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(later, 0o755); err != nil {
		t.Fatal(err)
	}
	<-w.Changes() // … and came back
}

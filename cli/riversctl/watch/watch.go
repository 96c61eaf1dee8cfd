// Package watch tells when source files were saved. Bursts of events become one
// change, and a stream of saves that never pauses still becomes changes.
//
// A change says only that something was saved; whether it matters is for the
// build to find out. The package never reads a file.
package watch

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Quiet is how long nothing may happen before a burst of events is over, and
// Most is how long after its first event a burst is reported although it goes on.
const (
	Quiet = 40 * time.Millisecond
	Most  = 250 * time.Millisecond
)

// Watcher watches directories.
type Watcher struct {
	log     *slog.Logger
	notify  *fsnotify.Watcher
	raw     chan struct{}
	changes chan struct{}
	done    sync.WaitGroup

	mu sync.Mutex
	// wanted maps each directory to whether every file in it matters.
	wanted map[string]bool
	// above are existing parents of wanted directories that do not exist.
	above map[string]bool
}

// New starts a watcher that watches nothing yet. Close ends it.
func New(log *slog.Logger) (*Watcher, error) {
	n, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch source files: %w", limit(err))
	}
	w := &Watcher{
		log: log, notify: n,
		raw: make(chan struct{}, 1), changes: make(chan struct{}, 1),
		wanted: map[string]bool{}, above: map[string]bool{},
	}
	w.done.Add(2)
	go func() { defer w.done.Done(); defer close(w.raw); w.filter() }()
	go func() { defer w.done.Done(); coalesce(w.raw, w.changes, Quiet, Most) }()
	return w, nil
}

// Changes yields after something was saved. Changes that nobody took yet are one.
func (w *Watcher) Changes() <-chan struct{} { return w.changes }

// Close ends the watch and waits for its goroutines.
func (w *Watcher) Close() error {
	err := w.notify.Close()
	w.done.Wait()
	return err
}

// Watch replaces what is watched: of the directories in code, Go sources and what
// steers their build; of those in data, every file. Directories that do not exist
// are watched from their nearest parent on.
func (w *Watcher) Watch(code, data []string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.wanted
	w.wanted, w.above = map[string]bool{}, map[string]bool{}
	for _, dir := range code {
		w.wanted[dir] = false
	}
	for _, dir := range data {
		w.wanted[dir] = true
	}
	var problems []error
	for dir := range w.wanted {
		problems = append(problems, w.add(dir))
	}
	for dir := range old {
		if _, still := w.wanted[dir]; !still && !w.above[dir] {
			_ = w.notify.Remove(dir) // it may be gone, and its watch with it
		}
	}
	return errors.Join(problems...)
}

// add watches dir, or the nearest parent that exists.
func (w *Watcher) add(dir string) error {
	for at := dir; ; at = filepath.Dir(at) {
		err := w.notify.Add(at)
		switch {
		case err == nil && at != dir:
			w.above[at] = true
			return nil
		case err == nil:
			return nil
		case !errors.Is(err, fs.ErrNotExist), at == filepath.Dir(at):
			return fmt.Errorf("watch %s: %w", at, limit(err))
		}
	}
}

// limit explains the one limit that people run into.
func limit(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) {
		return fmt.Errorf("%w (raise fs.inotify.max_user_watches and fs.inotify.max_user_instances)", err)
	}
	return err
}

func (w *Watcher) filter() {
	for {
		select {
		case e, ok := <-w.notify.Events:
			if !ok {
				return
			}
			if w.matters(e) {
				signal(w.raw)
			}
		case err, ok := <-w.notify.Errors:
			if !ok {
				return
			}
			// An overflow lost events: assume that they mattered.
			w.log.Warn("watching source files", "error", err)
			signal(w.raw)
		}
	}
}

func (w *Watcher) matters(e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.above[filepath.Dir(e.Name)] && w.returned(e.Name) {
		return true
	}
	if _, dir := w.wanted[e.Name]; dir { // a watched directory came, went or moved
		return true
	}
	every, ok := w.wanted[filepath.Dir(e.Name)]
	return ok && Relevant(filepath.Base(e.Name), every)
}

// returned watches the directories at or below path, which just appeared.
func (w *Watcher) returned(path string) bool {
	found := false
	for dir := range w.wanted {
		if dir != path && !strings.HasPrefix(dir, path+string(filepath.Separator)) {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			continue
		}
		found = true
		if err := w.add(dir); err != nil {
			w.log.Warn("watching source files", "error", err)
		}
	}
	return found
}

// Relevant reports whether saving a file of that name can change a build; every
// says that the file lies where all files are embedded.
func Relevant(name string, every bool) bool {
	switch {
	case strings.HasPrefix(name, "."), strings.HasSuffix(name, "~"), strings.HasSuffix(name, ".swp"), strings.HasSuffix(name, ".tmp"),
		strings.HasPrefix(name, "#"), strings.HasSuffix(name, "_test.go"):
		return false
	case every:
		return true
	}
	switch name {
	case "go.mod", "go.sum", "go.work", "go.work.sum":
		return true
	}
	switch filepath.Ext(name) {
	case ".go", ".c", ".h", ".s", ".cc", ".cpp", ".hpp", ".syso":
		return true
	}
	return false
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is waiting already
	}
}

// coalesce turns bursts on in into single signals on out, until in is closed.
func coalesce(in <-chan struct{}, out chan<- struct{}, quiet, most time.Duration) {
	for range in {
		latest := time.After(most)
		for settled := false; !settled; {
			pause := time.NewTimer(quiet)
			select {
			case _, ok := <-in:
				settled = !ok
			case <-pause.C:
				settled = true
			case <-latest:
				settled = true
			}
			pause.Stop()
		}
		signal(out)
	}
}

package e2e_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rivers.io/internal/chromium"
)

// checkout is the root of the module.
const checkout = ".."

// patience is how long a build, a start or an end may take on a busy machine.
const patience = 2 * time.Minute

func TestMain(m *testing.M) { chromium.Main(m) }

// workshop is a pipeline of one's own, made of the aviation example, and the
// riversctl that it is developed with.
type workshop struct {
	riversctl, dir, state string
}

// newWorkshop builds riversctl and begins the pipeline aviation with it.
func newWorkshop(t *testing.T) *workshop {
	t.Helper()
	tmp := t.TempDir()
	w := &workshop{filepath.Join(tmp, "riversctl"), filepath.Join(tmp, "aviation"), filepath.Join(tmp, "state")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", w.riversctl, "./cli/riversctl")
	build.Dir = checkout
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build riversctl: %v\n%s", err, out)
	}
	root, err := filepath.Abs(checkout)
	if err != nil {
		t.Fatal(err)
	}
	w.run(t, tmp, "init", "aviation", "--module", "example.test/aviation", "--rivers-dir", root)
	w.adopt(t, filepath.Join(root, "examples", "aviation"))
	return w
}

// adopt replaces the sources that init wrote by those of an example.
func (w *workshop) adopt(t *testing.T, example string) {
	t.Helper()
	for _, written := range []string{"main.go", "assets.go", "assets_test.go"} {
		if err := os.Remove(filepath.Join(w.dir, written)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(w.dir, "data"), os.DirFS(filepath.Join(example, "data"))); err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob(filepath.Join(example, "*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources in %s: %v", example, err)
	}
	for _, source := range sources {
		text, err := os.ReadFile(source)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(source, "_test.go") {
			w.write(t, filepath.Base(source), string(text))
		}
	}
}

// write saves a file of the pipeline.
func (w *workshop) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// edit replaces what stands once in a file of the pipeline.
func (w *workshop) edit(t *testing.T, name, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), old); n != 1 {
		t.Fatalf("%s: %q stands there %d times", name, old, n)
	}
	w.write(t, name, strings.Replace(string(text), old, replacement, 1))
}

// run runs a command of riversctl to its end and returns what it printed.
func (w *workshop) run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), w.riversctl, args...)
	var problems strings.Builder
	cmd.Dir, cmd.Stderr = dir, &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("riversctl %s: %v\n%s%s", strings.Join(args, " "), err, out, problems.String())
	}
	return string(out)
}

// ask runs a command against the running dev.
func (w *workshop) ask(t *testing.T, args ...string) string {
	t.Helper()
	return w.run(t, w.dir, append(args, "--state-dir", w.state)...)
}

// dev is a riversctl dev that runs until the test ends.
type dev struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu      sync.Mutex
	printed strings.Builder
	more    chan struct{} // closed and renewed at each write
}

// develop starts riversctl dev and waits until the pipeline serves.
func (w *workshop) develop(t *testing.T) *dev {
	t.Helper()
	d := &dev{ended: make(chan struct{}), more: make(chan struct{})}
	d.cmd = exec.Command(w.riversctl, "dev", w.dir, "--state-dir", w.state, "--port", "0", "--grpc-port", "0", "--registry-port", "0")
	d.cmd.Stdout, d.cmd.Stderr = d, d
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(d.ended)
		_ = d.cmd.Wait() // stop judges how it ended
	}()
	t.Cleanup(func() { d.stop(t) })
	d.until(t, "Ctrl-C stops it")
	return d
}

// Write takes what dev prints.
func (d *dev) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.more)
	d.more = make(chan struct{})
	return d.printed.Write(p)
}

// output returns what was printed so far, and what is closed at the next write.
func (d *dev) output() (string, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.printed.String(), d.more
}

// until waits until dev has printed text.
func (d *dev) until(t *testing.T, text string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		printed, more := d.output()
		if strings.Contains(printed, text) {
			return
		}
		select {
		case <-more:
		case <-d.ended:
			t.Fatalf("riversctl dev ended before it printed %q:\n%s", text, printed)
		case <-deadline:
			t.Fatalf("riversctl dev did not print %q:\n%s", text, printed)
		}
	}
}

// stop presses Ctrl-C and waits for the end, which must be a good one.
func (d *dev) stop(t *testing.T) {
	_ = d.cmd.Process.Signal(syscall.SIGINT) // it may have ended by itself, which is found below
	select {
	case <-d.ended:
	case <-time.After(patience):
		_ = d.cmd.Process.Kill() // its pipelines die with it
		<-d.ended
		t.Error("riversctl dev did not end at Ctrl-C")
	}
	printed, _ := d.output()
	if code := d.cmd.ProcessState.ExitCode(); code != 0 && code != 130 {
		t.Errorf("riversctl dev ended with %d", code)
	}
	if t.Failed() {
		t.Logf("riversctl dev printed:\n%s", printed)
	}
}

// site returns the address of the pages.
func (w *workshop) site(t *testing.T) string {
	t.Helper()
	var at struct{ URL string }
	readJSON(t, filepath.Join(w.state, "dev.json"), &at)
	return at.URL
}

// pipeline returns the one process that serves, by the files in which pipelines
// announce themselves.
func (w *workshop) pipeline(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(w.state, "run", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, file := range files {
		var a struct{ PID int }
		readJSON(t, file, &a)
		if !errors.Is(syscall.Kill(a.PID, 0), syscall.ESRCH) {
			pids = append(pids, a.PID)
		}
	}
	if len(pids) != 1 {
		t.Fatalf("the pipelines %v serve, want one", pids)
	}
	return pids[0]
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

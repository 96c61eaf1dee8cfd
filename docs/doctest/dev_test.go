package doctest

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// dev is a `riversctl dev` in the background.
type dev struct {
	dir   string // where it runs
	cmd   *exec.Cmd
	ended chan struct{}

	mu      sync.Mutex
	printed []string
	more    chan struct{} // closed and renewed at each line
}

// startDev runs a command line of riversctl dev in dir.
func startDev(t *testing.T, line, dir string, env []string) *dev {
	t.Helper()
	d := &dev{dir: dir, cmd: exec.Command("sh", "-c", "exec "+line), ended: make(chan struct{}), more: make(chan struct{})}
	d.cmd.Dir, d.cmd.Env = dir, env
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C goes to the group
	r, w := io.Pipe()
	d.cmd.Stdout, d.cmd.Stderr = w, w
	if err := d.cmd.Start(); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	go func() {
		for all := bufio.NewScanner(r); all.Scan(); {
			d.mu.Lock()
			d.printed = append(d.printed, all.Text())
			close(d.more)
			d.more = make(chan struct{})
			d.mu.Unlock()
		}
	}()
	go func() {
		defer close(d.ended)
		_ = w.CloseWithError(d.cmd.Wait()) // how it ends is the page's business
	}()
	t.Cleanup(d.stop)
	return d
}

// since returns the lines printed after the first n, and what is closed at the next.
func (d *dev) since(n int) ([]string, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.printed[n:], d.more
}

// until waits until the lines after the first n satisfy ok.
func (d *dev) until(t *testing.T, n int, what string, ok func([]string) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		got, more := d.since(n)
		if ok(got) {
			return
		}
		select {
		case <-more:
		case <-d.ended:
			if got, _ := d.since(n); ok(got) {
				return
			}
			t.Fatalf("riversctl dev ended before %s:\n%s", what, strings.Join(got, "\n"))
		case <-deadline:
			t.Fatalf("riversctl dev: no %s after %v:\n%s", what, patience, strings.Join(got, "\n"))
		}
	}
}

// settled reports whether a build serves, or cannot.
func settled(printed []string) bool {
	for _, line := range printed {
		if strings.HasPrefix(line, "● ") || strings.HasPrefix(line, "✕ ") {
			return true
		}
	}
	return false
}

// stop presses Ctrl-C, and waits for the end.
func (d *dev) stop() {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGINT, syscall.SIGKILL} {
		select {
		case <-d.ended:
			return
		default:
			_ = syscall.Kill(-d.cmd.Process.Pid, s) // it may have ended this instant
		}
		select {
		case <-d.ended:
			return
		case <-time.After(10 * time.Second):
		}
	}
	<-d.ended
}

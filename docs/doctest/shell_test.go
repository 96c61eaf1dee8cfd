package doctest

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long one command may take.
const patience = 2 * time.Minute

// mark begins the line that ends a command's output; no program prints it.
const mark = "\x01"

// shell is one shell that runs a page's commands one after another.
type shell struct {
	in  io.WriteCloser
	out chan string // lines
}

// newShell starts a shell in dir.
func newShell(t *testing.T, dir string, env []string) *shell {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh")
	cmd.Dir, cmd.Env = dir, env
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &shell{in: in, out: make(chan string)}
	go func() {
		_ = w.CloseWithError(cmd.Wait()) // ends the reader below
	}()
	go func() {
		defer close(s.out)
		all := bufio.NewReader(r)
		for {
			line, err := all.ReadString('\n')
			if line != "" {
				select {
				case s.out <- strings.TrimSuffix(line, "\n"):
				case <-t.Context().Done():
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return s
}

// run carries out one command and returns what it printed and its exit code.
func (s *shell) run(t *testing.T, command string) (out []string, code int) {
	t.Helper()
	// The subshell gives $? of this command to the next one.
	_, err := fmt.Fprintf(s.in, "%s\n__code=$?; printf '\\n%s%%d\\n' $__code; (exit $__code)\n", command, mark)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	deadline := time.After(patience)
	for {
		select {
		case line, open := <-s.out:
			if !open {
				t.Fatalf("%s: the shell ended", command)
			}
			if rest, ok := strings.CutPrefix(line, mark); ok {
				code, err := strconv.Atoi(rest)
				if err != nil {
					t.Fatalf("%s: exit code: %v", command, err)
				}
				return lines(strings.Join(out, "\n")), code
			}
			out = append(out, line)
		case <-deadline:
			t.Fatalf("%s: no end after %v; it printed\n%s", command, patience, strings.Join(out, "\n"))
		}
	}
}

package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"rivers.io/runtime/store"
)

// Spec says what to start.
type Spec struct {
	// Path is the executable.
	Path string
	// Args are its arguments, without the program's name.
	Args []string
	// Env is its whole environment.
	Env []string
	// Dir is its working directory.
	Dir string
	// Announce is the file that it announces itself in.
	Announce string
	// Print receives each line it prints, from one goroutine per stream.
	Print func(line string)
}

// Process is a started child.
type Process struct {
	spec Spec
	cmd  *exec.Cmd
	tail *tail
	done chan struct{}
	err  error
}

// ExitError says that a child ended by itself.
type ExitError struct {
	// State is how it ended, such as "exit status 2".
	State string
	// Tail are the last lines of its standard error.
	Tail []string
	// Refused says that it cannot use the schema of the database: another start
	// ends in the same way until the database or the build changes.
	Refused bool
}

// refusal is the exit code of a pipeline that cannot use its storage. That the
// schema is the reason is said in the last lines, in the words of the store.
const refusal = 3

func refused(code int, tail []string) bool {
	return code == refusal && slices.ContainsFunc(tail, func(line string) bool {
		return strings.Contains(line, store.ErrSchema.Error())
	})
}

// Error gives the state and the last lines.
func (e *ExitError) Error() string {
	text := "the pipeline's process ended: " + e.State
	if len(e.Tail) > 0 {
		text += "\n" + strings.Join(e.Tail, "\n")
	}
	return text
}

// waitOutput bounds the wait for output that grandchildren keep open.
const waitOutput = 2 * time.Second

// Start starts a child. An announcement left by an earlier process is removed.
func (s *Spawner) Start(spec Spec) (*Process, error) {
	if err := os.Remove(spec.Announce); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	p := &Process{spec: spec, cmd: command(spec), tail: newTail(), done: make(chan struct{})}
	out, complaints := &lines{print: spec.Print}, &lines{print: func(line string) { p.tail.add(line); spec.Print(line) }}
	p.cmd.Stdout, p.cmd.Stderr = io.Writer(out), io.Writer(complaints)
	if err := s.start(p.cmd); err != nil {
		return nil, fmt.Errorf("start the pipeline: %w", err)
	}
	go func() {
		defer close(p.done)
		err := p.cmd.Wait()
		out.flush()
		complaints.flush()
		_ = os.Remove(spec.Announce) // best effort: the next start removes it too
		if err != nil || !p.cmd.ProcessState.Success() {
			state, tail := p.cmd.ProcessState, p.tail.lines()
			p.err = &ExitError{State: state.String(), Tail: tail, Refused: refused(state.ExitCode(), tail)}
		}
	}()
	return p, nil
}

// command is the process to start. No context ends it: it is drained first, by
// signals, and killed by Kill.
func command(spec Spec) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), spec.Path, spec.Args...)
	cmd.Env, cmd.Dir, cmd.WaitDelay = spec.Env, spec.Dir, waitOutput
	return cmd
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended and its output was read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns nil after an end with exit code 0, else an *ExitError. It must not
// be called before Done.
func (p *Process) Err() error { return p.err }

// poll is how often the announcement is looked for.
const poll = 5 * time.Millisecond

// WaitServing waits until the child announced that it serves. When it ends first,
// the error is an *ExitError.
func (p *Process) WaitServing(ctx context.Context) (Announcement, error) {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		a, ok, err := readAnnouncement(p.spec.Announce, p.PID())
		if ok || err != nil {
			return a, err
		}
		select {
		case <-ticker.C:
		case <-p.done:
			if p.err == nil {
				return a, &ExitError{State: "exit status 0 before it served", Tail: p.tail.lines()}
			}
			return a, p.err
		case <-ctx.Done():
			return a, fmt.Errorf("the pipeline did not serve in time: %w", context.Cause(ctx))
		}
	}
}

// Drain asks the child to finish what it runs and to end (SIGTERM); asked again, it
// ends at once and leaves its runs to the next process.
func (p *Process) Drain() { p.signal(syscall.SIGTERM) }

// Kill ends the child and all that it started.
func (p *Process) Kill() {
	select {
	case <-p.done: // its id may belong to another by now
	default:
		_ = syscall.Kill(-p.PID(), syscall.SIGKILL) // it may have ended this instant
	}
}

func (p *Process) signal(s os.Signal) {
	_ = p.cmd.Process.Signal(s) // it may have ended: that is what we wanted
}

//go:build unix

package serve

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// capture takes over the process's standard output and error, so that what user
// code prints past its context is recorded on the runs that are active, and
// still echoed. The log and the crash of the process itself go to the real one.
type capture struct {
	undo    []func()
	done    sync.WaitGroup
	streams []*captured
}

// captured is one stream on its way through a pipe.
type captured struct {
	mu   sync.Mutex // held by who settles
	pipe io.Writer
	n    uint64
	seen chan uint64
}

// settled begins the line that follows the output which is to be waited for. User
// code does not print it.
const settled = "\x00rivers settled "

// settleFor bounds the wait for output to come through the pipe.
const settleFor = time.Second

// Settle waits until what was printed before the call was recorded.
func (c *capture) Settle() {
	for _, s := range c.streams {
		s.settle()
	}
}

func (s *captured) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	if _, err := fmt.Fprintf(s.pipe, "%s%d\n", settled, s.n); err != nil {
		return // the capture has ended
	}
	late := time.After(settleFor)
	for {
		select {
		case n := <-s.seen:
			if n == s.n {
				return
			}
		case <-late:
			return
		}
	}
}

// cut takes the mark of settle off the end of a line, and tells who waits for it.
func (s *captured) cut(line []byte) []byte {
	text, number, ok := bytes.Cut(line, []byte(settled))
	if !ok {
		return line
	}
	if n, err := strconv.ParseUint(string(bytes.TrimSpace(number)), 10, 64); err == nil {
		select {
		case s.seen <- n:
		default: // nobody waits any more
		}
	}
	return text
}

// capture begins to record process output, unless it was switched off.
func (l *location) capture() (*capture, error) {
	c := &capture{}
	if l.cli.Bool("no-capture") {
		return c, nil
	}
	for _, s := range []struct {
		name string
		file *os.File
	}{{"stdout", os.Stdout}, {"stderr", os.Stderr}} {
		if err := c.redirect(s.name, s.file, l.manager.ProcessOutput); err != nil {
			c.Close()
			return nil, fmt.Errorf("capture %s: %w", s.name, err)
		}
	}
	return c, nil
}

// redirect puts a pipe into the place of a file descriptor.
func (c *capture) redirect(name string, file *os.File, record func(stream, line string)) error {
	fd := int(file.Fd())
	real, err := unix.Dup(fd)
	if err != nil {
		return err
	}
	unix.CloseOnExec(real)
	echo := os.NewFile(uintptr(real), name)
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	if err := dup2(int(w.Fd()), fd); err != nil {
		return err
	}
	if name == "stderr" {
		if err := debug.SetCrashOutput(echo, debug.CrashOptions{}); err != nil {
			return err
		}
	}
	s := &captured{pipe: w, seen: make(chan uint64, 8)}
	c.streams = append(c.streams, s)
	c.done.Go(func() { follow(r, echo, s.cut, func(line string) { record(name, line) }) })
	c.undo = append(c.undo, func() {
		_ = dup2(real, fd)
		_ = w.Close()
	})
	return nil
}

// follow echoes everything and records each line, cut at 64 KiB.
func follow(r io.Reader, echo io.Writer, cut func([]byte) []byte, record func(string)) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		line = cut(line)
		_, _ = echo.Write(line)
		if n := len(line); n > 0 {
			if line[n-1] == '\n' {
				line = line[:n-1]
			}
			record(string(line))
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// beside returns a writer to the same file under another descriptor, which a
// redirection of the first does not touch.
func beside(w io.Writer) (io.Writer, error) {
	file, ok := w.(*os.File)
	if !ok {
		return w, nil
	}
	fd, err := unix.Dup(int(file.Fd()))
	if err != nil {
		return nil, fmt.Errorf("duplicate %s: %w", file.Name(), err)
	}
	unix.CloseOnExec(fd)
	return os.NewFile(uintptr(fd), file.Name()), nil
}

// Close gives the descriptors back and waits until everything was echoed.
func (c *capture) Close() {
	for _, undo := range c.undo {
		undo()
	}
	c.undo = nil
	c.done.Wait()
}

package child

import (
	"bytes"
	"slices"
	"sync"
)

// maxLine is how long a printed line may grow before it is cut in two.
const maxLine = 64 << 10

// lines hands on what is written line by line.
type lines struct {
	print func(string)
	buf   []byte
}

// Write never fails.
func (l *lines) Write(data []byte) (int, error) {
	l.buf = append(l.buf, data...)
	for {
		i := bytes.IndexByte(l.buf, '\n')
		if i < 0 && len(l.buf) < maxLine {
			return len(data), nil
		}
		end, next := i, i+1
		if i < 0 {
			end, next = len(l.buf), len(l.buf)
		}
		l.print(string(bytes.TrimSuffix(l.buf[:end], []byte("\r"))))
		l.buf = slices.Delete(l.buf, 0, next)
	}
}

// flush hands on a last line without an end.
func (l *lines) flush() {
	if len(l.buf) > 0 {
		l.print(string(l.buf))
		l.buf = nil
	}
}

// keep is how many lines of standard error are remembered.
const keep = 30

// tail remembers the last lines.
type tail struct {
	mu  sync.Mutex
	all []string
}

func newTail() *tail { return &tail{} }

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) == keep {
		t.all = slices.Delete(t.all, 0, 1)
	}
	t.all = append(t.all, line)
}

func (t *tail) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.all)
}

package executor

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"rivers.io/runtime/store"
)

const (
	// flushEvery is how long a line may wait before it is stored.
	flushEvery = 250 * time.Millisecond
	// maxPending bounds the bytes that wait; writers are held up beyond it.
	maxPending = 32 << 20
	// flushBytes is how much may wait before it is stored at once, and how much
	// one write stores.
	flushBytes = 4 << 20
	// lineCost is what a line takes besides its text.
	lineCost = 64
)

// logWriter stores log lines behind the back of the steps that write them.
type logWriter struct {
	loc store.Logs
	log *slog.Logger

	mu      sync.Mutex
	room    *sync.Cond
	pending map[string][]store.LogLine
	bytes   int
	stopped bool

	wake chan struct{}
	quit chan struct{}

	// writing is held by who stores what is queued, so that a flush ends when all
	// that was queued before it is stored.
	writing sync.Mutex
}

func newLogWriter(loc store.Logs, log *slog.Logger) *logWriter {
	w := &logWriter{
		loc: loc, log: log, pending: map[string][]store.LogLine{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	w.room = sync.NewCond(&w.mu)
	return w
}

func cost(l store.LogLine) int { return len(l.Text) + len(l.Attrs) + lineCost }

// add queues a line; it waits while too many are queued.
func (w *logWriter) add(run string, line store.LogLine) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.bytes >= maxPending && !w.stopped {
		w.room.Wait()
	}
	w.pending[run] = append(w.pending[run], line)
	before := w.bytes
	w.bytes += cost(line)
	if before < flushBytes && w.bytes >= flushBytes {
		signal(w.wake)
	}
}

// stop stores what is queued and ends run.
func (w *logWriter) stop() {
	w.mu.Lock()
	stopped := w.stopped
	w.stopped = true
	w.room.Broadcast()
	w.mu.Unlock()
	if !stopped {
		close(w.quit)
	}
}

func (w *logWriter) run() {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-w.wake:
		case <-w.quit:
			w.flush()
			return
		}
		w.flush()
	}
}

// flush stores what is queued.
func (w *logWriter) flush() {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.mu.Lock()
	batch := w.pending
	w.pending = map[string][]store.LogLine{}
	w.mu.Unlock()
	for run, lines := range batch {
		w.store(run, lines)
	}
}

// flushRun stores what is queued of one run.
func (w *logWriter) flushRun(run string) {
	w.writing.Lock()
	defer w.writing.Unlock()
	w.mu.Lock()
	lines := w.pending[run]
	delete(w.pending, run)
	w.mu.Unlock()
	w.store(run, lines)
}

// store writes lines in pieces and makes room as it goes.
func (w *logWriter) store(run string, lines []store.LogLine) {
	for len(lines) > 0 {
		n, size := 0, 0
		for n < len(lines) && size < flushBytes {
			size += cost(lines[n])
			n++
		}
		w.write(run, lines[:n])
		lines = lines[n:]
		w.mu.Lock()
		w.bytes -= size
		w.room.Broadcast()
		w.mu.Unlock()
	}
}

// write stores the lines of one run; a store that does not answer for ten
// seconds loses them, and the process's own log says so.
func (w *logWriter) write(run string, lines []store.LogLine) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for n := 0; ; n++ {
		err := w.loc.AppendLogs(ctx, run, lines)
		if err == nil || errors.Is(err, store.ErrNotFound) {
			return
		}
		if !errors.Is(err, store.ErrUnavailable) || backoff(ctx, n) != nil {
			w.log.Error("log lines are lost", "run", run, "lines", len(lines), "error", err)
			return
		}
	}
}

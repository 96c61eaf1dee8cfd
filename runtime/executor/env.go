package executor

import (
	"context"
	"io"
	"log/slog"
	"time"

	"rivers.io/runtime/host"
	"rivers.io/runtime/store"
)

// env is what an attempt may reach; it belongs to the attempt's goroutine and
// those that user code starts.
type env struct {
	r      *runner
	a      *attempt
	now    time.Time
	began  time.Time
	inputs []input
	logger *slog.Logger
	stdout *lineWriter
	stderr *lineWriter
}

var (
	_ host.Env            = (*env)(nil)
	_ host.ProcessWatcher = (*env)(nil)
)

func (r *runner) newEnv(_ context.Context, a *attempt) *env {
	e := &env{r: r, a: a, now: a.now, began: a.began, inputs: a.inputs}
	sink := func(l store.LogLine) {
		l.Attempt = a.id
		r.m.logs.add(r.id, l)
	}
	e.stdout = &lineWriter{stream: store.Stdout, now: r.m.cfg.Now, sink: sink}
	e.stderr = &lineWriter{stream: store.Stderr, now: r.m.cfg.Now, sink: sink}
	e.logger = slog.New(&recordHandler{now: r.m.cfg.Now, sink: sink})
	return e
}

// Logger implements host.Env.
func (e *env) Logger() *slog.Logger { return e.logger }

// Stdout implements host.Env.
func (e *env) Stdout() io.Writer { return e.stdout }

// Stderr implements host.Env.
func (e *env) Stderr() io.Writer { return e.stderr }

// Started tells the run that the attempt's process runs.
func (e *env) Started(pid int) {
	select {
	case e.r.results <- result{attempt: e.a, pid: pid}:
	case <-e.r.gone:
	}
}

// close delivers what was written without a final newline.
func (e *env) close() {
	e.stdout.flush()
	e.stderr.flush()
}

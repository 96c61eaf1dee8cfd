package riverstest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"sync"

	"rivers.io/runtime/host"
	"rivers.io/runtime/partition"
)

// Record is one structured log record.
type Record struct {
	Level   string
	Message string
	Attrs   map[string]any
}

// env is what a step reaches while it runs.
type env struct {
	state  *state
	at     step
	mu     sync.Mutex
	read   []Read
	stdout syncBuffer
	stderr syncBuffer
	logs   syncBuffer
}

var _ host.Env = (*env)(nil)

func (e *env) Values(_ context.Context, input int) iter.Seq2[host.Value, error] {
	return func(yield func(host.Value, error) bool) {
		st := e.state
		in := st.graph.At(e.at.asset).Inputs[input]
		mapping := st.graph.Mapping(e.at.asset, input)
		up, wanted := st.wanted(e.at, input)
		if mapping.Kind != partition.All {
			_, err := mapping.Upstream(st.graph.Space(e.at.asset), st.graph.Space(up), e.at.key, st.now)
			if err != nil && !in.Optional {
				yield(host.Value{}, err)
				return
			}
		}
		for ordinal := range wanted.And(st.stored(up)).Ordinals() {
			value, ok := st.lookup(up, st.keyOf(up, ordinal))
			if !ok {
				continue
			}
			e.note(st.graph.At(up).Name, value.Key)
			if !yield(value, nil) {
				return
			}
		}
	}
}

func (e *env) note(name string, key partition.Key) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.read = append(e.read, Read{Asset: name, Key: key})
}

func (e *env) Missing(_ context.Context, input, limit int) ([]partition.Key, uint64, error) {
	up, wanted := e.state.wanted(e.at, input)
	missing := wanted.AndNot(e.state.stored(up))
	var first []partition.Key
	for _, ordinal := range missing.Page(0, limit) {
		first = append(first, e.state.keyOf(up, ordinal))
	}
	return first, missing.Count(), nil
}

func (e *env) Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(&e.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func (e *env) Stdout() io.Writer { return &e.stdout }

func (e *env) Stderr() io.Writer { return &e.stderr }

// result is what the step left in the env.
func (e *env) result() Result {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := Result{Stdout: e.stdout.String(), Stderr: e.stderr.String(), Read: e.read}
	dec := json.NewDecoder(bytes.NewReader([]byte(e.logs.String())))
	for {
		var fields map[string]any
		if dec.Decode(&fields) != nil {
			return r
		}
		record := Record{Attrs: fields}
		record.Level, _ = fields[slog.LevelKey].(string)
		record.Message, _ = fields[slog.MessageKey].(string)
		delete(fields, slog.LevelKey)
		delete(fields, slog.MessageKey)
		delete(fields, slog.TimeKey)
		r.Log = append(r.Log, record)
	}
}

// syncBuffer is a buffer that several goroutines may write to. What it gets
// also goes to tee.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
	tee io.Writer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tee != nil {
		if _, err := b.tee.Write(p); err != nil {
			return 0, err
		}
	}
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

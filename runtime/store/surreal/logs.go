package surreal

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// The bounds of what is written of logs. The lines of one transaction are cut
// into blocks of consecutive numbers, and those of one block and source are one
// record, under the number of its last line: so a record ends within the block
// in which it begins.
const (
	logBlock      = 256
	logChunkBytes = 64 << 10
	logStepBytes  = 4 << 20
	logStepLines  = 64 * logBlock
)

// logSource is one stream of one attempt.
type logSource struct {
	attempt event.Attempt
	stream  store.LogStream
}

// group is the list of the records of a source.
func (l *location) logGroup(run string, src logSource) string {
	return group(l.ident, run, src.attempt.Name, string(src.attempt.Key), fmt.Sprint(src.attempt.Number), string(src.stream))
}

// sourceKey is the id of the record of a source.
func (l *location) sourceKey(run string, src logSource) []any {
	return []any{l.ident, run, src.attempt.Name, string(src.attempt.Key), src.attempt.Number, string(src.stream)}
}

// AppendLogs adds lines to a run in order.
func (l *location) AppendLogs(ctx context.Context, run string, lines []store.LogLine) error {
	for i := range lines {
		if err := checkLine(&lines[i]); err != nil {
			return fmt.Errorf("log line %d: %w", i, err)
		}
	}
	if err := l.writable(); err != nil {
		return err
	}
	for {
		batch, rest := nextLogs(lines)
		if err := l.appendLogs(ctx, run, batch); err != nil || len(rest) == 0 {
			return err
		}
		lines = rest
	}
}

// nextLogs splits off what one transaction stores, made to fit.
func nextLogs(lines []store.LogLine) (batch, rest []store.LogLine) {
	batch = make([]store.LogLine, 0, min(len(lines), logStepLines))
	total := 0
	for i, line := range lines {
		fit := line.Fit()
		n := fit[0].Size()
		if total > 0 && total+n > logStepBytes || len(batch)+len(fit) > logStepLines {
			return batch, lines[i:]
		}
		total += n
		batch = append(batch, fit...)
	}
	return batch, nil
}

func checkLine(line *store.LogLine) error {
	switch line.Stream {
	case store.Stdout, store.Stderr, store.Records, store.Process:
	default:
		return fmt.Errorf("unknown stream %q: %w", line.Stream, store.ErrInvalid)
	}
	if len(line.Attrs) > 0 && !json.Valid(line.Attrs) {
		return fmt.Errorf("attributes are no JSON: %w", store.ErrInvalid)
	}
	if line.Dropped < 0 {
		return fmt.Errorf("%d bytes dropped: %w", line.Dropped, store.ErrInvalid)
	}
	return nil
}

// noRun is thrown by logs of a run that is unknown, or about to be deleted.
const noRun = "rivers: no such run"

// logAppend is a part of the logs of a run on its way.
type logAppend struct {
	l     *location
	run   string
	lines []store.LogLine
	nonce string
	// sent is the number of the last line under which the last try was sent, or
	// 0: when its answer was lost, the record of that line tells whose it is.
	sent int64
}

func (l *location) appendLogs(ctx context.Context, run string, lines []store.LogLine) error {
	a := &logAppend{l: l, run: run, lines: lines, nonce: uuid.NewString()}
	return l.db.repeat(ctx, "append logs", func(bool) error {
		for range maxMoves {
			err := a.try(ctx)
			if thrown(err) == noRun {
				return notFound("run", run)
			}
			if !isMoved(err) {
				return err
			}
		}
		return fmt.Errorf("the logs of run %s change all the time: %w", run, store.ErrUnavailable)
	})
}

// logHead is the record that every write to the logs of a run changes.
type logHead struct {
	Seq    int64 `json:"seq"`
	Closed bool  `json:"closed"`
}

func (a *logAppend) try(ctx context.Context) error {
	sources := a.sources()
	head, bytes, mine, err := a.look(ctx, sources)
	if err != nil || mine { // the answer that was lost was yes
		return err
	}
	if len(a.lines) == 0 {
		return nil
	}
	w := &logWriting{logAppend: a, head: head, first: head.Seq + 1}
	for i, src := range sources {
		if err := w.source(ctx, src, bytes[i]); err != nil {
			return err
		}
	}
	a.sent = head.Seq + int64(len(a.lines))
	return a.l.db.send(ctx, w.script(), nil)
}

// sources are the sources of the lines, each once.
func (a *logAppend) sources() []logSource {
	var list []logSource
	seen := map[logSource]bool{}
	for i := range a.lines {
		src := logSource{a.lines[i].Attempt, a.lines[i].Stream}
		if !seen[src] {
			seen[src] = true
			list = append(list, src)
		}
	}
	return list
}

// look reads the head, and how much is kept of each source; mine tells that the
// last try arrived.
func (a *logAppend) look(ctx context.Context, sources []logSource) (head *logHead, bytes []int64, mine bool, err error) {
	ids := make([]any, len(sources))
	for i, src := range sources {
		ids[i] = recordID("log_source", a.l.sourceKey(a.run, src)...)
	}
	s := newScript()
	s.answer("RETURN {run: record::exists(", s.arg(a.l.headID(a.run)), "), head: (SELECT seq, closed FROM ONLY ",
		s.arg(recordID("log_head", a.l.ident, a.run)), "), nonce: ", s.arg(recordID("log", a.l.ident, a.run, a.sent)), ".nonce ?? '', bytes: ", s.arg(ids), ".map(|$s| $s.bytes ?? 0)}")
	var got struct {
		Run   bool     `json:"run"`
		Head  *logHead `json:"head"`
		Nonce string   `json:"nonce"`
		Bytes []int64  `json:"bytes"`
	}
	if err := a.l.db.send(ctx, s, &got); err != nil {
		return nil, nil, false, err
	}
	if got.Nonce == a.nonce {
		return nil, nil, true, nil
	}
	if got.Head == nil {
		got.Head = &logHead{}
	}
	if !got.Run || got.Head.Closed {
		return nil, nil, false, notFound("run", a.run)
	}
	if len(got.Bytes) != len(sources) {
		return nil, nil, false, fmt.Errorf("%d answers about %d sources of logs: %w", len(got.Bytes), len(sources), store.ErrCorrupt)
	}
	return got.Head, got.Bytes, false, nil
}

// deleteLogs removes the logs of a run, but for their head, which takes no more
// lines from now on and goes together with the run.
func (l *location) deleteLogs(ctx context.Context, run string) error {
	var last int64
	err := l.db.repeat(ctx, "delete logs", func(bool) error {
		s := l.db.begin()
		s.answer("RETURN (UPSERT ", s.arg(recordID("log_head", l.ident, run)), " SET closed = true RETURN VALUE seq ?? 0)[0]")
		s.do("COMMIT")
		return l.db.send(ctx, s, &last)
	})
	if err != nil {
		return err
	}
	for from := int64(0); from < last; from += deleteSpan {
		if err := l.deleteSpan(ctx, "log", run, from, from+deleteSpan); err != nil {
			return err
		}
	}
	s := newScript()
	prefix := s.arg(l.ident) + ", " + s.arg(run)
	s.do("DELETE log_source:[", prefix, "]..=[", prefix, ", ..] RETURN NONE")
	return l.db.read(ctx, "delete logs", s, nil)
}

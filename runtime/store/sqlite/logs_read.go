package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"
	"strings"

	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// LogLines returns the lines of a run above after, in order.
func (l *location) LogLines(ctx context.Context, run string, filter store.LogFilter, after uint64, limit int) ([]store.LogLine, error) {
	list, _, err := l.logLines(ctx, run, filter, after, store.ReadLimit(limit))
	return list, err
}

// logLines also tells whether the run is final; what it read was read then.
func (l *location) logLines(ctx context.Context, run string, filter store.LogFilter, after uint64, limit int) (list []store.LogLine, final bool, err error) {
	err = l.view(ctx, "read logs", func(c *conn, loc int64) error {
		h, err := l.db.runHead(c, loc, run)
		if err != nil {
			return err
		}
		final = h.status.Final()
		list, err = readLogs(ctx, c, h.id, filter, after, limit)
		return err
	})
	return list, final, err
}

const logColumns = `l.seq, l.time, s.step, s.key, s.attempt, s.kind, l.level, l.text, l.attrs, l.dropped`

// With a step, the lines of its sources are found by index and put in order;
// otherwise the lines of the run are walked in order.
const (
	logsOfRun = `SELECT ` + logColumns + ` FROM logs l CROSS JOIN log_sources s ON s.id = l.source
		WHERE l.stream = ? AND l.seq > ? ORDER BY l.seq`
	logsOfStep = `SELECT ` + logColumns + ` FROM log_sources s CROSS JOIN logs l INDEXED BY logs_source ON l.source = s.id
		WHERE s.stream = ? AND l.seq > ? AND s.step = ? AND (? = '' OR s.key = ?) ORDER BY l.seq`
)

func readLogs(ctx context.Context, c *conn, stream int64, f store.LogFilter, after uint64, limit int) ([]store.LogLine, error) {
	query, args := logsOfRun, []any{stream, int64(after)}
	if f.Step.Name != "" {
		query = logsOfStep
		args = append(args, f.Step.Name, string(f.Step.Key), string(f.Step.Key))
	}
	var list []store.LogLine
	err := c.each(ctx, query, func(r row) error {
		line := scanLine(r)
		if !matches(&f, &line) {
			return nil
		}
		if list = append(list, line); len(list) == limit {
			return errEnough
		}
		return nil
	}, args...)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return list, err
}

func scanLine(r row) store.LogLine {
	line := store.LogLine{
		Seq: uint64(r.int(0)), Time: instant(r.int(1)), Stream: store.LogStream(r.text(5)),
		Level: r.text(6), Text: r.text(7), Dropped: r.int(9),
	}
	line.Attempt.Name, line.Attempt.Key, line.Attempt.Number = r.text(2), partition.Key(r.text(3)), int(r.int(4))
	if !r.null(8) {
		line.Attrs = json.RawMessage(r.blob(8))
	}
	return line
}

func matches(f *store.LogFilter, line *store.LogLine) bool {
	switch {
	case f.Attempt != 0 && line.Attempt.Number != f.Attempt,
		len(f.Streams) > 0 && !slices.Contains(f.Streams, line.Stream):
		return false
	case line.Dropped != 0:
		return true
	case f.MinLevel != "" && line.Level != "" && levelOf(line.Level) < levelOf(f.MinLevel):
		return false
	}
	return strings.Contains(line.Text, f.Contains)
}

// levelOf orders the levels of records; an unknown one counts as INFO.
func levelOf(level string) int {
	switch level {
	case "DEBUG":
		return -4
	case "WARN":
		return 4
	case "ERROR":
		return 8
	}
	return 0
}

// WatchLogs yields the lines above after as they are written.
func (l *location) WatchLogs(ctx context.Context, run string, filter store.LogFilter, after uint64) iter.Seq2[[]store.LogLine, error] {
	return func(yield func([]store.LogLine, error) bool) {
		l.db.watch(ctx, watchPace, func(ctx context.Context) (bool, error) {
			for {
				list, final, err := l.logLines(ctx, run, filter, after, watchBatch)
				if err != nil || len(list) == 0 {
					return final, err
				}
				after = list[len(list)-1].Seq
				if !yield(list, nil) {
					return true, nil
				}
			}
		}, func(err error) { yield(nil, err) })
	}
}

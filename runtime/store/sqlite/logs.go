package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// logSource is one stream of one attempt.
type logSource struct {
	attempt event.Attempt
	stream  store.LogStream
}

// sourceRow is the row of a source while lines are added.
type sourceRow struct {
	id, bytes int64
}

// AppendLogs adds lines to a run in order.
func (l *location) AppendLogs(ctx context.Context, run string, lines []store.LogLine) error {
	for i := range lines {
		if err := checkLine(&lines[i]); err != nil {
			return fmt.Errorf("log line %d: %w", i, err)
		}
	}
	for {
		batch, rest := nextLogs(lines)
		err := l.write(ctx, func(t *tx, loc int64) error {
			h, err := t.db.runHead(t.conn, loc, run)
			if err != nil || len(batch) == 0 {
				return err
			}
			return t.addLogs(h, batch)
		})
		if err != nil || len(rest) == 0 {
			return err
		}
		lines = rest
	}
}

// nextLogs splits off what one transaction stores, made to fit.
func nextLogs(lines []store.LogLine) (batch, rest []store.LogLine) {
	batch = make([]store.LogLine, 0, len(lines))
	total := 0
	for i, line := range lines {
		fit := line.Fit()
		n := fit[0].Size()
		if total > 0 && total+n > store.MaxAppendBytes {
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

func (t *tx) addLogs(h *head, lines []store.LogLine) error {
	r, err := t.first(`SELECT seq FROM log_heads WHERE stream = ?`, h.id)
	if err != nil {
		return err
	}
	seq := int64(0)
	if r != nil {
		seq = r.int(0)
	}
	sources := map[logSource]*sourceRow{}
	for i := range lines {
		line := &lines[i]
		src, err := t.source(h, sources, logSource{line.Attempt, line.Stream})
		if err != nil {
			return err
		}
		seq++
		n := int64(line.Size())
		src.bytes += n
		var attrs any
		if len(line.Attrs) > 0 {
			attrs = []byte(line.Attrs)
		}
		_, err = t.exec(`INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			h.id, seq, src.id, line.Time.UnixNano(), line.Level, line.Text, attrs, line.Dropped, n)
		if err != nil {
			return err
		}
	}
	for _, src := range sources {
		if err := t.trim(h, src); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE log_sources SET bytes = ? WHERE id = ?`, src.bytes, src.id); err != nil {
			return err
		}
	}
	_, err = t.exec(`INSERT INTO log_heads VALUES (?, ?, ?, ?)
		ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, change = excluded.change`, h.id, h.loc, seq, t.touch())
	return err
}

func (t *tx) source(h *head, known map[logSource]*sourceRow, s logSource) (*sourceRow, error) {
	if row, ok := known[s]; ok {
		return row, nil
	}
	args := []any{h.id, s.attempt.Name, string(s.attempt.Key), int64(s.attempt.Number), string(s.stream)}
	r, err := t.first(`SELECT id, bytes FROM log_sources WHERE stream = ? AND step = ? AND key = ? AND attempt = ? AND kind = ?`, args...)
	if err == nil && r == nil {
		r, err = t.first(`INSERT INTO log_sources (stream, step, key, attempt, kind, bytes) VALUES (?, ?, ?, ?, ?, 0) RETURNING id, bytes`, args...)
	}
	if err != nil {
		return nil, err
	}
	known[s] = &sourceRow{id: r.int(0), bytes: r.int(1)}
	return known[s], nil
}

// trim drops the oldest lines of a source beyond store.MaxLogStream, and puts
// a marker with the number of bytes dropped so far where the last of them was.
func (t *tx) trim(h *head, src *sourceRow) error {
	if src.bytes <= store.MaxLogStream {
		return nil
	}
	var last, at, dropped int64
	err := t.each(background, `SELECT seq, bytes, dropped, time FROM logs WHERE source = ? ORDER BY seq`, func(r row) error {
		marker := r.int(1) == 0 && r.int(2) > 0 // one that follows joins the new one
		if src.bytes <= store.MaxLogStream && !marker {
			return errEnough
		}
		src.bytes -= r.int(1)
		dropped += r.int(1) + r.int(2)
		last, at = r.int(0), r.int(3)
		return nil
	}, src.id)
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	if _, err := t.exec(`DELETE FROM logs WHERE stream = ? AND seq IN (SELECT seq FROM logs WHERE source = ? AND seq <= ?)`,
		h.id, src.id, last); err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO logs VALUES (?, ?, ?, ?, '', '', NULL, ?, 0)`, h.id, last, src.id, at, dropped)
	return err
}

package surreal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/surrealdb/surrealdb.go/pkg/models"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
)

// storedLine is a line in a record of logs, which tells its source.
type storedLine struct {
	Seq   int64  `json:"s"`
	Time  int64  `json:"t"`
	Level string `json:"l,omitempty"`
	Text  string `json:"x,omitempty"`
	// Raw is the text when it is no valid UTF-8.
	Raw     []byte `json:"r,omitempty"`
	Attrs   string `json:"a,omitempty"`
	Dropped int64  `json:"d,omitempty"`
	// Untimed tells that the line has no time.
	Untimed bool `json:"u,omitempty"`
}

func newLine(line *store.LogLine, seq int64) storedLine {
	s := storedLine{Seq: seq, Level: line.Level, Text: line.Text, Attrs: string(line.Attrs), Dropped: line.Dropped}
	if s.Untimed = line.Time.IsZero(); !s.Untimed {
		s.Time = line.Time.UnixNano()
	}
	if !utf8.ValidString(line.Text) {
		s.Text, s.Raw = "", []byte(line.Text)
	}
	return s
}

func (s *storedLine) size() int64 { return int64(len(s.Text) + len(s.Raw) + len(s.Attrs)) }

// marks reports whether the line only tells that others are gone.
func (s *storedLine) marks() bool { return s.size() == 0 && s.Dropped > 0 }

// logChunk is a record of lines of one source, in order.
type logChunk struct {
	Last   int64           `json:"last"`
	Step   string          `json:"step"`
	Key    string          `json:"key"`
	Number int             `json:"number"`
	Stream store.LogStream `json:"stream"`
	// Lines are the lines, as JSON.
	Lines []byte `json:"lines"`
}

func (c *logChunk) source() logSource {
	return logSource{event.Attempt{Step: event.Step{Name: c.Step, Key: partition.Key(c.Key)}, Number: c.Number}, c.Stream}
}

func (c *logChunk) decode() ([]storedLine, error) {
	var list []storedLine
	if err := json.Unmarshal(c.Lines, &list); err != nil {
		return nil, fmt.Errorf("log lines up to %d: %w: %w", c.Last, store.ErrCorrupt, err)
	}
	return list, nil
}

func (c *logChunk) line(s *storedLine) store.LogLine {
	line := store.LogLine{
		Seq: uint64(s.Seq), Stream: c.Stream, Level: s.Level, Text: s.Text, Dropped: s.Dropped, //nolint:gosec // never negative
		Attempt: c.source().attempt,
	}
	if !s.Untimed {
		line.Time = time.Unix(0, s.Time).UTC()
	}
	if s.Raw != nil {
		line.Text = string(s.Raw)
	}
	if s.Attrs != "" {
		line.Attrs = json.RawMessage(s.Attrs)
	}
	return line
}

// logWriting is one try of an append to logs: what becomes of each source.
type logWriting struct {
	*logAppend
	head  *logHead
	first int64 // number of the first line

	rows    []map[string]any  // new records
	sums    []map[string]any  // of log_source
	drop    []models.RecordID // records of which no line stays
	rewrite []logRewrite
}

// logRewrite is a stored record of which some lines stay.
type logRewrite struct {
	id    models.RecordID
	lines []byte
}

// source adds the lines of one source, and drops its oldest.
func (w *logWriting) source(ctx context.Context, src logSource, bytes int64) error {
	var lines []storedLine
	for i := range w.lines {
		line := &w.lines[i]
		if (logSource{line.Attempt, line.Stream}) == src {
			s := newLine(line, w.first+int64(i))
			bytes += s.size()
			lines = append(lines, s)
		}
	}
	if bytes > store.MaxLogStream {
		t := &logTrim{bytes: bytes}
		done, err := w.trimStored(ctx, src, t)
		if err != nil {
			return err
		}
		if !done {
			if lines, err = w.keepMarker(t, t.trim(lines, true)); err != nil {
				return err
			}
		}
		bytes = t.bytes
	}
	w.sums = append(w.sums, map[string]any{"id": recordID("log_source", w.l.sourceKey(w.run, src)...), "bytes": bytes})
	return w.chunks(src, lines)
}

// chunks cuts the lines of a source into records.
func (w *logWriting) chunks(src logSource, lines []storedLine) error {
	for len(lines) > 0 {
		n, size := 0, int64(0)
		block := (lines[0].Seq - w.first) / logBlock
		for n < len(lines) && (lines[n].Seq-w.first)/logBlock == block {
			if size += lines[n].size(); size > logChunkBytes && n > 0 {
				break
			}
			n++
		}
		raw, err := json.Marshal(lines[:n])
		if err != nil {
			return fmt.Errorf("%w: %w", store.ErrInvalid, err)
		}
		last := lines[n-1].Seq
		row := map[string]any{
			"id": recordID("log", w.l.ident, w.run, last), "last": last, "source": w.l.logGroup(w.run, src),
			"step": src.attempt.Name, "key": string(src.attempt.Key), "number": src.attempt.Number, "stream": string(src.stream), "lines": raw,
		}
		if last == w.head.Seq+int64(len(w.lines)) {
			row["nonce"] = w.nonce // who got no answer looks here
		}
		w.rows = append(w.rows, row)
		lines = lines[n:]
	}
	return nil
}

// script is the transaction, which is refused when the head moved.
func (w *logWriting) script() *script {
	l, seq := w.l, w.head.Seq+int64(len(w.lines))
	s := l.change()
	id := s.arg(recordID("log_head", l.ident, w.run))
	s.refuse(noRun, "record::exists("+s.arg(l.headID(w.run))+") AND !("+id+".closed ?? false)", "true")
	s.refuse(moved, id+".seq ?? 0", s.arg(w.head.Seq))
	s.do("UPSERT ", id, " SET seq = ", s.arg(seq), " RETURN NONE")
	if len(w.drop) > 0 {
		s.do("DELETE ", s.arg(w.drop), " RETURN NONE")
	}
	for _, r := range w.rewrite {
		s.do("UPDATE ", s.arg(r.id), " SET lines = ", s.arg(r.lines), " RETURN NONE")
	}
	s.createEach(nonNil(w.rows), "{}")
	s.do("FOR $x IN ", s.arg(w.sums), " { UPSERT $x.id SET bytes = $x.bytes RETURN NONE }")
	s.do("UPSERT ", s.arg(recordID("pulse", l.ident, pulseLogs, w.run)), " SET loc = ", s.arg(l.ident), ", what = 'l', ident = ", s.arg(w.run),
		", seq = (", s.arg(l.headID(w.run)), ".seq), at = $at, n += 1, kinds = ['logs'], assets = [] RETURN NONE")
	s.do("COMMIT")
	return s
}

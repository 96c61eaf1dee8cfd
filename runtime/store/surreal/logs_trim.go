package surreal

import (
	"context"
	"encoding/json"
	"fmt"

	"rivers.io/runtime/store"
)

// trimPage is how many records of a source are read at once to drop lines.
const trimPage = 8

// logTrim drops the oldest lines of a source, and leaves a marker with the
// number of bytes dropped so far where the last of them was.
type logTrim struct {
	bytes   int64 // of the source
	dropped int64
	marker  storedLine
	// emptied is the stored record that was dropped last.
	emptied *logChunk
}

// trim drops lines from the front, and returns those that stay. Without an end it
// is called again with the lines that follow, unless some stay.
func (t *logTrim) trim(lines []storedLine, end bool) []storedLine {
	i := 0
	for ; i < len(lines); i++ {
		line := &lines[i]
		if t.bytes <= store.MaxLogStream && !line.marks() { // a marker that follows joins the new one
			break
		}
		t.bytes -= line.size()
		t.dropped += line.size() + line.Dropped
		t.marker = storedLine{Seq: line.Seq, Time: line.Time, Untimed: line.Untimed}
	}
	if i == len(lines) && !end || t.marker.Seq == 0 {
		return lines[i:]
	}
	t.marker.Dropped = t.dropped
	rest := []storedLine{t.marker}
	return append(rest, lines[i:]...)
}

// trimStored drops stored lines until enough are gone; done tells that some of
// them stay. Else more may have to go of the new lines.
func (w *logWriting) trimStored(ctx context.Context, src logSource, t *logTrim) (done bool, err error) {
	after := int64(0)
	for {
		page, err := w.oldest(ctx, src, after)
		if err != nil {
			return false, err
		}
		for i := range page {
			c := &page[i]
			after = c.Last
			lines, err := c.decode()
			if err != nil {
				return false, err
			}
			rest := t.trim(lines, false)
			if len(rest) == 0 {
				w.drop = append(w.drop, recordID("log", w.l.ident, w.run, c.Last))
				t.emptied = c
				continue
			}
			if rest, err = w.keepMarker(t, rest); err == nil && len(rest) < len(lines) {
				err = w.rewriteChunk(c, rest)
			}
			return true, err
		}
		if len(page) < trimPage {
			return false, nil
		}
	}
}

// keepMarker leaves the marker in the record that was emptied last, if that is
// where it stands, and returns the other lines.
func (w *logWriting) keepMarker(t *logTrim, rest []storedLine) ([]storedLine, error) {
	if t.emptied == nil || rest[0].Seq != t.emptied.Last {
		return rest, nil
	}
	w.drop = w.drop[:len(w.drop)-1]
	return rest[1:], w.rewriteChunk(t.emptied, rest[:1])
}

func (w *logWriting) rewriteChunk(c *logChunk, lines []storedLine) error {
	raw, err := json.Marshal(lines)
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrInvalid, err)
	}
	w.rewrite = append(w.rewrite, logRewrite{id: recordID("log", w.l.ident, w.run, c.Last), lines: raw})
	return nil
}

// oldest reads records of a source above a number.
func (w *logWriting) oldest(ctx context.Context, src logSource, after int64) ([]logChunk, error) {
	s := newScript()
	s.answer("SELECT source, last, lines FROM log WHERE source = ", s.arg(w.l.logGroup(w.run, src)), " AND last > ", s.arg(after),
		" ORDER BY source, last LIMIT ", s.arg(trimPage))
	var page []logChunk
	return page, w.l.db.send(ctx, s, &page)
}

package executor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"rivers.io/runtime/store"
)

// maxLine is the longest line that is kept whole, in bytes; longer ones are cut
// into several.
const maxLine = 64 << 10

// lineWriter turns a raw stream into log lines.
type lineWriter struct {
	stream store.LogStream
	now    func() time.Time
	sink   func(store.LogLine)

	mu  sync.Mutex
	buf []byte
}

// Write takes bytes of the stream; it never fails.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(p)
	for {
		line, rest, ended := bytes.Cut(p, []byte{'\n'})
		w.add(line)
		if !ended {
			return n, nil
		}
		w.emit()
		p = rest
	}
}

// add puts a piece of a line into the buffer, and delivers what is longer than a
// line may be.
func (w *lineWriter) add(piece []byte) {
	for len(w.buf)+len(piece) > maxLine {
		take := wholeRunes(piece, maxLine-len(w.buf))
		w.buf = append(w.buf, piece[:take]...)
		piece = piece[take:]
		w.emit()
	}
	w.buf = append(w.buf, piece...)
}

func (w *lineWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.buf) > 0 {
		w.emit()
	}
}

// wholeRunes returns how much of the first n bytes of p are whole runes; where p
// is no text, n.
func wholeRunes(p []byte, n int) int {
	for back := range min(utf8.UTFMax, n+1) {
		if utf8.RuneStart(p[n-back]) {
			return n - back
		}
	}
	return n
}

// emit delivers the buffer as one line.
func (w *lineWriter) emit() {
	text := bytes.ToValidUTF8(bytes.TrimSuffix(w.buf, []byte{'\r'}), []byte("\uFFFD"))
	w.sink(store.LogLine{Time: w.now().UTC(), Stream: w.stream, Text: string(text)})
	w.buf = w.buf[:0]
}

// recordHandler turns structured records into log lines.
type recordHandler struct {
	now    func() time.Time
	sink   func(store.LogLine)
	attrs  []slog.Attr
	groups []string
}

var _ slog.Handler = (*recordHandler)(nil)

// Enabled keeps every level; readers filter.
func (h *recordHandler) Enabled(context.Context, slog.Level) bool { return true }

// Handle delivers one record.
func (h *recordHandler) Handle(_ context.Context, r slog.Record) error {
	attrs := append([]slog.Attr(nil), h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, h.qualify(a))
		return true
	})
	line := store.LogLine{Time: r.Time.UTC(), Stream: store.Records, Level: levelName(r.Level), Text: r.Message}
	if over := len(line.Text) - maxLine; over > 0 {
		line.Text = strings.ToValidUTF8(line.Text[:maxLine], "") + fmt.Sprintf(" … (%d bytes cut)", over)
	}
	if r.Time.IsZero() {
		line.Time = h.now().UTC()
	}
	if len(attrs) > 0 {
		line.Attrs = encodeAttrs(attrs)
	}
	if n := len(line.Attrs); n > maxLine {
		line.Attrs = encodeAttrs([]slog.Attr{slog.Int("rivers/cut", n)})
	}
	h.sink(line)
	return nil
}

// WithAttrs implements slog.Handler.
func (h *recordHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	c.attrs = append([]slog.Attr(nil), h.attrs...)
	for _, a := range attrs {
		c.attrs = append(c.attrs, h.qualify(a))
	}
	return &c
}

// WithGroup implements slog.Handler; groups become dotted prefixes.
func (h *recordHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	c := *h
	c.groups = append(append([]string(nil), h.groups...), name)
	return &c
}

func (h *recordHandler) qualify(a slog.Attr) slog.Attr {
	for i := len(h.groups) - 1; i >= 0; i-- {
		a.Key = h.groups[i] + "." + a.Key
	}
	return a
}

func levelName(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "DEBUG"
	case l < slog.LevelWarn:
		return "INFO"
	case l < slog.LevelError:
		return "WARN"
	}
	return "ERROR"
}

// encodeAttrs keeps the order of attributes, which a map would not.
func encodeAttrs(attrs []slog.Attr) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, a := range attrs {
		if i > 0 {
			b.WriteByte(',')
		}
		key, _ := json.Marshal(a.Key)
		b.Write(key)
		b.WriteByte(':')
		b.Write(encodeValue(a.Value.Resolve()))
	}
	b.WriteByte('}')
	return b.Bytes()
}

func encodeValue(v slog.Value) []byte {
	switch v.Kind() {
	case slog.KindGroup:
		return encodeAttrs(v.Group())
	case slog.KindDuration, slog.KindTime:
		raw, _ := json.Marshal(v.String())
		return raw
	}
	plain := v.Any()
	if err, ok := plain.(error); ok {
		plain = err.Error()
	}
	raw, err := json.Marshal(plain)
	if err != nil {
		raw, _ = json.Marshal(v.String())
	}
	return raw
}

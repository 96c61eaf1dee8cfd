package subprocess

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"

	"google.golang.org/protobuf/types/known/timestamppb"

	hostv1 "rivers.io/proto/rivers/host/v1"
)

// recorder sends structured records through the stream, with the attributes that
// slog's own JSON handler would write.
type recorder struct {
	send  func(*hostv1.Log) error
	chain []func(slog.Handler) slog.Handler
}

var _ slog.Handler = (*recorder)(nil)

// Enabled sends every level; readers filter.
func (*recorder) Enabled(context.Context, slog.Level) bool { return true }

// Handle sends one record.
func (h *recorder) Handle(ctx context.Context, r slog.Record) error {
	var b bytes.Buffer
	var inner slog.Handler = slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.Level(-128), ReplaceAttr: dropBuiltins})
	for _, step := range h.chain {
		inner = step(inner)
	}
	if err := inner.Handle(ctx, r); err != nil {
		return err
	}
	attrs := bytes.TrimSpace(b.Bytes())
	if string(attrs) == "{}" {
		attrs = nil
	}
	return h.send(&hostv1.Log{
		Time:  timestamppb.New(r.Time),
		Entry: &hostv1.Log_Record{Record: &hostv1.Record{Level: r.Level.String(), Text: r.Message, AttributesJson: attrs}},
	})
}

func dropBuiltins(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
		return slog.Attr{}
	}
	return a
}

// WithAttrs implements slog.Handler.
func (h *recorder) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.with(func(inner slog.Handler) slog.Handler { return inner.WithAttrs(attrs) })
}

// WithGroup implements slog.Handler.
func (h *recorder) WithGroup(name string) slog.Handler {
	return h.with(func(inner slog.Handler) slog.Handler { return inner.WithGroup(name) })
}

func (h *recorder) with(step func(slog.Handler) slog.Handler) slog.Handler {
	chain := append(append([]func(slog.Handler) slog.Handler(nil), h.chain...), step)
	return &recorder{send: h.send, chain: chain}
}

// decodeAttrs reads the attributes of a record back, in their order.
func decodeAttrs(raw []byte) []slog.Attr {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	var out []slog.Attr
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return out
		}
		var value json.RawMessage
		if dec.Decode(&value) != nil {
			return out
		}
		name, _ := key.(string)
		out = append(out, slog.Any(name, value))
	}
	return out
}

package surreal

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"rivers.io/runtime/store"
)

// The bounds of what one statement reads of logs.
const (
	logReadBytes  = 4 << 20
	logReadSpan   = 64 * logBlock
	logReadChunks = 16
	// logSources is the most sources whose lines are found by index; beyond, all
	// lines of the run are walked.
	logSources = 32
)

// LogLines returns the lines of a run above after, in order.
func (l *location) LogLines(ctx context.Context, run string, filter store.LogFilter, after uint64, limit int) ([]store.LogLine, error) {
	r := &logReader{l: l, run: run, filter: filter, after: int64(min(after, math.MaxInt64)), limit: store.ReadLimit(limit), span: logBlock} //nolint:gosec // bounded
	if err := r.begin(ctx); err != nil {
		return nil, err
	}
	for len(r.list) < r.limit && r.after < r.last {
		read := r.walk
		if r.sources != nil {
			read = r.pick
		}
		if err := read(ctx); err != nil {
			return nil, err
		}
	}
	return r.list, nil
}

// logReader reads lines in order.
type logReader struct {
	l      *location
	run    string
	filter store.LogFilter
	limit  int

	after, last int64 // every line up to after was read; the newest
	sources     []string
	span        int64
	list        []store.LogLine
}

// begin finds the newest line and, with a step, its sources.
func (r *logReader) begin(ctx context.Context) error {
	s := newScript()
	sources := "[]"
	if step := r.filter.Step; step.Name != "" {
		prefix := s.arg(r.l.ident) + ", " + s.arg(r.run) + ", " + s.arg(step.Name)
		if step.Key != "" {
			prefix += ", " + s.arg(string(step.Key))
		}
		sources = "(SELECT id[2] AS step, id[3] AS key, id[4] AS number, id[5] AS stream FROM log_source:[" + prefix + "]..=[" + prefix + ", ..])"
	}
	s.answer("RETURN {run: record::exists(", s.arg(r.l.headID(r.run)), "), seq: ", s.arg(recordID("log_head", r.l.ident, r.run)), ".seq ?? 0, sources: ", sources, "}")
	var got struct {
		Run     bool       `json:"run"`
		Seq     int64      `json:"seq"`
		Sources []logChunk `json:"sources"`
	}
	if err := r.l.db.read(ctx, "read logs", s, &got); err != nil {
		return err
	}
	if !got.Run {
		return notFound("run", r.run)
	}
	r.last = got.Seq
	if r.filter.Step.Name == "" {
		return nil
	}
	r.choose(got.Sources)
	return nil
}

// choose keeps the sources that the filter admits; when there is none, nothing
// is to be read.
func (r *logReader) choose(sources []logChunk) {
	for i := range sources {
		src := sources[i].source()
		if r.admits(src) {
			r.sources = append(r.sources, r.l.logGroup(r.run, src))
		}
	}
	switch n := len(r.sources); {
	case n == 0:
		r.last = 0
	case n > logSources:
		r.sources = nil
	}
}

// admits reports whether the filter admits lines of a source.
func (r *logReader) admits(src logSource) bool {
	f := &r.filter
	return (f.Step.Name == "" || f.Step.Name == src.attempt.Name && (f.Step.Key == "" || f.Step.Key == src.attempt.Key)) &&
		(f.Attempt == 0 || f.Attempt == src.attempt.Number) &&
		(len(f.Streams) == 0 || slices.Contains(f.Streams, src.stream))
}

// walk reads the records of the next numbers. Those that begin among them end
// within one block.
func (r *logReader) walk(ctx context.Context) error {
	s := newScript()
	prefix := s.arg(r.l.ident) + ", " + s.arg(r.run) + ", "
	to := min(r.after+r.span, r.last)
	where := r.where(s)
	s.answer("SELECT last, step, key, number, stream, lines FROM log:[", prefix, s.arg(r.after), "]>..=[", prefix, s.arg(to+logBlock), "]", where)
	var chunks []logChunk
	if err := r.l.db.read(ctx, "read logs", s, &chunks); err != nil {
		return err
	}
	size := 0
	for i := range chunks {
		size += len(chunks[i].Lines)
	}
	if 4*size <= logReadBytes {
		r.span = min(4*r.span, logReadSpan)
	} else if size > logReadBytes {
		r.span = logBlock
	}
	return r.take(chunks, to)
}

// where restricts a walk to the sources that the filter admits.
func (r *logReader) where(s *script) string {
	var terms []string
	f := &r.filter
	if f.Step.Name != "" {
		terms = append(terms, "step = "+s.arg(f.Step.Name))
	}
	if f.Step.Key != "" {
		terms = append(terms, "key = "+s.arg(string(f.Step.Key)))
	}
	if f.Attempt != 0 {
		terms = append(terms, "number = "+s.arg(f.Attempt))
	}
	if len(f.Streams) > 0 {
		terms = append(terms, "stream IN "+s.arg(f.Streams))
	}
	if len(terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(terms, " AND ")
}

// pick reads the next records of each source. What lies behind the last record
// of a source that has more is left for the next time.
func (r *logReader) pick(ctx context.Context) error {
	most := max(1, logReadChunks/len(r.sources))
	s := newScript()
	lists := make([]string, len(r.sources))
	for i, src := range r.sources {
		lists[i] = "(SELECT source, last, step, key, number, stream, lines FROM log WHERE source = " + s.arg(src) + " AND last > " +
			s.arg(r.after) + " ORDER BY source, last LIMIT " + s.arg(most) + ")"
	}
	s.answer("RETURN [", strings.Join(lists, ", "), "]")
	var got [][]logChunk
	if err := r.l.db.read(ctx, "read logs", s, &got); err != nil {
		return err
	}
	to := r.last
	for _, list := range got {
		if len(list) == most {
			to = min(to, list[most-1].Last)
		}
	}
	return r.take(slices.Concat(got...), to)
}

// take adds the lines of records with numbers up to to, in order.
func (r *logReader) take(chunks []logChunk, to int64) error {
	var lines []store.LogLine
	for i := range chunks {
		c := &chunks[i]
		if !r.admits(c.source()) {
			continue
		}
		stored, err := c.decode()
		if err != nil {
			return err
		}
		for k := range stored {
			if seq := stored[k].Seq; seq <= r.after || seq > to {
				continue
			}
			if line := c.line(&stored[k]); matches(&r.filter, &line) {
				lines = append(lines, line)
			}
		}
	}
	slices.SortFunc(lines, func(a, b store.LogLine) int { return cmp.Compare(a.Seq, b.Seq) })
	r.list = append(r.list, lines[:min(len(lines), r.limit-len(r.list))]...)
	r.after = to
	return nil
}

// matches reports whether the filter admits a line of a source that it admits.
func matches(f *store.LogFilter, line *store.LogLine) bool {
	switch {
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

package ui

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/ui/format"
)

// errAbort cuts the connection of an answer that has begun.
var errAbort = http.ErrAbortHandler

// logPage is the tab of logs: the first lines in the page, the rest by script.
type logPage struct {
	query logQuery
	lines []store.LogLine
	more  bool
	src   string
}

// logQuery is the filter as the address holds it.
type logQuery struct {
	Step, Partition, Stream, Level, Text string
	Attempt                              int
	After                                uint64
}

const (
	// firstLines are in the page itself, for readers without script.
	firstLines = 400
	// linesPerFetch is the answer to one request of the script.
	linesPerFetch = 1000
)

var (
	logStreams = []store.LogStream{store.Stdout, store.Stderr, store.Records, store.Process}
	logLevels  = []string{"DEBUG", "INFO", "WARN", "ERROR"}
)

func (c *call) logQuery() (logQuery, store.LogFilter, error) {
	v := c.r.URL.Query()
	q := logQuery{Step: v.Get("step"), Partition: v.Get("partition"), Stream: v.Get("stream"), Level: v.Get("level"), Text: v.Get("q")}
	q.Attempt, _ = strconv.Atoi(v.Get("attempt"))
	q.After, _ = strconv.ParseUint(v.Get("after"), 10, 64)
	f := store.LogFilter{Attempt: q.Attempt, Contains: q.Text, MinLevel: q.Level}
	f.Step = event.Step{Name: q.Step, Key: partition.Key(q.Partition)}
	if q.Stream != "" {
		if !slices.Contains(logStreams, store.LogStream(q.Stream)) {
			return q, f, badRequest("There is no log stream called " + strconv.Quote(q.Stream) + ".")
		}
		f.Streams = []store.LogStream{store.LogStream(q.Stream)}
	}
	if q.Level != "" && !slices.Contains(logLevels, q.Level) {
		return q, f, badRequest("There is no log level called " + strconv.Quote(q.Level) + ".")
	}
	return q, f, nil
}

func (c *call) logPage(run store.Run) (logPage, error) {
	q, f, err := c.logQuery()
	if err != nil {
		return logPage{}, err
	}
	p := logPage{query: q}
	if p.lines, err = c.state.LogLines(c.ctx, run.ID, f, q.After, firstLines); err != nil {
		return p, err
	}
	p.more = len(p.lines) == firstLines
	p.src = c.runPath(run.ID) + "/logs" + q.string()
	return p, nil
}

// string is the filter as a query, without the position.
func (q logQuery) string() string {
	attempt := ""
	if q.Attempt > 0 {
		attempt = strconv.Itoa(q.Attempt)
	}
	return queryString("step", q.Step, "partition", q.Partition, "attempt", attempt, "stream", q.Stream, "level", q.Level, "q", q.Text)
}

// restricts reports whether the filter leaves anything out.
func (q logQuery) restricts() bool { return q.string() != "" }

// wireLine is one line as the script reads it.
type wireLine struct {
	Seq     uint64          `json:"n"`
	Time    string          `json:"t"`
	Step    string          `json:"s,omitempty"`
	Stream  store.LogStream `json:"o"`
	Level   string          `json:"l,omitempty"`
	Text    string          `json:"x"`
	Attrs   json.RawMessage `json:"a,omitempty"`
	Dropped int64           `json:"d,omitempty"`
}

// logLines answers the lines above after, as JSON.
func (c *call) logLines() error {
	run, err := c.findRun(c.r.PathValue("run"))
	if err != nil {
		return err
	}
	q, f, err := c.logQuery()
	if err != nil {
		return err
	}
	lines, err := c.state.LogLines(c.ctx, run.ID, f, q.After, linesPerFetch)
	if err != nil {
		return err
	}
	answer := struct {
		Lines []wireLine `json:"lines"`
		More  bool       `json:"more"`
		Final bool       `json:"final"`
	}{Lines: make([]wireLine, len(lines)), More: len(lines) == linesPerFetch, Final: run.Status.Final()}
	for i, l := range lines {
		answer.Lines[i] = wireLine{l.Seq, l.Time.UTC().Format(time.RFC3339Nano), attemptName(l.Attempt), l.Stream, l.Level, l.Text, l.Attrs, l.Dropped}
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return c.send(http.StatusOK, "application/json; charset=utf-8", raw)
}

// attemptName is the step of a line, with the attempt when it is not the first.
func attemptName(a event.Attempt) string {
	switch {
	case a.IsZero():
		return ""
	case a.Number > 1:
		return a.String()
	}
	return a.Step.String()
}

// logText answers all lines as a file.
func (c *call) logText() error {
	run, err := c.findRun(c.r.PathValue("run"))
	if err != nil {
		return err
	}
	_, f, err := c.logQuery()
	if err != nil {
		return err
	}
	c.download("text/plain; charset=utf-8", "run-"+format.Short(run.ID)+".log")
	out := bufio.NewWriter(c.w)
	for after := uint64(0); ; {
		lines, err := c.state.LogLines(c.ctx, run.ID, f, after, linesPerFetch)
		if err != nil {
			return c.broken(err)
		}
		for _, l := range lines {
			after = l.Seq
			_, _ = fmt.Fprintf(out, "%s %-6s %s%s%s\n", l.Time.UTC().Format(time.RFC3339Nano), cmp.Or(l.Level, string(l.Stream)),
				suffix("", attemptName(l.Attempt)), separator(attemptName(l.Attempt)), lineText(l))
		}
		if out.Flush() != nil || len(lines) < linesPerFetch {
			return nil //nolint:nilerr // the client left: there is nobody to tell
		}
	}
}

func separator(name string) string {
	if name == "" {
		return ""
	}
	return ": "
}

// lineText is the text of a line with its attributes, or what was dropped.
func lineText(l store.LogLine) string {
	if l.Dropped > 0 {
		return "… " + format.Bytes(l.Dropped) + " before this line were dropped …"
	}
	return l.Text + attrText(l.Attrs)
}

// attrText shows a record's attributes as words: key=value.
func attrText(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	var attrs map[string]json.RawMessage
	if json.Unmarshal(raw, &attrs) != nil {
		return " " + string(raw)
	}
	keys := make([]string, 0, len(attrs))
	for k := range attrs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b strings.Builder
	for _, k := range keys {
		b.WriteString(" " + k + "=" + strings.Trim(string(attrs[k]), `"`))
	}
	return b.String()
}

// lineClass is the weight of a line: its level, or its stream.
func lineClass(l store.LogLine) string {
	switch {
	case l.Dropped > 0:
		return "dropped"
	case l.Level != "":
		return strings.ToLower(l.Level)
	}
	return string(l.Stream)
}

// stepLogs is the address of the logs of a step.
func (c *call) stepLogs(run string, s event.Step) string {
	q := url.Values{"tab": {"logs"}, "step": {s.Name}}
	if s.Key != "" {
		q.Set("partition", string(s.Key))
	}
	return c.runPath(run) + "?" + q.Encode()
}

// lineMark is the word that stands before a line: its level, or its stream.
func lineMark(l store.LogLine) string { return cmp.Or(l.Level, string(l.Stream)) }

// stepNames lists the assets of a run's steps, each once.
func stepNames(steps []stepState) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range steps {
		if !seen[s.ID.Name] {
			seen[s.ID.Name] = true
			out = append(out, s.ID.Name)
		}
	}
	slices.Sort(out)
	return out
}

package ui

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"mime"
	"strconv"
	"strings"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/ui/format"
)

// eventsPerPage is the length of a page of events (S-65).
const eventsPerPage = 50

// eventRow is one event as the page shows it.
type eventRow struct {
	event.Event
	Key  string
	Text string
}

// fillEvents reads one page of the run's events. Numbers have no gaps, so a page
// is found by arithmetic; without a number the last one is shown, where the
// news is.
func (c *call) fillEvents(p *runPage) error {
	last := max(1, (p.run.Seq+eventsPerPage-1)/eventsPerPage)
	n, err := strconv.ParseUint(c.query("page"), 10, 64)
	if err != nil || n < 1 || n > last {
		n = last
	}
	from := (n - 1) * eventsPerPage
	events, err := c.state.Events(c.ctx, p.run.ID, from, eventsPerPage)
	if err != nil {
		return err
	}
	for _, e := range events {
		p.events = append(p.events, describe(e))
	}
	p.evPages.Words = rangeWords(from+1, from+uint64(len(events)), max(p.run.Seq, from+uint64(len(events))))
	if n > 1 {
		p.evPages.Prev = c.pathWith("page", strconv.FormatUint(n-1, 10))
	}
	if n < last {
		p.evPages.Next = c.pathWith("page", strconv.FormatUint(n+1, 10))
	}
	return nil
}

// describe says in words what an event tells.
func describe(e event.Event) eventRow {
	row := eventRow{Event: e}
	switch p := e.Payload.(type) {
	case *event.RunCreated:
		row.Key, row.Text = "queued", format.Plural(p.Steps, "step")+" planned"+suffix(" for ", p.Selection)+suffix(", partitions ", p.Partitions)
	case *event.RunQueued:
		row.Key, row.Text = "queued", "priority "+strconv.Itoa(p.Priority)+suffix(": ", p.Reason)
	case *event.RunDequeued:
		row.Key, row.Text = "queued", "admitted"
	case *event.RunLaunchFailed:
		row.Key, row.Text = "failed", p.Error
	case *event.RunStarted:
		row.Key, row.Text = "running", "by "+p.Executor+suffix(", image ", format.Digest(p.Image))
	case *event.RunTakenOver:
		row.Key, row.Text = "running", fmt.Sprintf("by %s, epoch %d%s", p.Executor, p.Epoch, suffix(", image ", format.Digest(p.Image)))
	case *event.RunCancelRequested:
		row.Key, row.Text = "canceled", "asked for"+suffix(" by ", userName(p.User))
	case *event.RunFinished:
		row.Key, row.Text = outcomeKey(p.Outcome), finishWords(p)
	default:
		row.Key, row.Text = describeStep(e.Payload)
	}
	return row
}

// describeStep says what an event of a step tells.
func describeStep(payload event.Payload) (key, text string) {
	switch p := payload.(type) {
	case *event.StepLaunched:
		return "running", string(p.Worker)
	case *event.StepStarted:
		if p.Pod != "" {
			return "running", "pod " + p.Pod
		}
		return "running", "process " + strconv.Itoa(p.PID)
	case *event.Materialization:
		return "materialized", materializationWords(p)
	case *event.Observation:
		return "materialized", "version " + format.Clip(p.DataVersion, 20)
	case *event.PartitionFailed:
		return "failed", string(p.Key) + ": " + p.Error
	case *event.StepSucceeded:
		return "materialized", "in " + format.Duration(p.Duration)
	case *event.StepFailed:
		return "failed", "after " + format.Duration(p.Duration) + suffix(", ", string(p.Reason)) + ": " + p.Error
	case *event.StepRetryScheduled:
		return "queued", "not before " + p.NotBefore.UTC().Format("15:04:05.000") + " UTC"
	case *event.StepSkipped:
		return "skipped", p.Cause + suffix(" (", p.By.String()) + closing(p.By.String())
	case *event.StepCanceled:
		return "canceled", p.Cause
	case *event.StepRevoked:
		return "canceled", p.Cause
	case *event.Unknown:
		return "missing", "an event of a newer version"
	}
	return "missing", ""
}

func suffix(before, text string) string {
	if text == "" {
		return ""
	}
	return before + text
}

func closing(text string) string {
	if text == "" {
		return ""
	}
	return ")"
}

func userName(u *event.User) string {
	if u == nil {
		return ""
	}
	return cmp.Or(u.Name, u.Email, u.Subject)
}

func outcomeKey(o event.Outcome) string {
	switch o {
	case event.Succeeded:
		return "materialized"
	case event.Failed:
		return "failed"
	}
	return "canceled"
}

func finishWords(p *event.RunFinished) string {
	n := p.Counts
	text := fmt.Sprintf("%s of %s succeeded", format.Count(n.Succeeded), format.Plural(n.Total, "step"))
	return text + suffix(": ", p.Cause)
}

func materializationWords(p *event.Materialization) string {
	var words []string
	if p.Output != "" {
		words = append(words, p.Output)
	}
	if rows := rowsOf(p.Metadata); rows != "" {
		words = append(words, rows+" rows")
	}
	if p.Value != nil {
		words = append(words, strings.TrimSpace(p.Value.Format+" "+format.Bytes(p.Value.Bytes)))
	}
	return strings.Join(append(words, "version "+format.Clip(p.DataVersion, 14)), " · ")
}

// eventsCSV answers the events of a run as a table for a spreadsheet.
func (c *call) eventsCSV() error {
	run, err := c.findRun(c.r.PathValue("run"))
	if err != nil {
		return err
	}
	c.download("text/csv; charset=utf-8", "run-"+format.Short(run.ID)+"-events.csv")
	out := csv.NewWriter(c.w)
	_ = out.Write([]string{"seq", "time", "type", "step", "partition", "attempt", "text", "payload"})
	for after := uint64(0); ; {
		events, err := c.state.Events(c.ctx, run.ID, after, foldBatch)
		if err != nil {
			return c.broken(err)
		}
		for _, e := range events {
			raw, err := event.Encode(e.Payload)
			if err != nil {
				return c.broken(err)
			}
			_ = out.Write([]string{
				strconv.FormatUint(e.Seq, 10), e.Time.UTC().Format(time.RFC3339Nano), string(e.Type()),
				cell(e.Attempt.Name), cell(string(e.Attempt.Key)), strconv.Itoa(e.Attempt.Number), cell(describe(e).Text), string(raw),
			})
			after = e.Seq
		}
		out.Flush()
		if len(events) < foldBatch {
			return nil
		}
	}
}

// cell keeps a spreadsheet from taking a foreign text for a formula.
func cell(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@' || s[0] == '\t' || s[0] == '\r') {
		return "'" + s
	}
	return s
}

// download sets the headers of a file that the browser saves.
func (c *call) download(media, name string) {
	h := c.w.Header()
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

// broken ends a download that has begun: the client sees a cut connection, not a
// file that looks whole.
func (c *call) broken(err error) error {
	c.config.Logger.Error("download broke off", "path", clean(c.r.URL.Path), "err", err)
	panic(errAbort)
}

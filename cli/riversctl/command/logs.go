package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

type logReader interface {
	runGetter
	ListRunLogs(ctx context.Context, in *riversv1.ListRunLogsRequest, opts ...grpc.CallOption) (*riversv1.ListRunLogsResponse, error)
	WatchRunLogs(ctx context.Context, in *riversv1.WatchRunLogsRequest, opts ...grpc.CallOption) (grpc.ServerStreamingClient[riversv1.WatchRunLogsResponse], error)
}

// Logs prints the log lines of a run.
type Logs struct {
	Runs    logReader
	Printer output.Printer
	// ID is the run's whole id.
	ID string
	// Filter restricts the lines.
	Filter *riversv1.LogFilter
	// Follow goes on until the run has ended.
	Follow bool
	// Notes is told that there is no line; nil is not.
	Notes io.Writer
}

// LogStreams names the streams of logs on the command line.
var LogStreams = map[string]riversv1.LogStream{
	"stdout":  riversv1.LogStream_LOG_STREAM_STDOUT,
	"stderr":  riversv1.LogStream_LOG_STREAM_STDERR,
	"log":     riversv1.LogStream_LOG_STREAM_LOG,
	"process": riversv1.LogStream_LOG_STREAM_PROCESS,
}

// LogFilter makes a filter of words; a step may be name[key].
func LogFilter(step string, attempt int, streams []string, level, contains string) (*riversv1.LogFilter, error) {
	f := &riversv1.LogFilter{Step: step, Attempt: int32(attempt), MinLevel: strings.ToUpper(level), Contains: contains}
	if name, key, ok := strings.Cut(strings.TrimSuffix(step, "]"), "["); ok {
		f.Step, f.Partition = name, key
	}
	switch f.GetMinLevel() {
	case "", "DEBUG", "INFO", "WARN", "ERROR":
	default:
		return nil, exit.Usagef("unknown level %q: choose debug, info, warn or error", level)
	}
	for _, s := range streams {
		stream, ok := LogStreams[s]
		if !ok {
			return nil, exit.Usagef("unknown stream %q: choose %s", s, strings.Join(sortedKeys(LogStreams), ", "))
		}
		f.Streams = append(f.Streams, stream)
	}
	return f, nil
}

// Run prints the lines, oldest first.
func (c Logs) Run(ctx context.Context) error {
	if err := c.checkStep(ctx); err != nil {
		return err
	}
	if c.Follow {
		return c.follow(ctx)
	}
	after, err := c.stored(ctx)
	if err == nil && after == 0 {
		c.none()
	}
	return err
}

// mostSteps is how many steps an error lists.
const mostSteps = 10

// checkStep refuses a step that the run does not have.
func (c Logs) checkStep(ctx context.Context) error {
	step := c.Filter.GetStep()
	if step == "" {
		return nil
	}
	resp, err := c.Runs.GetRun(ctx, &riversv1.GetRunRequest{Run: c.ID})
	if err != nil {
		return err
	}
	known := resp.GetRun().GetAssets()
	if len(known) < int(resp.GetRun().GetAssetCount()) || slices.Contains(known, step) {
		return nil
	}
	more := ""
	if len(known) > mostSteps {
		more = fmt.Sprintf(" and %d more", len(known)-mostSteps)
		known = known[:mostSteps]
	}
	return exit.Usagef("run %s has no step %q; it has %s%s", c.ID, step, strings.Join(known, ", "), more)
}

// none says that nothing was printed, and why.
func (c Logs) none() {
	if c.Notes == nil {
		return
	}
	text := "run %s wrote no output\n"
	if !proto.Equal(c.Filter, &riversv1.LogFilter{}) {
		text = "no line of run %s matches\n"
	}
	_, _ = fmt.Fprintf(c.Notes, text, c.ID) // a remark is not worth an error
}

// stored prints what was written so far and returns the number of the last line.
func (c Logs) stored(ctx context.Context) (uint64, error) {
	var after uint64
	for {
		page, err := c.Runs.ListRunLogs(ctx, &riversv1.ListRunLogsRequest{Run: c.ID, PageSize: 1000, AfterSeq: after, Filter: c.Filter})
		if err != nil {
			return after, err
		}
		seen, err := c.print(page.GetLines(), after)
		if err != nil || seen == after || page.GetNextPageToken() == "" {
			return seen, err
		}
		after = seen
	}
}

// follow prints lines as they are written, opening the watch again where it broke.
func (c Logs) follow(ctx context.Context) error {
	var after uint64
	pause, quiet := FirstPause, time.Now()
	for {
		seen, err := c.stream(ctx, after)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			if seen == 0 {
				c.none()
			}
			return nil
		}
		if seen > after {
			after, pause, quiet = seen, FirstPause, time.Now()
		}
		if !passing(err) || time.Since(quiet) > Patience {
			return err
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, LongestPause)
		case <-ctx.Done():
		}
	}
}

func (c Logs) stream(ctx context.Context, after uint64) (uint64, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	lines, err := c.Runs.WatchRunLogs(ctx, &riversv1.WatchRunLogsRequest{Run: c.ID, AfterSeq: after, Filter: c.Filter})
	if err != nil {
		return after, err
	}
	for {
		batch, err := lines.Recv()
		if errors.Is(err, io.EOF) {
			return after, nil
		}
		if err != nil {
			return after, err
		}
		if after, err = c.print(batch.GetLines(), after); err != nil {
			return after, err
		}
	}
}

// print writes the lines above after and returns the number of the last one.
func (c Logs) print(lines []*riversv1.LogLine, after uint64) (uint64, error) {
	for _, l := range lines {
		if l.GetSeq() <= after {
			continue
		}
		after = l.GetSeq()
		if err := c.line(l); err != nil {
			return after, err
		}
	}
	return after, nil
}

func (c Logs) line(l *riversv1.LogLine) error {
	switch c.Printer.Format {
	case output.JSON:
		raw, err := output.Encode(l)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.Printer.W, "%s\n", raw)
		return err
	case output.YAML:
		if _, err := fmt.Fprintln(c.Printer.W, "---"); err != nil {
			return err
		}
		return c.Printer.Print(output.Answer{Message: l})
	case output.Name:
		_, err := fmt.Fprintln(c.Printer.W, output.Clean(l.GetText()))
		return err
	default:
		_, err := fmt.Fprintln(c.Printer.W, logText(l))
		return err
	}
}

// logText writes a line for people.
func logText(l *riversv1.LogLine) string {
	var b strings.Builder
	b.WriteString(at(l.GetTime()).Local().Format("15:04:05.000"))
	if l.GetStep() != "" {
		fmt.Fprintf(&b, " %s%s#%d", output.Clean(l.GetStep()), output.Clean(bracket(l.GetPartition())), l.GetAttempt())
	}
	kind := strings.ToLower(strings.TrimPrefix(l.GetStream().String(), "LOG_STREAM_"))
	if l.GetLevel() != "" {
		kind = l.GetLevel()
	}
	fmt.Fprintf(&b, " %-6s ", kind)
	if n := l.GetDroppedBytes(); n > 0 {
		fmt.Fprintf(&b, "… %s were dropped here …", output.Bytes(n))
		return b.String()
	}
	b.WriteString(output.Clean(l.GetText()))
	fields := l.GetAttributes().GetFields()
	for _, k := range sortedKeys(fields) {
		fmt.Fprintf(&b, " %s=%s", output.Clean(k), output.Clean(metadataText(fields[k])))
	}
	return b.String()
}

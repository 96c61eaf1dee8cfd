package command

import (
	"context"
	"io"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

// fakeLogs gives one batch and one end a call.
type fakeLogs struct {
	logReader
	calls []logCall
}

type logCall struct {
	lines []*riversv1.LogLine
	end   error
}

func (f *fakeLogs) WatchRunLogs(context.Context, *riversv1.WatchRunLogsRequest, ...grpc.CallOption) (grpc.ServerStreamingClient[riversv1.WatchRunLogsResponse], error) {
	call := f.calls[0]
	f.calls = f.calls[1:]
	return &fakeLogStream{logCall: call}, nil
}

type fakeLogStream struct {
	grpc.ClientStream
	logCall
}

func (s *fakeLogStream) Recv() (*riversv1.WatchRunLogsResponse, error) {
	if lines := s.lines; len(lines) > 0 {
		s.lines = nil
		return &riversv1.WatchRunLogsResponse{Lines: lines}, nil
	}
	if s.end != nil {
		return nil, s.end
	}
	return nil, io.EOF
}

func TestFollowedLogsSayThatThereAreNone(t *testing.T) {
	line := []*riversv1.LogLine{{Seq: 1, Text: "here"}}
	broken := status.Error(codes.Unavailable, "gone")
	for name, c := range map[string]struct {
		calls       []logCall
		filter      *riversv1.LogFilter
		out, remark string
	}{
		"silent":                        {[]logCall{{}}, &riversv1.LogFilter{}, "", "run r wrote no output\n"},
		"nothing matches":               {[]logCall{{}}, &riversv1.LogFilter{Contains: "x"}, "", "no line of run r matches\n"},
		"silent through a broken watch": {[]logCall{{end: broken}, {}}, &riversv1.LogFilter{}, "", "run r wrote no output\n"},
		"a line":                        {[]logCall{{lines: line}}, &riversv1.LogFilter{}, "here\n", ""},
		"a line before the watch broke": {[]logCall{{lines: line, end: broken}, {}}, &riversv1.LogFilter{}, "here\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out, notes strings.Builder
			err := Logs{
				Runs: &fakeLogs{calls: c.calls}, Printer: output.Printer{W: &out, Format: output.Name},
				ID: "r", Filter: c.filter, Follow: true, Notes: &notes,
			}.Run(t.Context())
			if err != nil || out.String() != c.out || notes.String() != c.remark {
				t.Errorf("printed %q, remarked %q, %v", out.String(), notes.String(), err)
			}
		})
	}
}

package command

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

// fakePruner answers with what it holds.
type fakePruner struct {
	grpc.ClientStream
	answers []*riversv1.PruneValuesResponse
	asked   *riversv1.PruneValuesRequest
}

func (f *fakePruner) PruneValues(_ context.Context, in *riversv1.PruneValuesRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[riversv1.PruneValuesResponse], error) {
	f.asked = in
	return f, nil
}

func (f *fakePruner) Recv() (*riversv1.PruneValuesResponse, error) {
	if len(f.answers) == 0 {
		return nil, io.EOF
	}
	a := f.answers[0]
	f.answers = f.answers[1:]
	return a, nil
}

func answersOfPruning(problems ...string) []*riversv1.PruneValuesResponse {
	return []*riversv1.PruneValuesResponse{
		{Asset: "report", RemovedCount: 3, RemovedBytes: 2048, ObjectCount: 5, Examples: []*riversv1.StoredObject{{Path: "report/_/a.json"}, {Path: "report/_/b.json"}}},
		{Asset: "parts", ObjectCount: 4, Problems: problems},
	}
}

func TestPruneValues(t *testing.T) {
	for name, c := range map[string]struct {
		dry         bool
		format      output.Format
		problems    []string
		want, notes string
		fails       bool
	}{
		"table":   {false, output.Table, nil, "ASSET   VALUES  SIZE     VALUE\nreport  3       2.0 KiB  report/_/a.json and 2 more\nremoved 3 values of 9, 2.0 KiB\n", "", false},
		"dry run": {true, output.Table, nil, "ASSET   VALUES  SIZE     VALUE\nreport  3       2.0 KiB  report/_/a.json and 2 more\nwould remove 3 values of 9, 2.0 KiB\n", "", false},
		"names":   {false, output.Name, nil, "report/_/a.json\nreport/_/b.json\n", "", false},
		"problem": {false, output.Name, []string{"broken\x1b[2J"}, "report/_/a.json\nreport/_/b.json\n", "parts: broken", true},
	} {
		t.Run(name, func(t *testing.T) {
			var out, notes bytes.Buffer
			f := &fakePruner{answers: answersOfPruning(c.problems...)}
			grace := time.Hour
			err := PruneValues{
				Assets: f, Printer: output.Printer{W: &out, Format: c.format}, Notes: &notes, Selection: "report parts", Grace: &grace, DryRun: c.dry,
			}.Run(t.Context())
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (err != nil) != c.fails || !strings.HasPrefix(notes.String(), c.notes) || strings.Contains(notes.String(), "\x1b") {
				t.Errorf("err %v, notes %q", err, notes.String())
			}
			if f.asked.DryRun != c.dry || f.asked.Grace.AsDuration() != grace || f.asked.Selection != "report parts" {
				t.Errorf("asked %v", f.asked)
			}
		})
	}
}

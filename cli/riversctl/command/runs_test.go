package command

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"

	"rivers.io/cli/riversctl/exit"
	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

func TestFilterText(t *testing.T) {
	for _, test := range []struct {
		reason string
		filter RunFilter
		want   string
	}{
		{"nothing asks for all", RunFilter{}, ""},
		{"words are those of people", RunFilter{Status: []string{"Running"}}, "status = STARTED"},
		{"several states are alternatives", RunFilter{Status: []string{"failed", "canceled"}, Asset: "a"},
			`(status = FAILED OR status = CANCELED) AND asset = "a"`},
		{"values are quoted", RunFilter{Partition: `a"b\`}, `partition = "a\"b\\"`},
		{"tags with and without values", RunFilter{Tags: []string{"rivers/priority=1"}, Raw: "create_time >= \"x\""},
			`tags.rivers/priority = "1" AND create_time >= "x"`},
		{"a tag of any value", RunFilter{Tags: []string{"team"}}, `tags:"team"`},
	} {
		if got, err := test.filter.text(); err != nil || got != test.want {
			t.Errorf("%s: %q, %v, want %q", test.reason, got, err, test.want)
		}
	}
	for _, bad := range []RunFilter{{Status: []string{"done"}}, {Tags: []string{"a b=c"}}} {
		if _, err := bad.text(); exit.Code(err) != exit.Usage {
			t.Errorf("%+v gives %v", bad, err)
		}
	}
}

func TestRunID(t *testing.T) {
	const whole = "01a202a1-648d-770e-9304-4b4a6dc23f4e"
	found := []*riversv1.Run{{Id: whole}}
	var asked string
	runs := fakeRuns{list: func(in *riversv1.ListRunsRequest) (*riversv1.ListRunsResponse, error) {
		asked = in.GetFilter()
		return &riversv1.ListRunsResponse{Runs: found}, nil
	}}
	for _, test := range []struct{ reason, text, asked, want string }{
		{"a whole id is not looked up", whole, "", whole},
		{"the beginning of one is", "01A202a1", `id : "01a202a1*"`, whole},
		{"the newest has a name", "latest", "", whole},
	} {
		asked = ""
		if got, err := RunID(t.Context(), runs, test.text); err != nil || got != test.want || asked != test.asked {
			t.Errorf("%s: %q, %v, asked %q", test.reason, got, err, asked)
		}
	}
	for _, bad := range []string{"01a", "", "squares", whole + "0"} {
		if _, err := RunID(t.Context(), runs, bad); exit.Code(err) != exit.Usage {
			t.Errorf("RunID(%q) = %v", bad, err)
		}
	}
	found = append(found, &riversv1.Run{Id: "01a202a1-0000-7000-8000-000000000000"})
	if _, err := RunID(t.Context(), runs, "01a202a1"); err == nil || !strings.Contains(err.Error(), "several runs") {
		t.Errorf("an ambiguous beginning: %v", err)
	}
	found = nil
	if _, err := RunID(t.Context(), runs, "01a202a1"); exit.Code(err) != exit.Failed {
		t.Errorf("a beginning of no run: %v", err)
	}
}

func TestListStopsAtTheLimit(t *testing.T) {
	runs := fakeRuns{list: func(in *riversv1.ListRunsRequest) (*riversv1.ListRunsResponse, error) {
		page := &riversv1.ListRunsResponse{NextPageToken: "more"}
		for range min(int(in.GetPageSize()), 2) { // a server may answer less than was asked for
			page.Runs = append(page.Runs, &riversv1.Run{Id: "r"})
		}
		return page, nil
	}}
	var out bytes.Buffer
	if err := (ListRuns{Runs: runs, Printer: output.Printer{W: &out, Format: output.Name}, Now: clock, Limit: 5}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "r\n"); got != 5 {
		t.Errorf("%d runs, want 5", got)
	}
}

func TestDeleteGoesOnPastARefusal(t *testing.T) {
	runs := fakeRuns{delete: func(in *riversv1.DeleteRunRequest) error {
		if in.GetRun() == "active" {
			return status.Error(codes.FailedPrecondition, "the run is active")
		}
		return nil
	}}
	var out bytes.Buffer
	asked := 0
	d := DeleteRuns{Runs: runs, Printer: output.Printer{W: &out}, IDs: []string{"a", "active", "b"}, NewID: func() string { return "" },
		Confirm: func(string) (bool, error) { asked++; return true, nil }}
	err := d.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "run active: ") || out.String() != "run a is deleted\nrun b is deleted\n" || asked != 1 {
		t.Errorf("%v, %q, asked %d times", err, out.String(), asked)
	}
	d.Confirm = func(string) (bool, error) { return false, nil }
	out.Reset()
	if err := d.Run(t.Context()); err == nil || out.Len() > 0 {
		t.Errorf("a no deletes: %v, %q", err, out.String())
	}
	d.Confirm = func(string) (bool, error) { return false, errors.New("no terminal") }
	if err := d.Run(t.Context()); err == nil {
		t.Error("a question without an answer deletes")
	}
}

func TestTree(t *testing.T) {
	g := &riversv1.GetGraphResponse{
		Nodes: []*riversv1.GraphNode{{Name: "flights", Partitions: "daily"}, {Name: "airports"}, {Name: "delays"}, {Name: "report"}, {Name: "alone"}},
		Edges: []*riversv1.GraphEdge{{From: 0, To: 2}, {From: 1, To: 2}, {From: 2, To: 3}, {From: 0, To: 3}},
	}
	var out bytes.Buffer
	if err := tree(&out, g); err != nil {
		t.Fatal(err)
	}
	want := "flights (daily)\n├─ delays\n│  └─ report\n└─ report\nairports\n└─ delays …\nalone\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestLogFilter(t *testing.T) {
	f, err := LogFilter("flights[2001-01-01]", 2, []string{"stderr"}, "warn", "x")
	if err != nil || f.GetStep() != "flights" || f.GetPartition() != "2001-01-01" || f.GetMinLevel() != "WARN" || f.GetStreams()[0] != riversv1.LogStream_LOG_STREAM_STDERR {
		t.Errorf("%v, %v", f, err)
	}
	for _, bad := range [][2]string{{"nowhere", ""}, {"stdout", "loud"}} {
		if _, err := LogFilter("", 0, []string{bad[0]}, bad[1], ""); exit.Code(err) != exit.Usage {
			t.Errorf("%v gives %v", bad, err)
		}
	}
}

func TestLogText(t *testing.T) {
	attrs, err := structpb.NewStruct(map[string]any{"rows": 3, "file": "a b"})
	if err != nil {
		t.Fatal(err)
	}
	l := &riversv1.LogLine{Step: "days", Partition: "k", Attempt: 2, Stream: riversv1.LogStream_LOG_STREAM_LOG, Level: "WARN", Text: "odd\x07", Attributes: attrs}
	if got := logText(l); !strings.HasSuffix(got, "days[k]#2 WARN   odd\uFFFD file=a b rows=3") {
		t.Errorf("logText = %q", got)
	}
	if got := logText(&riversv1.LogLine{Stream: riversv1.LogStream_LOG_STREAM_STDOUT, DroppedBytes: 2048}); !strings.Contains(got, "2.0 KiB were dropped here") {
		t.Errorf("logText of a gap = %q", got)
	}
}

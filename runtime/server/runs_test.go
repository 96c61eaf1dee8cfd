package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
	"rivers.io/runtime/server"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/store"
)

// materialize starts a run and returns its id.
func (r *rig) materialize(selection, partitions string) string {
	r.t.Helper()
	got, err := r.runs.Materialize(r.ctx(), &riversv1.MaterializeRequest{
		Selection: selection, Partitions: partitions, Tags: map[string]string{"team": selection},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return got.Run.Id
}

const absent = "0190b5a8-5f3a-7c44-9c0e-d6a8a1a0ffff"

func TestUnknownRun(t *testing.T) {
	r := newRig(t)
	for name, call := range map[string]func(string) error{
		"GetRun": func(id string) error { _, err := r.runs.GetRun(r.ctx(), &riversv1.GetRunRequest{Run: id}); return err },
		"ListRunEvents": func(id string) error {
			_, err := r.runs.ListRunEvents(r.ctx(), &riversv1.ListRunEventsRequest{Run: id})
			return err
		},
		"ListRunLogs": func(id string) error {
			_, err := r.runs.ListRunLogs(r.ctx(), &riversv1.ListRunLogsRequest{Run: id})
			return err
		},
		"CancelRun": func(id string) error {
			_, err := r.runs.CancelRun(r.ctx(), &riversv1.CancelRunRequest{Run: id})
			return err
		},
		"RerunRun": func(id string) error {
			_, err := r.runs.RerunRun(r.ctx(), &riversv1.RerunRunRequest{Run: id})
			return err
		},
		"DeleteRun": func(id string) error {
			_, err := r.runs.DeleteRun(r.ctx(), &riversv1.DeleteRunRequest{Run: id})
			return err
		},
		"WatchRun": func(id string) error {
			s, err := r.runs.WatchRun(r.ctx(), &riversv1.WatchRunRequest{Run: id})
			_, err = collect(s, err)
			return err
		},
		"WatchRunEvents": func(id string) error {
			s, err := r.runs.WatchRunEvents(r.ctx(), &riversv1.WatchRunEventsRequest{Run: id})
			_, err = collect(s, err)
			return err
		},
		"WatchRunLogs": func(id string) error {
			s, err := r.runs.WatchRunLogs(r.ctx(), &riversv1.WatchRunLogsRequest{Run: id})
			_, err = collect(s, err)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := call(absent); status.Code(err) != codes.NotFound || fault.Reason(err) != "RUN_NOT_FOUND" {
				t.Errorf("unknown run: %v", err)
			}
			// A UUID that no run can have.
			if err := call("6ba7b810-9dad-11d1-80b4-00c04fd430c8"); status.Code(err) != codes.NotFound {
				t.Errorf("UUID of another version: %v", err)
			}
			if err := call("../../etc/passwd"); status.Code(err) != codes.InvalidArgument {
				t.Errorf("no UUID: %v", err)
			}
		})
	}
}

// collect reads a stream to its end.
func collect[M any](s grpc.ServerStreamingClient[M], err error) ([]*M, error) {
	var out []*M
	for err == nil {
		var m *M
		if m, err = s.Recv(); err == nil {
			out = append(out, m)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return out, err
}

func TestCancel(t *testing.T) {
	r := newRig(t)
	id := r.materialize("airports", "")
	got, err := r.runs.CancelRun(r.ctx(), &riversv1.CancelRunRequest{Run: id})
	if err != nil || !got.Success || got.Run.Status != riversv1.RunStatus_RUN_STATUS_CANCELED {
		t.Errorf("a run that nobody took: %v, %v", got, err)
	}
	if got, err = r.runs.CancelRun(r.ctx(), &riversv1.CancelRunRequest{Run: id}); err != nil || got.Success {
		t.Errorf("a run that has ended: %v, %v", got, err)
	}
	id = r.materialize("airports", "")
	r.take(id)
	got, err = r.runs.CancelRun(r.ctx(), &riversv1.CancelRunRequest{Run: id})
	if err != nil || !got.Success || !got.Run.CancelRequested || got.Run.Status != riversv1.RunStatus_RUN_STATUS_STARTED {
		t.Errorf("a run that is running: %v, %v", got, err)
	}
	if !cmp.Equal(r.launch.canceled, []string{r.launch.launched[0], id}) {
		t.Errorf("the launcher was told of %v", r.launch.canceled)
	}
}

func TestDelete(t *testing.T) {
	r := newRig(t)
	id := r.materialize("airports", "")
	x := r.take(id)
	_, err := r.runs.DeleteRun(r.ctx(), &riversv1.DeleteRunRequest{Run: id})
	if status.Code(err) != codes.FailedPrecondition || fault.Reason(err) != "RUN_ACTIVE" {
		t.Errorf("active run: %v", err)
	}
	x.succeed("airports", "")
	x.finish("SUCCEEDED", "")
	for i := range 2 { // the repeat answers what the first call did
		if _, err := r.runs.DeleteRun(r.ctx(), &riversv1.DeleteRunRequest{Run: id, RequestId: requestID}); err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if _, err := r.runs.GetRun(r.ctx(), &riversv1.GetRunRequest{Run: id}); status.Code(err) != codes.NotFound {
		t.Errorf("after the delete: %v", err)
	}
	got, err := r.assets.GetAsset(r.ctx(), &riversv1.GetAssetRequest{Asset: "airports"})
	if err != nil || got.Asset.State.LastMaterialization.GetRun() != id {
		t.Errorf("the materialization is forgotten: %v, %v", got, err)
	}
}

func TestRerun(t *testing.T) {
	r := newRig(t)
	src := r.materialize("+delays", "2001-01-01..2001-01-02")
	_, err := r.runs.RerunRun(r.ctx(), &riversv1.RerunRunRequest{Run: src, FromFailure: true})
	if fault.Reason(err) != "RUN_ACTIVE" {
		t.Errorf("from failure of an active run: %v", err)
	}
	x := r.take(src)
	x.succeed("airports", "")
	x.succeed("flights", "2001-01-01")
	x.succeed("delays", "2001-01-01")
	x.fail("flights", "2001-01-02")
	x.append(event.Event{Attempt: event.Attempt{Step: event.Step{Name: "delays", Key: "2001-01-02"}}, Payload: &event.StepSkipped{Cause: "upstream failed"}})
	x.finish("FAILED", "1 step failed")

	whole, err := r.runs.RerunRun(r.ctx(), &riversv1.RerunRunRequest{Run: src})
	if err != nil {
		t.Fatal(err)
	}
	if whole.Summary.StepCount != 5 || whole.Run.Tags["rivers/rerun_of"] != src || whole.Run.Tags["team"] != "+delays" || whole.Run.Source != "" {
		t.Errorf("whole = %v", whole)
	}
	retry, err := r.runs.RerunRun(r.ctx(), &riversv1.RerunRunRequest{Run: src, FromFailure: true})
	if err != nil {
		t.Fatal(err)
	}
	run, err := r.state.Run(r.ctx(), retry.Run.Id)
	if err != nil {
		t.Fatal(err)
	}
	want := []event.Step{{Name: "flights", Key: "2001-01-02"}, {Name: "delays", Key: "2001-01-02"}}
	if !cmp.Equal(run.Created.Only, want) || run.Created.Source != src || retry.Summary.StepCount != 2 || retry.Run.OnlyCount != 2 {
		t.Errorf("only %v, source %q, summary %v", run.Created.Only, run.Created.Source, retry.Summary)
	}
	again, err := r.runs.RerunRun(r.ctx(), &riversv1.RerunRunRequest{Run: whole.Run.Id})
	if err != nil || again.Run.Tags["rivers/rerun_of"] != whole.Run.Id {
		t.Errorf("a rerun of a rerun names %v (%v), want the one it repeats", again.GetRun().GetTags(), err)
	}
	y := r.take(retry.Run.Id)
	y.succeed("flights", "2001-01-02")
	y.succeed("delays", "2001-01-02")
	y.finish("SUCCEEDED", "")
	_, err = r.runs.RerunRun(r.ctx(), &riversv1.RerunRunRequest{Run: retry.Run.Id, FromFailure: true})
	if status.Code(err) != codes.FailedPrecondition || fault.Reason(err) != "NOTHING_FAILED" {
		t.Errorf("from failure of a success: %v", err)
	}
}

// Overrides were checked when the run was launched; the code may have changed
// since (D-116).
func TestRerunChecksConfigAgain(t *testing.T) {
	var changed atomic.Bool
	r := newRig(t, func(c *server.Config) {
		c.CheckConfig = func(asset string, overrides json.RawMessage) error {
			if changed.Load() {
				return fmt.Errorf("asset %s cannot use %s", asset, overrides)
			}
			return nil
		}
	})
	src, err := r.runs.Materialize(r.ctx(), &riversv1.MaterializeRequest{Selection: "airports", Config: `{"airports":{"limit":3}}`})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.runs.RerunRun(r.ctx(), &riversv1.RerunRunRequest{Run: src.Run.Id}); err != nil {
		t.Errorf("with the same code: %v", err)
	}
	changed.Store(true)
	_, err = r.runs.RerunRun(r.ctx(), &riversv1.RerunRunRequest{Run: src.Run.Id})
	if fault.Reason(err) != "DEFINITIONS_CHANGED" || !strings.Contains(err.Error(), `airports cannot use {"limit":3}`) {
		t.Errorf("with other code: %v", err)
	}
}

func TestRerunOfWhatIsGone(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct {
		name    string
		created event.RunCreated
		reason  string
		text    string
	}{
		{"asset", event.RunCreated{Assets: []string{"airports", "removed"}, Steps: 2}, "ASSET_GONE", "removed"},
		{"partition", event.RunCreated{Assets: []string{"flights"}, Partitions: "1999-01-01", Steps: 1}, "DEFINITIONS_CHANGED", "1999-01-01"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := strings.Replace(absent, "ffff", fmt.Sprintf("%04d", len(tt.name)), 1)
			tt.created.Launcher.Kind = "manual"
			if _, _, err := r.state.CreateRun(r.ctx(), store.NewRun{ID: id, Status: store.NotStarted, Created: tt.created}); err != nil {
				t.Fatal(err)
			}
			_, err := r.runs.RerunRun(r.ctx(), &riversv1.RerunRunRequest{Run: id})
			if status.Code(err) != codes.FailedPrecondition || fault.Reason(err) != tt.reason || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%v, want %s naming %s", err, tt.reason, tt.text)
			}
		})
	}
}

func TestListRuns(t *testing.T) {
	r := newRig(t)
	a, b, c := r.materialize("airports", ""), r.materialize("flights", "2001-01-05"), r.materialize("delays", "2001-01-05..2001-01-09")
	x := r.take(a)
	x.fail("airports", "")
	x.finish("FAILED", "1 step failed")
	created, err := r.state.Run(r.ctx(), b)
	if err != nil {
		t.Fatal(err)
	}
	at := created.CreatedAt.Format("2006-01-02T15:04:05.999999999Z07:00")
	for filter, want := range map[string][]string{
		"":                                   {c, b, a},
		`status = FAILED`:                    {a},
		`status = FAILED OR status = QUEUED`: {a},
		`(status = NOT_STARTED OR status = FAILED) AND asset = "airports"`: {a},
		`asset = delays`:              {c},
		`partition = "2001-01-05"`:    {c, b},
		`launcher = manual`:           {c, b, a},
		`launcher = schedule`:         {},
		`tags.team = "flights"`:       {b},
		`tags:team`:                   {c, b, a},
		`tags:nobody`:                 {},
		`id : "` + b[:20] + `*"`:      nil, // any of a millisecond's
		`id = "` + b + `"`:            {b},
		`create_time >= "` + at + `"`: {c, b},
		`create_time > "` + at + `"`:  {c},
		`create_time < "` + at + `"`:  {a},
		`create_time <= "` + at + `"`: {b, a},
	} {
		got, err := r.runs.ListRuns(r.ctx(), &riversv1.ListRunsRequest{Filter: filter})
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if ids := runIDs(got.Runs); want != nil && !cmp.Equal(ids, want) {
			t.Errorf("%s = %v, want %v", filter, ids, want)
		}
	}
	var paged []string
	token := ""
	for {
		got, err := r.runs.ListRuns(r.ctx(), &riversv1.ListRunsRequest{PageSize: 1, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		paged = append(paged, runIDs(got.Runs)...)
		if token = got.NextPageToken; token == "" {
			break
		}
	}
	if !cmp.Equal(paged, []string{c, b, a}) {
		t.Errorf("pages of one = %v", paged)
	}
}

func runIDs(runs []*riversv1.Run) []string {
	out := []string{}
	for _, r := range runs {
		out = append(out, r.Id)
	}
	return out
}

func TestListRunsRefuses(t *testing.T) {
	r := newRig(t)
	first := r.materialize("airports", "")
	r.materialize("airports", "")
	page, err := r.runs.ListRuns(r.ctx(), &riversv1.ListRunsRequest{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		req    *riversv1.ListRunsRequest
		reason string
	}{
		{"unknown field", &riversv1.ListRunsRequest{Filter: "colour = red"}, "INVALID_FILTER"},
		{"unknown status", &riversv1.ListRunsRequest{Filter: "status = DONE"}, "INVALID_FILTER"},
		{"dangling AND", &riversv1.ListRunsRequest{Filter: "status = FAILED AND"}, "INVALID_FILTER"},
		{"dangling OR", &riversv1.ListRunsRequest{Filter: "status = FAILED OR"}, "INVALID_FILTER"},
		{"OR of another field", &riversv1.ListRunsRequest{Filter: "asset = a OR asset = b"}, "INVALID_FILTER"},
		{"no value", &riversv1.ListRunsRequest{Filter: "asset ="}, "INVALID_FILTER"},
		{"no operator", &riversv1.ListRunsRequest{Filter: "asset"}, "INVALID_FILTER"},
		{"wrong operator", &riversv1.ListRunsRequest{Filter: "asset < a"}, "INVALID_FILTER"},
		{"field twice", &riversv1.ListRunsRequest{Filter: "asset = a AND asset = b"}, "INVALID_FILTER"},
		{"two tags", &riversv1.ListRunsRequest{Filter: "tags.a = x AND tags.b = y"}, "INVALID_FILTER"},
		{"no time", &riversv1.ListRunsRequest{Filter: "create_time > yesterday"}, "INVALID_FILTER"},
		{"open quote", &riversv1.ListRunsRequest{Filter: `asset = "a`}, "INVALID_FILTER"},
		{"open parenthesis", &riversv1.ListRunsRequest{Filter: `(status = FAILED`}, "INVALID_FILTER"},
		{"comma", &riversv1.ListRunsRequest{Filter: `asset = a, b`}, "INVALID_FILTER"},
		{"page too large", &riversv1.ListRunsRequest{PageSize: 1001}, "INVALID_FIELD"},
		{"forged token", &riversv1.ListRunsRequest{PageToken: "abc"}, "INVALID_PAGE_TOKEN"},
		{"token of another query", &riversv1.ListRunsRequest{PageToken: page.NextPageToken, Filter: "asset = airports"}, "INVALID_PAGE_TOKEN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := r.runs.ListRuns(r.ctx(), tt.req)
			if status.Code(err) != codes.InvalidArgument || fault.Reason(err) != tt.reason {
				t.Errorf("%v %q, want %s", err, fault.Reason(err), tt.reason)
			}
		})
	}
	_, err = r.runs.ListRunEvents(r.ctx(), &riversv1.ListRunEventsRequest{Run: first, PageToken: page.NextPageToken})
	if fault.Reason(err) != "INVALID_PAGE_TOKEN" {
		t.Errorf("token of another method: %v", err)
	}
}

func TestEventsPageAndConvert(t *testing.T) {
	r := newRig(t)
	id := r.materialize("airports", "")
	x := r.take(id)
	x.succeed("airports", "")
	x.finish("SUCCEEDED", "")
	var types []string
	for token := ""; ; {
		got, err := r.runs.ListRunEvents(r.ctx(), &riversv1.ListRunEventsRequest{Run: id, PageSize: 2, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range got.Events {
			types = append(types, fmt.Sprintf("%d %s %T", e.Seq, e.Type, e.Payload))
			if m := e.GetMaterialization(); m != nil {
				rows := m.Metadata.Fields["rows"].GetStructValue().Fields["int"].GetStringValue()
				if rows != "9007199254740993" {
					t.Errorf("a large integer became %q", rows)
				}
			}
		}
		if token = got.NextPageToken; token == "" {
			break
		}
	}
	want := []string{
		"1 RunCreated *riversv1.Event_RunCreated", "2 RunStarted *riversv1.Event_RunStarted",
		"3 StepLaunched *riversv1.Event_StepLaunched", "4 Materialization *riversv1.Event_Materialization",
		"5 StepSucceeded *riversv1.Event_StepSucceeded", "6 RunFinished *riversv1.Event_RunFinished",
	}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	after, err := r.runs.ListRunEvents(r.ctx(), &riversv1.ListRunEventsRequest{Run: id, AfterSeq: 5})
	if err != nil || len(after.Events) != 1 || after.Events[0].Seq != 6 {
		t.Errorf("after 5: %v, %v", after, err)
	}
}

// TestLargeEventsComeInPages holds a page of large events below what clients
// accept.
func TestLargeEventsComeInPages(t *testing.T) {
	r := newRig(t)
	id := r.materialize("airports", "")
	x := r.take(id)
	text, err := json.Marshal(map[string]string{"text": strings.Repeat("x", 500<<10)})
	if err != nil {
		t.Fatal(err)
	}
	x.append(event.Event{Attempt: attempt("airports", ""), Payload: &event.StepLaunched{Token: "t", Worker: event.InProcess}})
	for range 5 {
		x.append(event.Event{Attempt: attempt("airports", ""), Payload: &event.Observation{Metadata: event.Metadata{"big": text}}})
	}
	pages, seen := 0, 0
	for token := ""; ; pages++ {
		got, err := r.runs.ListRunEvents(r.ctx(), &riversv1.ListRunEventsRequest{Run: id, PageSize: 1000, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		seen += len(got.Events)
		if token = got.NextPageToken; token == "" {
			break
		}
	}
	if seen != 8 || pages == 0 {
		t.Errorf("%d events, %d pages more", seen, pages)
	}
	history, err := r.assets.ListAssetEvents(r.ctx(), &riversv1.ListAssetEventsRequest{Asset: "airports", PageSize: 1000})
	if err != nil || history.NextPageToken == "" || len(history.Events) == 0 {
		t.Errorf("history: %d events, token %q, %v", len(history.GetEvents()), history.GetNextPageToken(), err)
	}
	stream, err := r.runs.WatchRunEvents(r.ctx(), &riversv1.WatchRunEventsRequest{Run: id})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < 8; {
		got, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		n += len(got.Events)
	}
}

func TestWatchRun(t *testing.T) {
	r := newRig(t)
	id := r.materialize("airports", "")
	stream, err := r.runs.WatchRun(r.ctx(), &riversv1.WatchRunRequest{Run: id})
	if err != nil {
		t.Fatal(err)
	}
	next := func() *riversv1.Run {
		t.Helper()
		got, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return got.Run
	}
	if got := next(); got.Status != riversv1.RunStatus_RUN_STATUS_NOT_STARTED {
		t.Errorf("first = %v", got.Status)
	}
	x := r.take(id)
	if got := next(); got.Status != riversv1.RunStatus_RUN_STATUS_STARTED {
		t.Errorf("after the start = %v", got.Status)
	}
	x.fail("airports", "")
	x.finish("FAILED", "1 step failed")
	last := next()
	for last.Status == riversv1.RunStatus_RUN_STATUS_STARTED {
		last = next()
	}
	if last.Status != riversv1.RunStatus_RUN_STATUS_FAILED || last.Cause != "1 step failed" || last.Counts.Failed != 1 {
		t.Errorf("last = %v", last)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
	// A watch of a run that has ended sends it once.
	got, err := collect(r.runs.WatchRun(r.ctx(), &riversv1.WatchRunRequest{Run: id}))
	if err != nil || len(got) != 1 {
		t.Errorf("of an ended run: %v, %v", got, err)
	}
	done, err := collect(r.runs.WatchRunEvents(r.ctx(), &riversv1.WatchRunEventsRequest{Run: id, AfterSeq: last.Seq}))
	if err != nil || len(done) != 0 {
		t.Errorf("after the last event: %v, %v", done, err)
	}
}

func TestWatchRunEventsResumes(t *testing.T) {
	r := newRig(t)
	id := r.materialize("airports", "")
	ctx, cancel := context.WithCancel(r.ctx())
	stream, err := r.runs.WatchRunEvents(ctx, &riversv1.WatchRunEventsRequest{Run: id})
	if err != nil {
		t.Fatal(err)
	}
	first, err := stream.Recv()
	if err != nil || len(first.Events) != 1 {
		t.Fatalf("%v, %v", first, err)
	}
	cancel()
	x := r.take(id)
	x.succeed("airports", "")
	x.finish("SUCCEEDED", "")
	rest, err := collect(r.runs.WatchRunEvents(r.ctx(), &riversv1.WatchRunEventsRequest{Run: id, AfterSeq: 1}))
	if err != nil {
		t.Fatal(err)
	}
	seq := uint64(1)
	for _, m := range rest {
		for _, e := range m.Events {
			if seq++; e.Seq != seq {
				t.Errorf("event %d where %d is due", e.Seq, seq)
			}
		}
	}
	if seq != 6 {
		t.Errorf("the last event was %d, want 6", seq)
	}
}

func TestLogs(t *testing.T) {
	r := newRig(t)
	id := r.materialize("airports", "")
	lines := []store.LogLine{
		{Time: now, Attempt: attempt("airports", ""), Stream: store.Stdout, Text: "hello"},
		{Time: now, Attempt: attempt("airports", ""), Stream: store.Records, Level: "WARN", Text: "careful", Attrs: json.RawMessage(`{"n":1}`)},
		{Time: now, Stream: store.Process, Text: "broken \xff text"},
	}
	if err := r.state.AppendLogs(r.ctx(), id, lines); err != nil {
		t.Fatal(err)
	}
	got, err := r.runs.ListRunLogs(r.ctx(), &riversv1.ListRunLogsRequest{Run: id})
	if err != nil || len(got.Lines) != 3 || got.Lines[1].Attributes.Fields["n"].GetNumberValue() != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	page, err := r.runs.ListRunLogs(r.ctx(), &riversv1.ListRunLogsRequest{Run: id, PageSize: 2})
	if err != nil || len(page.Lines) != 2 || page.NextPageToken == "" {
		t.Fatalf("%v, %v", page, err)
	}
	page, err = r.runs.ListRunLogs(r.ctx(), &riversv1.ListRunLogsRequest{Run: id, PageSize: 2, PageToken: page.NextPageToken})
	if err != nil || len(page.Lines) != 1 || page.NextPageToken != "" {
		t.Fatalf("%v, %v", page, err)
	}
	got, err = r.runs.ListRunLogs(r.ctx(), &riversv1.ListRunLogsRequest{Run: id, Filter: &riversv1.LogFilter{
		Streams: []riversv1.LogStream{riversv1.LogStream_LOG_STREAM_LOG}, MinLevel: "WARN",
	}})
	if err != nil || len(got.Lines) != 1 || got.Lines[0].Text != "careful" {
		t.Errorf("filtered: %v, %v", got, err)
	}
	stream, err := r.runs.WatchRunLogs(r.ctx(), &riversv1.WatchRunLogsRequest{Run: id, AfterSeq: 0})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for n < 3 {
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		n += len(m.Lines)
	}
	if err := r.state.AppendLogs(r.ctx(), id, lines[:1]); err != nil {
		t.Fatal(err)
	}
	if m, err := stream.Recv(); err != nil || len(m.Lines) != 1 {
		t.Errorf("a line written later: %v, %v", m, err)
	}
	x := r.take(id)
	x.succeed("airports", "")
	x.finish("SUCCEEDED", "")
	if _, err := collect(stream, nil); err != nil {
		t.Errorf("the watch of an ended run: %v", err)
	}
}

package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/server/fault"
	"rivers.io/runtime/store"
)

func TestMaterializeRecordsThenLaunches(t *testing.T) {
	r := newRig(t)
	got, err := r.runs.Materialize(r.ctx(), &riversv1.MaterializeRequest{
		Selection: "+report", Exclude: "report", Partitions: "2001-01-01..2001-01-03,2001-01-05",
		Tags: map[string]string{"team": "ingest", "rivers/priority": "7"}, Executor: "subprocess",
		Config: `{"airports":{"limit":5}}`, Retry: &riversv1.RetryPolicy{MaxRetries: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "3 assets, 2 of them × 4 partitions: 9 steps in 1 run"; got.Summary.Sentence != want {
		t.Errorf("sentence = %q, want %q", got.Summary.Sentence, want)
	}
	if got.Dispatch != riversv1.Dispatch_DISPATCH_DIRECT || !cmp.Equal(r.launch.launched, []string{got.Run.Id}) {
		t.Errorf("dispatch %v, launched %v", got.Dispatch, r.launch.launched)
	}
	run, err := r.state.Run(r.ctx(), got.Run.Id)
	if err != nil {
		t.Fatal(err)
	}
	c := run.Created
	if c.Partitions != "2001-01-01..2001-01-03,2001-01-05" || c.Steps != 9 || run.Priority != 7 || c.Launcher.Kind != "manual" {
		t.Errorf("recorded %+v", run)
	}
	if !cmp.Equal(c.Assets, []string{"airports", "flights", "delays"}) {
		t.Errorf("assets = %v", c.Assets)
	}
	if c.Tags["rivers/executor"] != "subprocess" || c.Tags["team"] != "ingest" {
		t.Errorf("tags = %v", c.Tags)
	}
	if string(c.Config) != `{"airports":{"limit":5}}` || !strings.Contains(string(c.Retry), `"maxRetries":2`) {
		t.Errorf("config %s, retry %s", c.Config, c.Retry)
	}
}

func TestMaterializeStructuredPartitions(t *testing.T) {
	r := newRig(t)
	key := func(v ...string) *riversv1.PartitionKey {
		return &riversv1.PartitionKey{Key: &riversv1.PartitionKey_Single{Single: &riversv1.SinglePartitionKey{Values: v}}}
	}
	span := &riversv1.PartitionRange{Range: &riversv1.PartitionRange_Single{
		Single: &riversv1.SinglePartitionRange{From: "2001-01-30", To: "2001-01-31"},
	}}
	multi := &riversv1.PartitionKey{Key: &riversv1.PartitionKey_Multi{Multi: &riversv1.MultiPartitionKey{
		Dimensions: []*riversv1.PartitionDimension{{Name: "day", Values: []string{"2001-01-01"}}},
	}}}
	tests := []struct {
		name   string
		sel    *riversv1.PartitionSelection
		want   string
		reason string
	}{
		{"keys and ranges", &riversv1.PartitionSelection{Keys: []*riversv1.PartitionKey{key("2001-01-02")}, Ranges: []*riversv1.PartitionRange{span}}, "2001-01-02,2001-01-30,2001-01-31", ""},
		{"nothing", &riversv1.PartitionSelection{}, "", "INVALID_FIELD"},
		{"no alternative", &riversv1.PartitionSelection{Keys: []*riversv1.PartitionKey{{}}}, "", "INVALID_FIELD"},
		{"empty value", &riversv1.PartitionSelection{Keys: []*riversv1.PartitionKey{key("")}}, "", "INVALID_FIELD"},
		{"reserved character", &riversv1.PartitionSelection{Keys: []*riversv1.PartitionKey{key("a,b")}}, "", "INVALID_FIELD"},
		{"several dimensions", &riversv1.PartitionSelection{Keys: []*riversv1.PartitionKey{multi}}, "", "INVALID_PARTITIONS"},
		{"several values", &riversv1.PartitionSelection{Keys: []*riversv1.PartitionKey{key("2001-01-01", "2001-01-02")}}, "", "INVALID_PARTITIONS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := r.runs.Materialize(r.ctx(), &riversv1.MaterializeRequest{Selection: "flights", PartitionSelection: tt.sel, ValidateOnly: true})
			if fault.Reason(err) != tt.reason {
				t.Fatalf("reason %q (%v), want %q", fault.Reason(err), err, tt.reason)
			}
			if got.GetSummary().GetPartitions() != tt.want {
				t.Errorf("partitions = %q, want %q", got.GetSummary().GetPartitions(), tt.want)
			}
		})
	}
}

// TestIgnoredPartitionsAreTold: partitions for assets that have none are legal
// (D-115), but not silently so.
func TestIgnoredPartitionsAreTold(t *testing.T) {
	r := newRig(t)
	for partitions, want := range map[string]string{
		"":           "1 asset: 1 step in 1 run",
		"2001-01-01": "1 asset: 1 step in 1 run; the partitions are ignored: nothing selected is partitioned",
	} {
		got, err := r.runs.Materialize(r.ctx(), &riversv1.MaterializeRequest{Selection: "airports", Partitions: partitions, ValidateOnly: true})
		if err != nil || got.Summary.Sentence != want {
			t.Errorf("%q: %q, %v; want %q", partitions, got.GetSummary().GetSentence(), err, want)
		}
	}
}

func TestMaterializeRefuses(t *testing.T) {
	r := newRig(t)
	day := "2001-01-01"
	many := map[string]string{}
	for i := range 101 {
		many[strings.Repeat("t", i+1)] = ""
	}
	tests := []struct {
		name   string
		req    *riversv1.MaterializeRequest
		code   codes.Code
		reason string
		text   string
	}{
		{"unknown asset", &riversv1.MaterializeRequest{Selection: "flight"}, codes.InvalidArgument, "INVALID_SELECTION", "flights"},
		{"nothing left", &riversv1.MaterializeRequest{Selection: "airports", Exclude: "airports"}, codes.InvalidArgument, "INVALID_SELECTION", "no asset"},
		{"partition missing", &riversv1.MaterializeRequest{Selection: "flights"}, codes.InvalidArgument, "INVALID_PARTITIONS", "flights"},
		{"partition off the grid", &riversv1.MaterializeRequest{Selection: "flights", Partitions: "2001-02-30"}, codes.InvalidArgument, "INVALID_PARTITION", "2001-02-30"},
		{"range reversed", &riversv1.MaterializeRequest{Selection: "flights", Partitions: "2001-01-03..2001-01-01"}, codes.InvalidArgument, "INVALID_PARTITIONS", "reversed"},
		{"both forms of partitions", &riversv1.MaterializeRequest{Selection: "flights", Partitions: day, PartitionSelection: &riversv1.PartitionSelection{
			Ranges: []*riversv1.PartitionRange{{Range: &riversv1.PartitionRange_Single{Single: &riversv1.SinglePartitionRange{From: day, To: day}}}},
		}}, codes.InvalidArgument, "INVALID_FIELD", "not both"},
		{"another location", &riversv1.MaterializeRequest{Location: "namespaces/local/codeLocations/other", Selection: "airports"}, codes.NotFound, "CODE_LOCATION_NOT_FOUND", "other"},
		{"malformed location", &riversv1.MaterializeRequest{Location: "aviation"}, codes.InvalidArgument, "INVALID_FIELD", "location"},
		{"reserved tag", &riversv1.MaterializeRequest{Selection: "airports", Tags: map[string]string{"rivers/rerun_of": "x"}}, codes.InvalidArgument, "RESERVED_TAG", "rivers/"},
		{"priority no number", &riversv1.MaterializeRequest{Selection: "airports", Tags: map[string]string{"rivers/priority": "high"}}, codes.InvalidArgument, "INVALID_PRIORITY", "high"},
		{"too many tags", &riversv1.MaterializeRequest{Selection: "airports", Tags: many}, codes.InvalidArgument, "INVALID_FIELD", "tags"},
		{"unknown executor", &riversv1.MaterializeRequest{Selection: "airports", Executor: "kubernetes"}, codes.InvalidArgument, "INVALID_FIELD", "executor"},
		{"unknown executor by tag", &riversv1.MaterializeRequest{Selection: "airports", Tags: map[string]string{"rivers/executor": "moon"}}, codes.InvalidArgument, "INVALID_EXECUTOR", "moon"},
		{"executor twice", &riversv1.MaterializeRequest{Selection: "airports", Executor: "inprocess", Tags: map[string]string{"rivers/executor": "subprocess"}}, codes.InvalidArgument, "CONTRADICTION", "contradicts"},
		{"config of an unknown asset", &riversv1.MaterializeRequest{Selection: "airports", Config: `{"nope":{}}`}, codes.InvalidArgument, "UNKNOWN_ASSET", "nope"},
		{"config of an asset that is not selected", &riversv1.MaterializeRequest{Selection: "flights", Partitions: day, Config: `{"airports":{}}`}, codes.InvalidArgument, "ASSET_NOT_SELECTED", "airports"},
		{"unknown config field", &riversv1.MaterializeRequest{Selection: "airports", Config: `{"airports":{"limits":1}}`}, codes.InvalidArgument, "UNKNOWN_CONFIG_FIELD", "limit"},
		{"config that is no object", &riversv1.MaterializeRequest{Selection: "airports", Config: `{"airports":7}`}, codes.InvalidArgument, "INVALID_CONFIG", "airports"},
		{"a secret, which would be stored with the run", &riversv1.MaterializeRequest{Selection: "airports", Config: `{"airports":{"token":"hunter2"}}`}, codes.InvalidArgument, "INVALID_CONFIG", `"token" of asset "airports" is secret`},
		{"impossible retry", &riversv1.MaterializeRequest{Selection: "airports", Retry: &riversv1.RetryPolicy{MaxRetries: -1}}, codes.InvalidArgument, "INVALID_FIELD", "max_retries"},
		{"request id no UUID", &riversv1.MaterializeRequest{Selection: "airports", RequestId: "one"}, codes.InvalidArgument, "INVALID_FIELD", "request_id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := r.runs.Materialize(r.ctx(), tt.req)
			if status.Code(err) != tt.code || fault.Reason(err) != tt.reason || !strings.Contains(status.Convert(err).Message(), tt.text) {
				t.Errorf("err = %v %q, want %v %s with %q", err, fault.Reason(err), tt.code, tt.reason, tt.text)
			}
		})
	}
	counts, err := r.runs.CountRuns(r.ctx(), &riversv1.CountRunsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range counts.Counts {
		if c.Count != 0 {
			t.Errorf("%d runs %v: a refused request was recorded", c.Count, c.Status)
		}
	}
}

func TestValidateOnlyStartsNothing(t *testing.T) {
	r := newRig(t)
	got, err := r.runs.Materialize(r.ctx(), &riversv1.MaterializeRequest{Selection: "delays", Partitions: "all", ValidateOnly: true})
	if err != nil || got.Run != nil || len(r.launch.launched) != 0 {
		t.Fatalf("%v, %v, launched %v", got, err, r.launch.launched)
	}
	want := &riversv1.RunSummary{
		AssetCount: 1, Assets: []string{"delays"}, PartitionedAssetCount: 1, PartitionCount: 31,
		Partitions: "2001-01-01..2001-01-31", StepCount: 31, Sentence: "1 asset × 31 partitions: 31 steps in 1 run",
	}
	if !proto.Equal(got.Summary, want) {
		t.Errorf("summary = %v", got.Summary)
	}
}

const requestID = "0190b5a8-5f3a-7c44-9c0e-d6a8a1a0f001"

// TestRequestTwice is S-157 over REST: one run, equal answers.
func TestRequestTwice(t *testing.T) {
	r := newRig(t)
	body := `{"selection":"airports","requestId":"` + requestID + `"}`
	first := r.call(http.MethodPost, base+"/runs:materialize", body, nil)
	if first.code != http.StatusOK {
		t.Fatalf("%d %s", first.code, first.body)
	}
	run := first.json(t)["run"].(map[string]any)["id"].(string)
	x := r.take(run) // the run moves on in between
	x.succeed("airports", "")
	x.finish("SUCCEEDED", "")
	second := r.call(http.MethodPost, base+"/runs:materialize", body, nil)
	if second.code != http.StatusOK || !cmp.Equal(first.json(t), second.json(t)) {
		t.Errorf("the repeat answered %d %s, the first call %s", second.code, second.body, first.body)
	}
	other := r.call(http.MethodPost, base+"/runs:materialize", `{"selection":"flights","partitions":"2001-01-01","requestId":"`+requestID+`"}`, nil)
	if other.code != http.StatusConflict || other.reason(t) != "REQUEST_ID_REUSED" {
		t.Errorf("another call under the id = %d %s", other.code, other.body)
	}
	cancel := r.call(http.MethodPost, base+"/runs/"+run+":cancel", `{"requestId":"`+requestID+`"}`, nil)
	if cancel.code != http.StatusConflict {
		t.Errorf("another method under the id = %d %s", cancel.code, cancel.body)
	}
	list, err := r.runs.ListRuns(r.ctx(), &riversv1.ListRunsRequest{})
	if err != nil || len(list.Runs) != 1 {
		t.Errorf("%d runs, %v", len(list.GetRuns()), err)
	}
}

// TestRequestAtOnce sends one request many times at the same moment.
func TestRequestAtOnce(t *testing.T) {
	r := newRig(t)
	req := &riversv1.MaterializeRequest{Selection: "delays", Partitions: "all", RequestId: requestID}
	answers := make([]*riversv1.MaterializeResponse, 8)
	var calls sync.WaitGroup
	for i := range answers {
		calls.Go(func() {
			var err error
			if answers[i], err = r.runs.Materialize(r.ctx(), req); err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	calls.Wait()
	for i, a := range answers {
		if !proto.Equal(a, answers[0]) {
			t.Errorf("answer %d differs: %v", i, a)
		}
	}
	list, err := r.runs.ListRuns(r.ctx(), &riversv1.ListRunsRequest{})
	if err != nil || len(list.Runs) != 1 {
		t.Errorf("%d runs, %v", len(list.GetRuns()), err)
	}
}

// TestRequestAfterCrash repeats a request whose first call died after it had
// recorded the run and before it had recorded its answer.
func TestRequestAfterCrash(t *testing.T) {
	broken := &forgetful{fail: 2} // the order is kept, the answer is not
	r := newRig(t, withState(broken.wrap))
	req := &riversv1.MaterializeRequest{Selection: "airports", RequestId: requestID}
	if _, err := r.runs.Materialize(r.ctx(), req); status.Code(err) != codes.Unavailable {
		t.Fatalf("first call: %v", err)
	}
	second, err := r.runs.Materialize(r.ctx(), req)
	if err != nil {
		t.Fatal(err)
	}
	list, err := r.runs.ListRuns(r.ctx(), &riversv1.ListRunsRequest{})
	if err != nil || len(list.Runs) != 1 || list.Runs[0].Id != second.Run.Id {
		t.Errorf("runs %v, %v; answered %s", list.GetRuns(), err, second.Run.Id)
	}
}

// forgetful fails the n-th call of RememberAnswer.
type forgetful struct {
	store.Location
	mu   sync.Mutex
	fail int
	seen int
}

func (f *forgetful) wrap(l store.Location) store.Location {
	f.Location = l
	return f
}

func (f *forgetful) RememberAnswer(ctx context.Context, id, method, digest string, answer json.RawMessage) error {
	f.mu.Lock()
	f.seen++
	broken := f.seen == f.fail
	f.mu.Unlock()
	if broken {
		return errors.Join(errors.New("pulled the plug"), store.ErrUnavailable)
	}
	return f.Location.RememberAnswer(ctx, id, method, digest, answer)
}

func TestLaunchThatIsRefusedLeavesTheRun(t *testing.T) {
	r := newRig(t)
	r.launch.err = errors.New("executor is draining")
	got, err := r.runs.Materialize(r.ctx(), &riversv1.MaterializeRequest{Selection: "airports"})
	if err != nil || got.Dispatch != riversv1.Dispatch_DISPATCH_QUEUED {
		t.Fatalf("%v, %v", got, err)
	}
	orphans, err := r.state.Orphans(r.ctx(), 10)
	if err != nil || len(orphans) != 1 || orphans[0].ID != got.Run.Id {
		t.Errorf("orphans = %v, %v: nobody will find the run", orphans, err)
	}
}

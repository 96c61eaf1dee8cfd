package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
	"rivers.io/runtime/server"
	"rivers.io/runtime/server/fault"
)

func TestListAssets(t *testing.T) {
	r := newRig(t)
	x := r.take(r.materialize("airports", ""))
	x.succeed("airports", "")
	x.finish("SUCCEEDED", "")
	list := func(req *riversv1.ListAssetsRequest) *riversv1.ListAssetsResponse {
		t.Helper()
		got, err := r.assets.ListAssets(r.ctx(), req)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	all := list(&riversv1.ListAssetsRequest{})
	if got := assetNames(all.Assets); !cmp.Equal(got, []string{"airports", "flights", "delays", "report"}) || all.TotalSize != 4 {
		t.Errorf("all = %v of %d", got, all.TotalSize)
	}
	if m := all.Assets[0].State.LastMaterialization; m.GetMaterialization().GetValue().GetFormat() != "json" {
		t.Errorf("airports' last = %v", m)
	}
	flights := all.Assets[1]
	if flights.PartitionKeys.TotalSize != 31 || len(flights.PartitionKeys.Keys) != 0 || flights.Partitions.Kind != "daily" {
		t.Errorf("basic view of flights = %v %v", flights.PartitionKeys, flights.Partitions)
	}
	if flights.Source.GetLine() != 12 || !cmp.Equal(flights.Downstreams, []string{"delays"}) {
		t.Errorf("flights = %v, %v", flights.Source, flights.Downstreams)
	}
	full := list(&riversv1.ListAssetsRequest{Selection: "flights", View: riversv1.AssetView_ASSET_VIEW_FULL}).Assets[0]
	if len(full.PartitionKeys.Keys) != 31 || full.PartitionKeys.Truncated {
		t.Errorf("full view = %v", full.PartitionKeys)
	}
	for _, f := range all.Assets[0].Config {
		if f.Secret && f.Default != nil {
			t.Errorf("the default of secret %s is shown: %v", f.Name, f.Default)
		}
	}
	if report := all.Assets[3]; report.Inputs[0].Mapping.Kind != "all" || report.PartitionKeys != nil {
		t.Errorf("report = %v", report)
	}
	var paged []string
	for token := ""; ; {
		got := list(&riversv1.ListAssetsRequest{PageSize: 1, PageToken: token, Selection: "+delays"})
		paged = append(paged, assetNames(got.Assets)...)
		if token = got.NextPageToken; token == "" {
			break
		}
	}
	if !cmp.Equal(paged, []string{"airports", "flights", "delays"}) {
		t.Errorf("pages of one = %v", paged)
	}
	if _, err := r.assets.ListAssets(r.ctx(), &riversv1.ListAssetsRequest{Selection: "group:none"}); fault.Reason(err) != "INVALID_SELECTION" {
		t.Errorf("unknown group: %v", err)
	}
	if _, err := r.assets.ListAssets(r.ctx(), &riversv1.ListAssetsRequest{PageToken: "x"}); fault.Reason(err) != "INVALID_PAGE_TOKEN" || status.Convert(err).Message() != "page token is malformed" {
		t.Errorf("forged token: %v", err)
	}
}

func assetNames(assets []*riversv1.Asset) []string {
	var out []string
	for _, a := range assets {
		out = append(out, a.Name)
	}
	return out
}

func TestGraph(t *testing.T) {
	r := newRig(t)
	edges := func(selection string) []string {
		t.Helper()
		g, err := r.assets.GetGraph(r.ctx(), &riversv1.GetGraphRequest{Selection: selection})
		if err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, e := range g.Edges {
			out = append(out, fmt.Sprintf("%s>%s %s %s", g.Nodes[e.From].Name, g.Nodes[e.To].Name, e.Kind, e.Mapping.Kind))
		}
		return out
	}
	want := []string{
		"flights>delays INPUT_KIND_DATA identity", "airports>delays INPUT_KIND_LINEAGE all", "delays>report INPUT_KIND_DATA all",
	}
	if got := edges(""); len(got) != 3 || got[0] != want[0] || !strings.HasPrefix(got[1], "airports>delays INPUT_KIND_LINEAGE") || got[2] != want[2] {
		t.Errorf("edges = %v", got)
	}
	if got := edges("airports report"); len(got) != 0 {
		t.Errorf("edges of strangers = %v", got)
	}
}

func TestAssetEvents(t *testing.T) {
	r := newRig(t)
	id := r.materialize("flights", "2001-01-01..2001-01-03")
	x := r.take(id)
	for _, day := range []string{"2001-01-01", "2001-01-02"} {
		x.succeed("flights", day)
	}
	x.fail("flights", "2001-01-03")
	x.finish("FAILED", "1 step failed")
	history := func(req *riversv1.ListAssetEventsRequest) []string {
		t.Helper()
		req.Asset = "flights"
		got, err := r.assets.ListAssetEvents(r.ctx(), req)
		if err != nil {
			t.Fatal(err)
		}
		out := []string{}
		for _, e := range got.Events {
			out = append(out, e.Type+" "+e.Partition)
		}
		return out
	}
	want := []string{"StepFailed 2001-01-03", "Materialization 2001-01-02", "Materialization 2001-01-01"}
	if got := history(&riversv1.ListAssetEventsRequest{}); !cmp.Equal(got, want) {
		t.Errorf("history = %v", got)
	}
	if got := history(&riversv1.ListAssetEventsRequest{Types: []string{"Materialization"}, Partition: "2001-01-01"}); !cmp.Equal(got, want[2:]) {
		t.Errorf("of one key = %v", got)
	}
	if got := history(&riversv1.ListAssetEventsRequest{PageSize: 1}); !cmp.Equal(got, want[:1]) {
		t.Errorf("page = %v", got)
	}
	if _, err := r.assets.ListAssetEvents(r.ctx(), &riversv1.ListAssetEventsRequest{Asset: "nope"}); fault.Reason(err) != "ASSET_NOT_FOUND" {
		t.Errorf("unknown asset: %v", err)
	}
	got, err := r.assets.GetAsset(r.ctx(), &riversv1.GetAssetRequest{Asset: "flights"})
	if err != nil || got.Asset.State.FailedPartition != "2001-01-03" || got.Asset.State.LastMaterialization.Partition != "2001-01-02" {
		t.Errorf("state = %v, %v", got.GetAsset().GetState(), err)
	}
}

func TestPartitions(t *testing.T) {
	r := newRig(t)
	id := r.materialize("flights", "2001-01-01..2001-01-03")
	x := r.take(id)
	x.succeed("flights", "2001-01-01")
	x.succeed("flights", "2001-01-02")
	x.fail("flights", "2001-01-03")
	x.finish("FAILED", "1 step failed")

	list, err := r.parts.ListPartitions(r.ctx(), &riversv1.ListPartitionsRequest{Asset: "flights", Offset: 1, Limit: 3, WithStates: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range list.Partitions {
		got = append(got, fmt.Sprintf("%d %s %s", p.Index, p.Key, strings.TrimPrefix(p.State.String(), "PARTITION_STATE_")))
	}
	if want := []string{"1 2001-01-02 MATERIALIZED", "2 2001-01-03 FAILED", "3 2001-01-04 MISSING"}; !cmp.Equal(got, want) || list.TotalSize != 31 {
		t.Errorf("window = %v of %d", got, list.TotalSize)
	}
	found, err := r.parts.ListPartitions(r.ctx(), &riversv1.ListPartitionsRequest{Asset: "flights", Filter: "-3", Limit: 1, Offset: 1})
	if err != nil || found.TotalSize != 2 || found.Partitions[0].Key != "2001-01-31" || found.Partitions[0].Index != 30 {
		t.Errorf("filtered = %v, %v", found, err)
	}
	past, err := r.parts.ListPartitions(r.ctx(), &riversv1.ListPartitionsRequest{Asset: "flights", Offset: 1 << 60, WithStates: true})
	if err != nil || len(past.Partitions) != 0 || past.TotalSize != 31 {
		t.Errorf("far window = %v, %v", past, err)
	}
	for key, want := range map[string]int64{"2001-01-01": 0, "2001-01-31": 30, "2001-02-01": -1, "yesterday": -1, "a|b,c": -1} {
		got, err := r.parts.GetPartitionIndex(r.ctx(), &riversv1.GetPartitionIndexRequest{Asset: "flights", Key: key})
		if err != nil || got.Index != want || (want < 0) != (got.Hint != "") {
			t.Errorf("index of %q = %v, %v; want %d", key, got, err, want)
		}
	}
	sum, err := r.parts.GetPartitionSummary(r.ctx(), &riversv1.GetPartitionSummaryRequest{Asset: "flights"})
	if err != nil || sum.TotalSize != 31 || sum.Materialized != 2 || sum.Failed != 1 || sum.Missing != 28 ||
		sum.MissingPartitions != "2001-01-04..2001-01-31" || sum.FailedPartitions != "2001-01-03" {
		t.Errorf("summary = %v, %v", sum, err)
	}
	cells, err := r.parts.GetPartitionMap(r.ctx(), &riversv1.GetPartitionMapRequest{Asset: "flights", Offset: 1, Limit: 5, MaxCells: 2})
	if err != nil || cells.KeysPerCell != 3 || len(cells.Cells) != 2 || cells.TotalSize != 31 {
		t.Fatalf("map = %v, %v", cells, err)
	}
	first, last := cells.Cells[0], cells.Cells[1]
	if first.From != "2001-01-02" || first.To != "2001-01-04" || first.Materialized != 1 || first.Failed != 1 || first.Size != 3 {
		t.Errorf("first cell = %v", first)
	}
	if last.From != "2001-01-05" || last.To != "2001-01-06" || last.Size != 2 || last.Materialized+last.Failed != 0 {
		t.Errorf("last cell = %v", last)
	}
	if got := r.call("GET", base+"/assets/flights/partitions:index?key=2001-01-05", "", nil); got.code != 200 || got.json(t)["index"] != "4" {
		t.Errorf("REST = %d %s", got.code, got.body)
	}
}

func TestPartitionsRefuse(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct {
		name   string
		call   func() error
		code   codes.Code
		reason string
	}{
		{"not partitioned", func() error {
			_, err := r.parts.GetPartitionSummary(r.ctx(), &riversv1.GetPartitionSummaryRequest{Asset: "airports"})
			return err
		}, codes.FailedPrecondition, "NOT_PARTITIONED"},
		{"unknown asset", func() error {
			_, err := r.parts.GetPartitionMap(r.ctx(), &riversv1.GetPartitionMapRequest{Asset: "nope"})
			return err
		}, codes.NotFound, "ASSET_NOT_FOUND"},
		{"a dimension", func() error {
			_, err := r.parts.ListPartitions(r.ctx(), &riversv1.ListPartitionsRequest{Asset: "flights", Dimension: "day"})
			return err
		}, codes.InvalidArgument, "UNKNOWN_DIMENSION"},
		{"too many at once", func() error {
			_, err := r.parts.ListPartitions(r.ctx(), &riversv1.ListPartitionsRequest{Asset: "flights", Limit: 1001})
			return err
		}, codes.InvalidArgument, "INVALID_FIELD"},
		{"a window past the end", func() error {
			_, err := r.parts.GetPartitionMap(r.ctx(), &riversv1.GetPartitionMapRequest{Asset: "flights", Offset: 32})
			return err
		}, codes.InvalidArgument, "OUT_OF_RANGE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.call(); status.Code(err) != tt.code || fault.Reason(err) != tt.reason {
				t.Errorf("%v %q, want %v %s", err, fault.Reason(err), tt.code, tt.reason)
			}
		})
	}
}

// read joins the pieces of a value.
func (r *rig) read(req *riversv1.ReadValueRequest) (*riversv1.ValueHeader, string, error) {
	got, err := collect(r.assets.ReadValue(r.ctx(), req))
	var header *riversv1.ValueHeader
	var body strings.Builder
	for i, m := range got {
		if h := m.GetHeader(); h != nil {
			if i != 0 {
				r.t.Errorf("a header in message %d", i)
			}
			header = h
		}
		body.Write(m.GetData())
	}
	return header, body.String(), err
}

func TestValues(t *testing.T) {
	r := newRig(t)
	id := r.materialize("flights", "2001-01-01")
	x := r.take(id)
	x.succeed("flights", "2001-01-01")
	x.finish("SUCCEEDED", "")
	key := &riversv1.ValueSelector{Partition: "2001-01-01"}

	got, err := r.assets.PreviewAsset(r.ctx(), &riversv1.PreviewAssetRequest{Asset: "flights", Value: key, Rows: 2})
	if err != nil || len(got.Rows) != 2 || got.TotalRows != 3 || !got.Truncated || got.Columns[0].Name != "n" || got.Materialization.Run != id {
		t.Fatalf("preview = %v, %v", got, err)
	}
	header, body, err := r.read(&riversv1.ReadValueRequest{Asset: "flights", Value: key})
	if err != nil || body != "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n" || header.ContentType != "application/jsonl" {
		t.Errorf("rows = %q, %v, %v", body, header, err)
	}
	if _, body, err = r.read(&riversv1.ReadValueRequest{Asset: "flights", Value: key, Rows: 1}); err != nil || body != "{\"n\":1}\n" {
		t.Errorf("one row = %q, %v", body, err)
	}
	key.Run = id
	header, body, err = r.read(&riversv1.ReadValueRequest{Asset: "flights", Value: key, Form: riversv1.ValueForm_VALUE_FORM_STORED})
	if err != nil || body != stored || header.ContentType != "application/json" {
		t.Errorf("stored = %q, %v, %v", body, header, err)
	}
	rest := r.call("GET", base+"/assets/flights:preview?value.partition=2001-01-01&rows=1", "", nil)
	if rest.code != 200 || !strings.Contains(rest.body, `"rows":[{"n":1}]`) {
		t.Errorf("REST = %d %s", rest.code, rest.body)
	}
}

func TestValuesRefuse(t *testing.T) {
	r := newRig(t)
	id := r.materialize("+report", "2001-01-01")
	x := r.take(id)
	x.succeed("report", "")
	a := attempt("airports", "")
	x.append(event.Event{Attempt: a, Payload: &event.StepLaunched{Token: "tok", Worker: event.InProcess}})
	x.append(event.Event{Attempt: a, Payload: &event.Materialization{DataVersion: "v"}}, event.Event{Attempt: a, Payload: &event.StepSucceeded{}})
	for _, tt := range []struct {
		name   string
		asset  string
		sel    *riversv1.ValueSelector
		code   codes.Code
		reason string
	}{
		{"unknown asset", "nope", nil, codes.NotFound, "ASSET_NOT_FOUND"},
		{"partition missing", "flights", nil, codes.InvalidArgument, "PARTITION_MISSING"},
		{"partition too many", "report", &riversv1.ValueSelector{Partition: "2001-01-01"}, codes.InvalidArgument, "NOT_PARTITIONED"},
		{"no such partition", "flights", &riversv1.ValueSelector{Partition: "2002-01-01"}, codes.InvalidArgument, "INVALID_PARTITION"},
		{"never materialized", "flights", &riversv1.ValueSelector{Partition: "2001-01-01"}, codes.NotFound, "NOT_MATERIALIZED"},
		{"not in that run", "flights", &riversv1.ValueSelector{Partition: "2001-01-01", Run: id}, codes.NotFound, "NOT_MATERIALIZED"},
		{"unknown run", "report", &riversv1.ValueSelector{Run: absent}, codes.NotFound, "RUN_NOT_FOUND"},
		{"materialized without a value", "airports", nil, codes.FailedPrecondition, "NO_STORED_VALUE"},
		{"the object is gone", "report", nil, codes.NotFound, "VALUE_NOT_FOUND"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := r.read(&riversv1.ReadValueRequest{Asset: tt.asset, Value: tt.sel})
			if status.Code(err) != tt.code || fault.Reason(err) != tt.reason {
				t.Errorf("%v %q, want %v %s", err, fault.Reason(err), tt.code, tt.reason)
			}
		})
	}
	bare := newRig(t, func(c *server.Config) { c.Values = nil })
	if _, _, err := bare.read(&riversv1.ReadValueRequest{Asset: "report"}); fault.Reason(err) != "NO_VALUES" {
		t.Errorf("a location without values: %v", err)
	}
}

// TestUnknownAssetHasANeighbour names what was probably meant, wherever one asset is
// asked for.
func TestUnknownAssetHasANeighbour(t *testing.T) {
	r := newRig(t)
	_, get := r.assets.GetAsset(r.ctx(), &riversv1.GetAssetRequest{Asset: "airport"})
	_, preview := r.assets.PreviewAsset(r.ctx(), &riversv1.PreviewAssetRequest{Asset: "airport"})
	_, history := r.assets.ListAssetEvents(r.ctx(), &riversv1.ListAssetEventsRequest{Asset: "airport"})
	for name, err := range map[string]error{"get": get, "preview": preview, "history": history} {
		if status.Code(err) != codes.NotFound || !strings.Contains(status.Convert(err).Message(), "did you mean airports") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package command

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc"

	"rivers.io/cli/riversctl/output"
	riversv1 "rivers.io/proto/rivers/v1"
)

const (
	upToDate = riversv1.StalenessState_STALENESS_STATE_UP_TO_DATE
	stale    = riversv1.StalenessState_STALENESS_STATE_STALE
	missing  = riversv1.StalenessState_STALENESS_STATE_MISSING
)

// fakeStaleness answers in pages of one.
type fakeStaleness struct {
	assets []*riversv1.AssetStaleness
	keys   []*riversv1.PartitionStaleness
}

func (f fakeStaleness) ListStaleness(_ context.Context, in *riversv1.ListStalenessRequest, _ ...grpc.CallOption) (*riversv1.ListStalenessResponse, error) {
	at := len(in.GetPageToken())
	out := &riversv1.ListStalenessResponse{Assets: f.assets[at : at+1]}
	if at+1 < len(f.assets) {
		out.NextPageToken = in.GetPageToken() + "x"
	}
	return out, nil
}

func (f fakeStaleness) ListPartitionStaleness(_ context.Context, in *riversv1.ListPartitionStalenessRequest, _ ...grpc.CallOption) (*riversv1.ListPartitionStalenessResponse, error) {
	return &riversv1.ListPartitionStalenessResponse{Partitions: f.keys[in.GetOffset() : in.GetOffset()+1], TotalSize: uint64(len(f.keys))}, nil
}

func TestStale(t *testing.T) {
	f := fakeStaleness{
		assets: []*riversv1.AssetStaleness{
			{Asset: "up", State: upToDate, TotalKeys: 1, JudgedKeys: 1, MaterializedKeys: 1},
			{Asset: "mid", State: stale, TotalKeys: 31, MaterializedKeys: 20, JudgedKeys: 10, StaleKeys: 2, Causes: []*riversv1.StalenessCause{
				{Text: "the code version is 2; it was made by 1", Keys: 2}, {Text: "up is stale", Keys: 1},
			}},
			{Asset: "end", State: missing, TotalKeys: 1},
			{Asset: "wide", State: stale, TotalKeys: 9, MaterializedKeys: 4, JudgedKeys: 4, StaleKeys: 1, Incomplete: true},
		},
		keys: []*riversv1.PartitionStaleness{
			{Key: "a", State: upToDate}, {Key: "b", State: stale, Causes: []*riversv1.StalenessCause{{Text: "up[b] is stale"}}}, {Key: "c", State: missing},
		},
	}
	for _, c := range []struct {
		reason string
		run    func(out output.Printer) error
		want   []string
	}{
		{"what is up to date is left out", func(out output.Printer) error { return Stale{Assets: f, Printer: out}.Run(t.Context()) }, []string{
			"ASSET STATE KEYS BECAUSE",
			"mid stale 2 of the last 10 of 20 the code version is 2; it was made by 1 (and 1 more); up is stale",
			"end missing",
			"wide stale 1 of 4, incomplete",
		}},
		{"all of the keys", func(out output.Printer) error {
			return StaleKeys{Partitions: f, Printer: out, Asset: "mid", Selection: "all", All: true}.Run(t.Context())
		}, []string{"KEY STATE BECAUSE", "a up to date", "b stale up[b] is stale", "c missing"}},
	} {
		var w bytes.Buffer
		if err := c.run(output.Printer{W: &w, Format: output.Table}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(w.String()) {
			got = append(got, strings.Join(strings.Fields(line), " "))
		}
		if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s:\n%s", c.reason, strings.Join(got, "\n"))
		}
	}
}

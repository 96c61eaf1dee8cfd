package health_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/staleness"
	"rivers.io/runtime/store"
	"rivers.io/ui/health"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestOf(t *testing.T) {
	t.Parallel()
	made := &store.Materialized{Asset: "a", Time: epoch}
	stale := []staleness.Reason{{Cause: asset.Cause{Why: asset.WhyMissing, Upstream: "up"}}}
	for _, c := range []struct {
		reason string
		of     staleness.Summary
		want   health.State
	}{
		{"never made", staleness.Summary{State: asset.Missing}, health.Missing},
		{"up to date", staleness.Summary{State: asset.UpToDate, Known: store.AssetState{Last: made}}, health.Materialized},
		{"made for a key that is gone", staleness.Summary{State: asset.Missing, Known: store.AssetState{Last: made}}, health.Materialized},
		{"stale", staleness.Summary{State: asset.Stale, Reasons: stale, Known: store.AssetState{Last: made}}, health.Stale},
		{"the newest attempt failed", staleness.Summary{State: asset.Stale, Reasons: stale, Known: store.AssetState{Last: made, FailedAt: epoch.Add(time.Hour)}}, health.Failed},
		{"the only attempt failed", staleness.Summary{State: asset.Missing, Known: store.AssetState{FailedAt: epoch}}, health.Failed},
		{"a failure that was mended is history", staleness.Summary{State: asset.UpToDate, Known: store.AssetState{Last: made, FailedAt: epoch.Add(-time.Hour)}}, health.Materialized},
	} {
		got := health.Of(c.of)
		if got.State != c.want || len(got.Causes) != len(c.of.Reasons) || got.Last != c.of.Known.Last {
			t.Errorf("%s: %+v, want %s", c.reason, got, c.want)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	got := health.Words([]asset.Cause{
		{Why: asset.WhyCode, Category: asset.CauseCode, Was: "1", Is: "2"},
		{Why: asset.WhyChanged, Upstream: "up", Key: "k", At: epoch},
		{Why: asset.WhyStale, Upstream: "up", Key: "l"},
		{Why: asset.WhyStale, Upstream: "mid"},
		{Why: asset.WhyMissing, Upstream: "gone"},
		{Why: asset.WhyUnread, Upstream: "new", At: epoch},
	})
	want := []health.Cause{
		{Kind: health.Code, Text: "its code version changed from 1 to 2"},
		{Kind: health.Data, Upstream: "up", Key: "k", Text: "changed", At: epoch},
		{Kind: health.Data, Upstream: "mid", Text: "is stale itself"},
		{Kind: health.Data, Upstream: "gone", Text: "is missing"},
		{Kind: health.Data, Upstream: "new", Text: "changed", At: epoch},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := health.Words([]asset.Cause{{Why: asset.WhyCode, Is: "2"}})[0].Text; got != "its code version changed to 2" {
		t.Errorf("made without a version: %q", got)
	}
}

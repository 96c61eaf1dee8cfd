package health_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/ui/health"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func made(name, key, version string, minute int, inputs ...event.InputVersion) *store.Materialized {
	return &store.Materialized{
		Asset: name, Key: partition.Key(key), Time: epoch.Add(time.Duration(minute) * time.Minute),
		Event: event.Materialization{DataVersion: version, CodeVersion: "1", Inputs: inputs},
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	up := asset.Definition{Name: "up"}
	down := asset.Definition{Name: "down", Inputs: []asset.Input{{Asset: "up", Kind: asset.Data}}}
	end := asset.Definition{Name: "end", Inputs: []asset.Input{{Asset: "down", Kind: asset.Data}}}
	read := func(version string) event.InputVersion { return event.InputVersion{Asset: "up", Version: version} }
	readDown := event.InputVersion{Asset: "down", Version: "d1"}
	for _, c := range []struct {
		reason string
		defs   []asset.Definition
		states []store.AssetState
		latest map[store.AssetKey]store.Materialized
		want   map[string]health.State
	}{
		{"never made", []asset.Definition{up}, nil, nil, map[string]health.State{"up": health.Missing}},
		{
			"what was read is what is there",
			[]asset.Definition{up, down},
			[]store.AssetState{{Asset: "up", Last: made("up", "", "u1", 0)}, {Asset: "down", Last: made("down", "", "d1", 1, read("u1"))}},
			nil,
			map[string]health.State{"up": health.Materialized, "down": health.Materialized},
		},
		{
			"the upstream changed, and staleness flows down",
			[]asset.Definition{up, down, end},
			[]store.AssetState{
				{Asset: "up", Last: made("up", "", "u2", 2)},
				{Asset: "down", Last: made("down", "", "d1", 1, read("u1"))},
				{Asset: "end", Last: made("end", "", "e1", 3, readDown)},
			},
			nil,
			map[string]health.State{"up": health.Materialized, "down": health.Stale, "end": health.Stale},
		},
		{
			"the code changed",
			[]asset.Definition{{Name: "up", CodeVersion: "2"}},
			[]store.AssetState{{Asset: "up", Last: made("up", "", "u1", 0)}},
			nil,
			map[string]health.State{"up": health.Stale},
		},
		{
			"the newest attempt failed",
			[]asset.Definition{up},
			[]store.AssetState{{Asset: "up", Last: made("up", "", "u1", 0), FailedAt: epoch.Add(time.Hour)}},
			nil,
			map[string]health.State{"up": health.Failed},
		},
		{
			"a failure that was mended is history",
			[]asset.Definition{up},
			[]store.AssetState{{Asset: "up", Last: made("up", "", "u1", 90), FailedAt: epoch.Add(time.Hour)}},
			nil,
			map[string]health.State{"up": health.Materialized},
		},
		{
			"another key of the upstream was made since; the one that was read stands",
			[]asset.Definition{up, down},
			[]store.AssetState{
				{Asset: "up", Last: made("up", "b", "u2", 5)},
				{Asset: "down", Last: made("down", "a", "d1", 1, event.InputVersion{Asset: "up", Key: "a", Version: "u1"})},
			},
			map[store.AssetKey]store.Materialized{{Asset: "up", Key: "a"}: *made("up", "a", "u1", 0)},
			map[string]health.State{"up": health.Materialized, "down": health.Materialized},
		},
		{
			"an input of many keys is old as soon as one of them is newer",
			[]asset.Definition{up, down},
			[]store.AssetState{
				{Asset: "up", Last: made("up", "b", "u2", 5)},
				{Asset: "down", Last: made("down", "", "d1", 1, event.InputVersion{Asset: "up", Version: "digest", Keys: 30})},
			},
			nil,
			map[string]health.State{"up": health.Materialized, "down": health.Stale},
		},
		{
			"a required upstream is gone",
			[]asset.Definition{up, down},
			[]store.AssetState{{Asset: "down", Last: made("down", "", "d1", 1)}},
			nil,
			map[string]health.State{"up": health.Missing, "down": health.Stale},
		},
		{
			"an asset that reads its own past is not stale by itself",
			[]asset.Definition{{Name: "up", Inputs: []asset.Input{{Asset: "up", Kind: asset.Data}}}},
			[]store.AssetState{{Asset: "up", Last: made("up", "", "u1", 0, event.InputVersion{Asset: "up", Version: "u0"})}},
			nil,
			map[string]health.State{"up": health.Materialized},
		},
	} {
		got := map[string]health.State{}
		for name, v := range health.Judge(c.defs, c.states, c.latest) {
			got[name] = v.State
			if v.State == health.Stale && len(v.Causes) == 0 {
				t.Errorf("%s: %s is stale without a cause", c.reason, name)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s:\n%s", c.reason, d)
		}
	}
}

func TestNeedsAsksForEachKeyOnce(t *testing.T) {
	t.Parallel()
	in := event.InputVersion{Asset: "up", Key: "a", Version: "u1"}
	got := health.Needs([]store.AssetState{
		{Asset: "up", Last: made("up", "b", "u2", 5)},
		{Asset: "x", Last: made("x", "a", "1", 1, in)},
		{Asset: "y", Last: made("y", "a", "1", 1, in, event.InputVersion{Asset: "up", Key: "b"}, event.InputVersion{Asset: "up", Keys: 9})},
	})
	if d := cmp.Diff([]store.AssetKey{{Asset: "up", Key: "a"}}, got); d != "" {
		t.Error(d)
	}
}

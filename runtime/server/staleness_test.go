package server_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/event"
	"rivers.io/runtime/server/fault"
)

// upstream is what a step read of an upstream without partitions, or of one key.
func read(name, key, version string) event.InputVersion {
	return event.InputVersion{Asset: name, Key: attempt(name, key).Key, Version: version}
}

// succeedWith is succeed with a data version and what was read.
func (x *execution) succeedWith(name, key, version string, inputs ...event.InputVersion) {
	a := attempt(name, key)
	x.append(event.Event{Attempt: a, Payload: &event.StepLaunched{Token: "t-" + x.run + a.String(), Worker: event.InProcess}})
	x.append(
		event.Event{Attempt: a, Payload: &event.Materialization{DataVersion: version, Inputs: inputs}},
		event.Event{Attempt: a, Payload: &event.StepSucceeded{}},
	)
}

// three makes three days of flights and delays.
func (r *rig) three() {
	x := r.take(r.materialize("airports", ""))
	x.succeedWith("airports", "", "a1")
	x.finish("SUCCEEDED", "")
	x = r.take(r.materialize("flights delays", "2001-01-01..2001-01-03"))
	for _, day := range []string{"2001-01-01", "2001-01-02", "2001-01-03"} {
		x.succeedWith("flights", day, "f1")
		x.succeedWith("delays", day, "d1", read("flights", day, "f1"), read("airports", "", "a1"))
	}
	x.finish("SUCCEEDED", "")
	x = r.take(r.materialize("flights", "2001-01-02"))
	x.succeedWith("flights", "2001-01-02", "f2")
	x.finish("SUCCEEDED", "")
}

func TestStaleness(t *testing.T) {
	r := newRig(t)
	r.three()
	list, err := r.assets.ListStaleness(r.ctx(), &riversv1.ListStalenessRequest{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, a := range list.Assets {
		got[a.Asset] = a.State.String()[len("STALENESS_STATE_"):]
	}
	want := map[string]string{"airports": "UP_TO_DATE", "flights": "UP_TO_DATE", "delays": "STALE", "report": "MISSING"}
	if diff := cmp.Diff(want, got); diff != "" || list.TotalSize != 4 {
		t.Errorf("states of %d: %s", list.TotalSize, diff)
	}
	one, err := r.assets.GetStaleness(r.ctx(), &riversv1.GetStalenessRequest{Asset: "delays"})
	if err != nil {
		t.Fatal(err)
	}
	s := one.Staleness
	if s.TotalKeys != 31 || s.MaterializedKeys != 3 || s.JudgedKeys != 3 || s.StaleKeys != 1 || len(s.Causes) != 1 {
		t.Fatalf("delays: %v", s)
	}
	if c := s.Causes[0]; c.Upstream != "flights" || c.UpstreamPartition != "2001-01-02" || c.Was != "f1" || c.Now != "f2" ||
		c.Partition != "2001-01-02" || c.Keys != 1 || c.Time == nil || c.Reason != riversv1.StalenessReason_STALENESS_REASON_CHANGED {
		t.Errorf("cause: %v", c)
	}
	page, err := r.assets.ListStaleness(r.ctx(), &riversv1.ListStalenessRequest{Selection: "group:marts", PageSize: 1, Keys: 1})
	if err != nil || len(page.Assets) != 1 || page.NextPageToken == "" || page.Assets[0].JudgedKeys != 1 || page.Assets[0].MaterializedKeys != 3 {
		t.Errorf("first page: %v, %v", page, err)
	}
	if _, err := r.assets.GetStaleness(r.ctx(), &riversv1.GetStalenessRequest{Asset: "delay"}); fault.Reason(err) != "ASSET_NOT_FOUND" {
		t.Errorf("unknown asset: %v", err)
	}
	if got := r.call("GET", base+"/assets:staleness?selection=delays", "", nil); got.code != 200 || len(got.json(t)["assets"].([]any)) != 1 {
		t.Errorf("REST list: %+v", got)
	}
	if got := r.call("GET", base+"/assets/delays:staleness", "", nil); got.code != 200 || got.json(t)["staleness"].(map[string]any)["state"] != "STALENESS_STATE_STALE" {
		t.Errorf("REST: %+v", got)
	}
}

func TestPartitionStaleness(t *testing.T) {
	r := newRig(t)
	r.three()
	ask := func(req *riversv1.ListPartitionStalenessRequest) (string, uint64) {
		t.Helper()
		got, err := r.parts.ListPartitionStaleness(r.ctx(), req)
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, p := range got.Partitions {
			text += p.Key[len("2001-01-"):] + map[riversv1.StalenessState]string{1: "-", 2: "s", 3: "u"}[p.State] + " "
			if (p.State == riversv1.StalenessState_STALENESS_STATE_STALE) != (len(p.Causes) > 0) {
				t.Errorf("causes of %v", p)
			}
		}
		return text, got.TotalSize
	}
	for _, c := range []struct {
		why   string
		req   *riversv1.ListPartitionStalenessRequest
		want  string
		total uint64
	}{
		{"the first keys", &riversv1.ListPartitionStalenessRequest{Asset: "delays", Limit: 4}, "01u 02s 03u 04- ", 31},
		{"a window", &riversv1.ListPartitionStalenessRequest{Asset: "delays", Offset: 30}, "31- ", 31},
		{"a selection", &riversv1.ListPartitionStalenessRequest{Asset: "delays", Partitions: "2001-01-02..2001-01-09", Limit: 2}, "02s 03u ", 8},
		{"beyond the end", &riversv1.ListPartitionStalenessRequest{Asset: "delays", Offset: 99}, "", 31},
	} {
		if got, total := ask(c.req); got != c.want || total != c.total {
			t.Errorf("%s: %q of %d, want %q of %d", c.why, got, total, c.want, c.total)
		}
	}
	for _, c := range []struct {
		req  *riversv1.ListPartitionStalenessRequest
		want string
	}{
		{&riversv1.ListPartitionStalenessRequest{Asset: "airports"}, "NOT_PARTITIONED"},
		{&riversv1.ListPartitionStalenessRequest{Asset: "nope"}, "ASSET_NOT_FOUND"},
		{&riversv1.ListPartitionStalenessRequest{Asset: "delays", Partitions: "1999-01-01"}, "INVALID_PARTITION"},
	} {
		if _, err := r.parts.ListPartitionStaleness(r.ctx(), c.req); fault.Reason(err) != c.want {
			t.Errorf("%v: %v, want %s", c.req, err, c.want)
		}
	}
	if got := r.call("GET", base+"/assets/delays/partitions:staleness?partitions=2001-01-02", "", nil); got.code != 200 || len(got.json(t)["partitions"].([]any)) != 1 {
		t.Errorf("REST: %+v", got)
	}
}

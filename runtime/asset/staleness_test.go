package asset

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
)

func read(asset, version string) event.InputVersion {
	return event.InputVersion{Asset: asset, Version: version}
}

func TestStaleness(t *testing.T) {
	t.Parallel()
	coded := func(version string) []Definition {
		defs := chain("up", "a: up", "b: a")
		defs[0].CodeVersion = version
		return defs
	}
	fresh := []Fact{
		{DataVersion: "u1", CodeVersion: "v1"},
		{DataVersion: "a1", Inputs: []event.InputVersion{read("up", "u1")}},
		{DataVersion: "b1", Inputs: []event.InputVersion{read("a", "a1")}},
	}
	with := func(i int, f Fact) []Fact {
		facts := append([]Fact(nil), fresh...)
		facts[i] = f
		return facts
	}
	data := func(up, text string) Status {
		return Status{State: Stale, Causes: []Cause{{Category: CauseData, Why: whyOf(text), Upstream: up, Text: text}}}
	}
	code := func(text string) Status {
		return Status{State: Stale, Causes: []Cause{{Category: CauseCode, Why: WhyCode, Text: text}}}
	}
	ok, missing := Status{State: UpToDate}, Status{State: Missing}
	cases := []struct {
		why   string
		defs  []Definition
		facts []Fact
		want  []Status
	}{
		{"D-69 nothing changed", coded("v1"), fresh, []Status{ok, ok, ok}},
		{"D-66 nothing recorded", coded("v1"), nil, []Status{missing, missing, missing}},
		{"D-68 the upstream is missing", coded("v1"), with(0, Fact{}), []Status{missing, data("up", "up is missing"), data("a", "a is stale")}},
		{"D-181 the code changed", coded("v2"), fresh, []Status{code("the code version is v2; it was made by v1"), data("up", "up is stale"), data("a", "a is stale")}},
		{"D-181 the code version was removed", coded(""), fresh, []Status{ok, ok, ok}},
		{"D-67 made without a code version", coded("v1"), with(0, Fact{DataVersion: "u1"}), []Status{code("the code version is v1; it was made without one"), data("up", "up is stale"), data("a", "a is stale")}},
		{"D-180 the upstream is newer than what was read", coded("v1"), with(0, Fact{DataVersion: "u2", CodeVersion: "v1"}), []Status{ok, data("up", "up is at version u2; version u1 was consumed"), data("a", "a is stale")}},
		{"D-68 none was consumed", coded("v1"), with(1, Fact{DataVersion: "a1"}), []Status{ok, data("up", "up was materialized since; none of it was consumed"), data("a", "a is stale")}},
		{"D-70 every cause is listed", chain("up", "other", "a: up other"), []Fact{{DataVersion: "u2"}, {}, {DataVersion: "a1", Inputs: []event.InputVersion{read("up", "u1")}}}, []Status{ok, missing, {State: Stale, Causes: []Cause{
			{Category: CauseData, Why: WhyChanged, Upstream: "up", Text: "up is at version u2; version u1 was consumed"},
			{Category: CauseData, Why: WhyMissing, Upstream: "other", Text: "other is missing"},
		}}}},
		{"declared the other way round", chain("a: up", "up"), []Fact{{DataVersion: "a1", Inputs: []event.InputVersion{read("up", "u1")}}, {DataVersion: "u2"}}, []Status{data("up", "up is at version u2; version u1 was consumed"), ok}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got := mustResolve(t, c.defs).Staleness(c.facts)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("differs (-want +got):\n%s", diff)
			}
		})
	}
}

// whyOf finds the cause that a text tells.
func whyOf(text string) Why {
	for words, why := range map[string]Why{
		"is missing": WhyMissing, "none of it was consumed": WhyUnread, "is at version": WhyChanged, "is stale": WhyStale,
	} {
		if strings.Contains(text, words) {
			return why
		}
	}
	return ""
}

func TestStalenessOfManyKeys(t *testing.T) {
	t.Parallel()
	got := Judge("", Fact{DataVersion: "a"}, []Dependency{{Asset: "up", State: Stale, Newer: true}})
	if len(got.Causes) != 1 || got.Causes[0].Why != WhyChanged {
		t.Errorf("a newer key is a change, whatever else: %+v", got)
	}
}

func TestStalenessOfOptionalInputs(t *testing.T) {
	t.Parallel()
	defs := chain("up", "a: up")
	defs[1].Inputs[0].Optional = true
	g := mustResolve(t, defs)
	if got := g.Staleness([]Fact{{}, {DataVersion: "a1"}})[1].State; got != UpToDate {
		t.Errorf("an optional upstream that never existed: %s", got)
	}
	consumed := []event.InputVersion{read("up", "u1")}
	if got := g.Staleness([]Fact{{}, {DataVersion: "a1", Inputs: consumed}})[1].State; got != Stale {
		t.Errorf("an optional upstream that is gone: %s", got)
	}
}

// Partitioned assets are compared where both sides speak of the same key, and
// are not called stale for another key's sake.
func TestStalenessOfPartitionedAssets(t *testing.T) {
	t.Parallel()
	defs := chain("up", "a: up")
	defs[0].Partitions, defs[1].Partitions = january, january
	g := mustResolve(t, defs)
	keyed := func(key, version string) []event.InputVersion {
		return []event.InputVersion{{Asset: "other", Version: "x"}, {Asset: "up", Key: partition.Key(key), Version: version}}
	}
	cases := []struct {
		why  string
		up   Fact
		a    Fact
		want State
	}{
		{"the same key and version", Fact{Key: "2001-01-02", DataVersion: "u2"}, Fact{Key: "2001-01-02", DataVersion: "a", Inputs: keyed("2001-01-02", "u2")}, UpToDate},
		{"the same key, another version", Fact{Key: "2001-01-02", DataVersion: "u3"}, Fact{Key: "2001-01-02", DataVersion: "a", Inputs: keyed("2001-01-02", "u2")}, Stale},
		{"another key", Fact{Key: "2001-01-03", DataVersion: "u3"}, Fact{Key: "2001-01-02", DataVersion: "a", Inputs: keyed("2001-01-02", "u2")}, UpToDate},
		{"nothing upstream", Fact{}, Fact{Key: "2001-01-02", DataVersion: "a", Inputs: keyed("2001-01-02", "u2")}, Stale},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := g.Staleness([]Fact{c.up, c.a})[1]; got.State != c.want {
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
	got := Judge("", Fact{DataVersion: "a"}, []Dependency{{Asset: "up", Key: "2001-01-02", State: UpToDate, Version: "2", Consumed: "1", Comparable: true}})
	if want := "up[2001-01-02] is at version 2; version 1 was consumed"; got.Causes[0].Text != want || got.Causes[0].Key != "2001-01-02" {
		t.Errorf("cause %+v, want %q", got.Causes, want)
	}
}

func TestCombineVersions(t *testing.T) {
	t.Parallel()
	if version, keys := CombineVersions(func(func(partition.Key, string) bool) {}); version != "" || keys != 0 {
		t.Errorf("nothing combines to %q of %d", version, keys)
	}
	one, n := CombineVersions(maps.All(map[partition.Key]string{"a": "1"}))
	if one == "" || n != 1 {
		t.Errorf("one combines to %q of %d", one, n)
	}
	if other, _ := CombineVersions(maps.All(map[partition.Key]string{"a": "2"})); other == one {
		t.Error("another version combines to the same")
	}
	if other, _ := CombineVersions(maps.All(map[partition.Key]string{"a1": ""})); other == one {
		t.Error("another key combines to the same")
	}
}

package asset

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/partition"
)

func TestStalenessOfManyKeys(t *testing.T) {
	t.Parallel()
	got := Judge("", Fact{DataVersion: "a"}, []Dependency{{Asset: "up", State: Stale, Newer: true}})
	if len(got.Causes) != 1 || got.Causes[0].Why != WhyChanged {
		t.Errorf("a newer key is a change, whatever else: %+v", got)
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	made := Fact{DataVersion: "a1", CodeVersion: "v1"}
	dep := func(change func(*Dependency)) []Dependency {
		d := Dependency{Asset: "up", State: UpToDate, Version: "u1", Consumed: "u1", Comparable: true}
		change(&d)
		return []Dependency{d}
	}
	for _, c := range []struct {
		why  string
		code string
		fact Fact
		deps []Dependency
		want []Why
		text string
	}{
		{"D-69 nothing changed", "v1", made, dep(func(*Dependency) {}), nil, ""},
		{"D-181 the code changed", "v2", made, nil, []Why{WhyCode}, "the code version is v2; it was made by v1"},
		{"D-181 the code version was removed", "", made, nil, nil, ""},
		{"D-67 made without a code version", "v1", Fact{DataVersion: "a1"}, nil, []Why{WhyCode}, "the code version is v1; it was made without one"},
		{"D-180 the upstream has another version", "v1", made, dep(func(d *Dependency) { d.Version = "u2" }), []Why{WhyChanged}, "up is at version u2; version u1 was consumed"},
		{"D-68 none was consumed", "v1", made, dep(func(d *Dependency) { d.Consumed = "" }), []Why{WhyUnread}, "up was materialized since; none of it was consumed"},
		{"D-68 the upstream is stale", "v1", made, dep(func(d *Dependency) { d.State = Stale }), []Why{WhyStale}, "up is stale"},
		{"D-68 the upstream is missing", "v1", made, dep(func(d *Dependency) { d.State, d.Version = Missing, "" }), []Why{WhyMissing}, "up is missing"},
		{"an optional upstream that never existed", "v1", made, []Dependency{{Asset: "up", Optional: true, State: Missing}}, nil, ""},
		{"an optional upstream that is gone", "v1", made, []Dependency{{Asset: "up", Optional: true, State: Missing, Consumed: "u1"}}, []Why{WhyMissing}, "up is missing"},
		{"D-70 every cause is listed", "v2", made, append(dep(func(d *Dependency) { d.State = Stale }), Dependency{Asset: "other", State: Missing}), []Why{WhyCode, WhyStale, WhyMissing}, "the code version is v2; it was made by v1"},
	} {
		got := Judge(c.code, c.fact, c.deps)
		var whys []Why
		for _, cause := range got.Causes {
			whys = append(whys, cause.Why)
		}
		if diff := cmp.Diff(c.want, whys); diff != "" || (got.State == Stale) != (len(c.want) > 0) {
			t.Errorf("%s: %+v\n%s", c.why, got, diff)
		}
		if c.text != "" && got.Causes[0].Text != c.text {
			t.Errorf("%s: %q, want %q", c.why, got.Causes[0].Text, c.text)
		}
	}
	if got := Judge("v1", Fact{}, []Dependency{{Asset: "up", State: Missing}}); got.State != Missing || got.Causes != nil {
		t.Errorf("D-66 missing has no causes: %+v", got)
	}
	at := time.Date(2001, 1, 2, 0, 0, 0, 0, time.UTC)
	got := Judge("", made, []Dependency{{Asset: "up", Key: "2001-01-02", State: UpToDate, Version: "2", Consumed: "1", Comparable: true, At: at}})
	want := []Cause{{
		Category: CauseData, Why: WhyChanged, Upstream: "up", Key: "2001-01-02", Was: "1", Is: "2", At: at,
		Text: "up[2001-01-02] is at version 2; version 1 was consumed",
	}}
	if diff := cmp.Diff(want, got.Causes); diff != "" {
		t.Error(diff)
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

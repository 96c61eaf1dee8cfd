package rivers_test

import (
	"errors"
	"iter"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/rivers"
)

func take[A any](name string, in rivers.Input[A], opts ...rivers.Option) *rivers.Asset[int] {
	return rivers.NewAsset1(name, in, func(*rivers.Context, A) (int, error) { return 0, nil }, opts...)
}

func TestValidateReportsEverythingAtOnce(t *testing.T) {
	var none *rivers.Asset[int]
	var noFunction func(*rivers.Context) (int, error)
	january := rivers.Partitioned(rivers.Daily("2001-01-01", "2001-01-31"))
	stored := rivers.NewAsset("stored", func(*rivers.Context) (rivers.Materialization, error) { return rivers.Materialization{}, nil })
	days := constant("days", 1, january)
	twin := constant("twin", 1)
	texts := rivers.HandlerFor[string]("texts", nil, nil)
	var d diary
	repo := rivers.NewRepository("test", rivers.Assets(
		constant("no spaces", 1),
		rivers.NewAsset("no_function", noFunction),
		take("no_input", rivers.Input[int](none)),
		take("stored_value", stored), stored, days,
		take("unmapped", days),
		take("foreign", constant("foreigner", 1)),
		twin, constant("twin", 2), take("wrong_twin", constant("twin", 3)),
		constant("reversed", 1, rivers.Partitioned(rivers.Daily("2001-02-01", "2001-01-01"))),
		constant("typed", 1, rivers.StoredBy(texts)),
		constant("nil_option", 1, nil),
		constant("nil_uses", 1, rivers.Uses(nil, none)),
		constant("nil_after", 1, rivers.After(none)),
		constant("reserved", 1, rivers.Metadata("rivers/owner", "me")),
		constant("retries", 1, rivers.Retry(-1, rivers.ExponentialBackoff(-time.Second).Jitter(2))),
		constant("where", 1, rivers.Executor("moon")),
		constant("two_configs", 1, rivers.Uses(rivers.NewConfig(struct{ A int }{}), rivers.NewConfig(struct{ A int }{}))),
		constant("odd_config", 1, rivers.Uses(rivers.NewConfig(5))),
		constant("resources", 1, rivers.Uses(d.resource("db"), d.resource("db"), d.resource("no name"))),
		nil,
	))
	err := repo.Validate()
	var problems asset.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("%v is no asset.Problems", err)
	}
	for _, want := range []string{
		"no spaces: ", "no_function: the function is nil", "no_input: input 1 is nil",
		"stored_value: input \"stored\" never has a value", "unmapped: ", "foreign: ", "twin: the name is taken",
		"wrong_twin: input \"twin\" is the asset declared at ", "reversed: ", `typed: handler "texts" stores string, not int`,
		"nil_option: an option is nil", "nil_uses: Uses: argument 1 is nil", "nil_uses: Uses: an input is nil",
		"nil_after: After: asset 1 is nil", "reserved: ", "retries: ", "jitter", "where: ",
		"two_configs: Uses: more than one config", "odd_config: config: a config is a struct, not int",
		"resource db: another resource of that name", "resource no name: ", "is nil",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported", want)
		}
	}
	for _, p := range problems {
		if p.Site.File != "" && filepath.Base(p.Site.File) != "validate_test.go" && filepath.Base(p.Site.File) != "host_test.go" &&
			filepath.Base(p.Site.File) != "resource_test.go" {
			t.Errorf("%s is placed outside of the declarations", p)
		}
	}
	if t.Failed() {
		t.Log(err)
	}
}

func TestNamesOfRepositoriesAreChecked(t *testing.T) {
	for name, ok := range map[string]bool{"aviation": true, "": false, "a b": false, "a/b": false} {
		if err := rivers.NewRepository(name, rivers.Assets(constant("a", 1))).Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	if err := rivers.NewRepository("a", nil).Validate(); err == nil {
		t.Error("a nil item was accepted")
	}
}

func TestSiteIsWhereTheAssetIsDeclared(t *testing.T) {
	_, file, line, _ := runtime.Caller(0)
	zero := rivers.NewAsset("zero", func(*rivers.Context) (int, error) { return 0, nil })
	one := rivers.NewAsset1("one", zero, func(*rivers.Context, int) (int, error) { return 0, nil })
	six := rivers.NewAsset6("six", zero, zero, zero, zero, zero, one, func(*rivers.Context, int, int, int, int, int, int) (int, error) { return 0, nil })
	for i, def := range rivers.NewRepository("test", rivers.Assets(zero, one, six)).Definitions() {
		if want := (asset.Site{File: file, Line: line + 1 + i}); def.Site != want {
			t.Errorf("%s is at %s, want %s", def.Name, def.Site, want)
		}
	}
}

func TestDefinition(t *testing.T) {
	days := rivers.Daily("2001-01-01", "").In("Europe/Berlin").CompletedOnly()
	up := constant("up", 1, rivers.Partitioned(days))
	other := constant("other", "x")
	down := rivers.NewAsset2("down", rivers.Complete(up.All()), rivers.Optional(other),
		func(*rivers.Context, iter.Seq2[rivers.Key, int], *string) ([]int, error) { return nil, nil },
		rivers.After(up.All()), rivers.Description("adds"), rivers.Group("sums"), rivers.Kinds("go"), rivers.Tags("a", "b"),
		rivers.Owners("team@example.com"), rivers.Metadata("k", "v"), rivers.CodeVersion("2"), rivers.Executor(rivers.Subprocess),
		rivers.Compute(rivers.CPU("2"), rivers.Memory("1Gi"), rivers.GPU(1)),
		rivers.Retry(3, rivers.LinearBackoff(time.Second, time.Minute).Max(time.Hour).Jitter(0.5), rivers.RetryOn("net.OpError", rivers.Transient)))
	repo := rivers.NewRepository("test", rivers.WithUpstreams(down))
	if err := repo.Validate(); err != nil {
		t.Fatal(err)
	}
	defs := repo.Definitions()
	if defs[0].Name != "up" || defs[1].Name != "other" {
		t.Errorf("upstreams come first, got %s and %s", defs[0].Name, defs[1].Name)
	}
	wantPartitions := &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", Timezone: "Europe/Berlin", CompletedOnly: true}
	if diff := cmp.Diff(wantPartitions, defs[0].Partitions); diff != "" {
		t.Error(diff)
	}
	got := defs[2]
	got.Site = asset.Site{}
	all := partition.Mapping{Kind: partition.All}
	want := asset.Definition{
		Name: "down", Description: "adds", Group: "sums", Kinds: []string{"go"}, Tags: []string{"a", "b"},
		Owners: []string{"team@example.com"}, Metadata: map[string]string{"k": "v"}, CodeVersion: "2", Type: "[]int",
		Executor: "subprocess", Compute: &asset.Compute{CPU: "2", Memory: "1Gi", GPU: 1},
		Inputs: []asset.Input{
			{Asset: "up", Kind: asset.Data, Mapping: all, Complete: true},
			{Asset: "other", Kind: asset.Data, Optional: true},
			{Asset: "up", Kind: asset.Lineage, Mapping: all},
		},
		Retry: &asset.RetryPolicy{
			MaxRetries: 3, On: []string{"net.OpError", "transient"},
			Backoff: asset.Backoff{Kind: asset.Linear, Base: time.Second, Step: time.Minute, Max: time.Hour, Jitter: 0.5},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

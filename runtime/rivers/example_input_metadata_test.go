package rivers_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// WithMetadata gives the handler of one input other metadata than the upstream
// declares: here the report is read in dollars, and everyone else in euros.
func ExampleWithMetadata() {
	prices := rivers.HandlerFor("prices",
		func(*rivers.OutputContext, string) (rivers.Ref, error) { return rivers.Ref{}, nil },
		func(ctx *rivers.InputContext) (string, error) {
			return fmt.Sprintf("in %s, %d entries", ctx.Metadata["currency"], len(ctx.Metadata)), nil
		})
	read := func(_ *rivers.Context, s string) (string, error) { return s, nil }

	sales := rivers.NewAsset("sales", func(*rivers.Context) (string, error) { return "", nil },
		rivers.Metadata("currency", "EUR"), rivers.Metadata("source", "till"), rivers.StoredBy(prices))
	ledger := rivers.NewAsset1("ledger", rivers.Via(sales, prices), read)
	report := rivers.NewAsset1("report",
		rivers.WithMetadata(rivers.Via(sales, prices), map[string]string{"currency": "USD"}), read)

	riverstest.Example(func(t testing.TB) {
		for _, a := range []*rivers.Asset[string]{ledger, report} {
			got, _ := riverstest.Run(t, a, riverstest.Input(sales, "given"))
			fmt.Println(a, got)
		}
	})
	// Output:
	// ledger in EUR, 2 entries
	// report in USD, 1 entries
}

func TestWithMetadata(t *testing.T) {
	t.Parallel()
	var seen []map[string]string
	spy := rivers.HandlerFor("spy",
		func(*rivers.OutputContext, string) (rivers.Ref, error) { return rivers.Ref{}, nil },
		func(ctx *rivers.InputContext) (string, error) {
			seen = append(seen, ctx.Metadata)
			return "", nil
		})
	up := rivers.NewAsset("up", func(*rivers.Context) (string, error) { return "", nil }, rivers.Metadata("a", "own"))
	over := map[string]string{"b": "other"}
	outside := rivers.WithMetadata(rivers.Optional(rivers.Via(up, spy)), over)
	inside := rivers.Optional(rivers.WithMetadata(rivers.Via(up, spy), nil))
	pointer := func(_ *rivers.Context, s *string) (string, error) { return "", nil }
	given := riverstest.Input(up, "")
	riverstest.Run(t, rivers.NewAsset1("x", outside, pointer), given)
	riverstest.Run(t, rivers.NewAsset1("y", inside, pointer), given)
	riverstest.Run(t, rivers.NewAsset("z", func(ctx *rivers.Context) (string, error) {
		_, err := rivers.Get(ctx, outside)
		return "", err
	}, rivers.Uses(outside)), given)
	want := []string{"map[b:other]", "map[]", "map[b:other]"}
	for i, m := range seen {
		if i >= len(want) || fmt.Sprint(m) != want[i] {
			t.Errorf("load %d saw %v, want %v", i, m, want)
		}
	}
	if len(seen) != len(want) {
		t.Errorf("%d loads", len(seen))
	}
}

func TestWithMetadataMistakes(t *testing.T) {
	t.Parallel()
	up := rivers.NewAsset("up", func(*rivers.Context) (string, error) { return "", nil })
	one := func(_ *rivers.Context, _ string) (string, error) { return "", nil }
	two := func(_ *rivers.Context, _, _ string) (string, error) { return "", nil }
	with := func(value string) rivers.Input[string] {
		return rivers.WithMetadata(up, map[string]string{"k": value})
	}
	for _, c := range []struct {
		why  string
		a    *rivers.Asset[string]
		want string
	}{
		{"a reserved key", rivers.NewAsset1("x", rivers.WithMetadata(up, map[string]string{"rivers/x": ""}), one), "is reserved"},
		{"two overrides of one input", rivers.NewAsset2("x", with("1"), with("2"), two), "declared twice with other metadata"},
		{"an override and none", rivers.NewAsset2("x", up, with("2"), two), "declared twice with other metadata"},
		{"one override twice", rivers.NewAsset2("x", with("1"), with("1"), two), ""},
		{"nothing is loaded", rivers.NewAsset("x", func(*rivers.Context) (string, error) { return "", nil }, rivers.After(with("1"))), "After loads nothing"},
		{"of nothing", rivers.NewAsset1("x", rivers.WithMetadata[string](nil, nil), one), "is nil"},
	} {
		err := rivers.NewRepository("r", rivers.Assets(up, c.a)).Validate()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(errors.Join(err).Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
}

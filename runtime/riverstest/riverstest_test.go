package riverstest_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/metadata"
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

var january = rivers.Partitioned(rivers.Daily("2001-01-01", "2001-01-31"))

type fixture struct {
	days   *rivers.Asset[int]
	double *rivers.Asset[int]
	total  *rivers.Asset[int]
	repo   *rivers.Repository
}

// pipeline is a day's number, its double, and the sum of all doubles.
func pipeline(bad rivers.Key) fixture {
	var f fixture
	f.days = rivers.NewAsset("days", func(ctx *rivers.Context) (int, error) {
		if ctx.Partition().Key() == bad {
			return 0, errors.New("no such day")
		}
		return ctx.Partition().Window().Start.Day(), nil
	}, january)
	f.double = rivers.NewAsset1("double", f.days, func(_ *rivers.Context, n int) (int, error) { return 2 * n, nil }, january)
	f.total = rivers.NewAsset1("total", f.double.All(), func(_ *rivers.Context, all iter.Seq2[rivers.Key, int]) (int, error) {
		sum := 0
		for _, n := range all {
			sum += n
		}
		return sum, nil
	})
	f.repo = rivers.NewRepository("test", rivers.Assets(f.days, f.double, f.total))
	return f
}

func TestGraphRunsUpstreamsFirst(t *testing.T) {
	f := pipeline("")
	p := riverstest.Graph(t, f.repo)
	out := p.Materialize("+total", "2001-01-03..2001-01-05")
	if err := out.Err(); err != nil {
		t.Fatal(err)
	}
	if sum, ok := riverstest.Value(out, f.total, ""); sum != 24 || !ok {
		t.Errorf("total is %d, %v; want 2·(3+4+5)", sum, ok)
	}
	if len(out.Steps) != 7 {
		t.Errorf("%d steps, want 3 days, 3 doubles and a total", len(out.Steps))
	}
	step, _ := out.Step("total", "")
	if diff := cmp.Diff([]riverstest.Read{{"double", "2001-01-03"}, {"double", "2001-01-04"}, {"double", "2001-01-05"}}, step.Read); diff != "" {
		t.Error(diff)
	}
	if got := step.Metadata["rivers/missing/double"]; got != metadata.Int(28) {
		t.Errorf("missing keys are recorded as %v, want 28", got)
	}
	again := p.Materialize("total", "2001-01-01")
	if sum, _ := riverstest.Value(again, f.total, ""); sum != 24 {
		t.Errorf("values stay: total is %d", sum)
	}
}

func TestGraphSkipsWhatDependsOnAFailure(t *testing.T) {
	f := pipeline("2001-01-04")
	out := riverstest.Graph(t, f.repo).Materialize("+total", "2001-01-03..2001-01-05")
	got := map[string]string{}
	for _, s := range out.Steps {
		switch {
		case s.Skipped:
			got[s.String()] = "skipped"
		case s.Failure != nil:
			got[s.String()] = "failed"
		default:
			got[s.String()] = "ok"
		}
	}
	want := map[string]string{
		"days[2001-01-03]": "ok", "days[2001-01-04]": "failed", "days[2001-01-05]": "ok",
		"double[2001-01-03]": "ok", "double[2001-01-04]": "skipped", "double[2001-01-05]": "ok",
		"total": "skipped",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if err := out.Err(); err == nil || !strings.Contains(err.Error(), "no such day") {
		t.Errorf("Err is %v", err)
	}
}

func TestRunGivesWhatTheTestSays(t *testing.T) {
	type settings struct {
		Factor int    `json:"factor"`
		Unit   string `json:"unit" env:"UNIT"`
	}
	config := rivers.NewConfig(settings{Factor: 1, Unit: "mm"})
	clock := rivers.NewResource("clock", func(context.Context) (func() time.Time, func() error, error) {
		return nil, nil, errors.New("no clock in tests")
	})
	f := pipeline("")
	scaled := rivers.NewAsset1("scaled", f.days, func(ctx *rivers.Context, n int) (string, error) {
		s := config.Get(ctx)
		ctx.Logger.Info("scaling", "factor", s.Factor)
		ctx.AddMetadata("unit", s.Unit)
		_, err := ctx.Stdout().Write([]byte("hello\n"))
		return clock.Get(ctx)().Format(time.DateOnly) + strings.Repeat("x", n*s.Factor), err
	}, january, rivers.Uses(config, clock))
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	got, result := riverstest.Run(t, scaled,
		riverstest.Key("2001-01-02"), riverstest.Input(f.days, 3), riverstest.Setenv("UNIT", "cm"),
		riverstest.Override(`{"factor": 2}`), riverstest.Resource(clock, func() time.Time { return now }))
	if result.Failure != nil || got != "2026-01-02xxxxxx" {
		t.Fatalf("%q, %+v", got, result.Failure)
	}
	if result.Stdout != "hello\n" || result.Metadata["unit"] != metadata.Text("cm") {
		t.Errorf("stdout %q, metadata %v", result.Stdout, result.Metadata)
	}
	want := []riverstest.Record{{Level: "INFO", Message: "scaling", Attrs: map[string]any{"factor": 2.0}}}
	if diff := cmp.Diff(want, result.Log); diff != "" {
		t.Error(diff)
	}
}

// fatal is a TB that keeps what a Fatalf said.
type fatal struct {
	testing.TB
	said string
}

type stop struct{}

func (f *fatal) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	panic(stop{})
}

func TestMistakesOfTheTestAreFatal(t *testing.T) {
	f := pipeline("")
	other := rivers.NewAsset("other", func(*rivers.Context) (int, error) { return 1, nil })
	broken := rivers.NewAsset1("broken", f.days, func(_ *rivers.Context, n int) (int, error) { return n, nil })
	for _, c := range []struct {
		why, want string
		call      func(t testing.TB)
	}{
		{"no key", "give a key", func(t testing.TB) { riverstest.Run(t, f.days) }},
		{"a key of no partitions", "has no partitions", func(t testing.TB) { riverstest.Run(t, other, riverstest.Key("a")) }},
		{"a key off the grid", "2002-01-01", func(t testing.TB) { riverstest.Run(t, f.days, riverstest.Key("2002-01-01")) }},
		{"a foreign input", "nothing to do", func(t testing.TB) { riverstest.Run(t, other, riverstest.Input(f.days, 1)) }},
		{"an unknown setting", `"speed"`, func(t testing.TB) { riverstest.Run(t, other, riverstest.Override(`{"speed":1}`)) }},
		{"a bad declaration", "not valid", func(t testing.TB) { riverstest.Run(t, broken) }},
		{"an unknown asset", "nope", func(t testing.TB) { riverstest.Graph(t, f.repo).Materialize("nope") }},
		{"no partitions", "say which", func(t testing.TB) { riverstest.Graph(t, f.repo).Materialize("days") }},
		{"a reversed range", "2001-01-05", func(t testing.TB) {
			riverstest.Graph(t, f.repo).Materialize("days", "2001-01-05..2001-01-01")
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			tb := &fatal{TB: t}
			func() {
				defer func() {
					if p := recover(); p != nil && p != any(stop{}) {
						panic(p)
					}
				}()
				c.call(tb)
			}()
			if !strings.Contains(tb.said, c.want) {
				t.Errorf("said %q, want %q in it", tb.said, c.want)
			}
		})
	}
}

func TestLookingOutOfRange(t *testing.T) {
	f := pipeline("")
	before := rivers.NewAsset1("before", f.days.Offset(-1), func(_ *rivers.Context, n int) (int, error) { return n, nil }, january)
	maybe := rivers.NewAsset1("maybe", rivers.Optional(f.days.Offset(-1)), func(_ *rivers.Context, n *int) (bool, error) {
		return n != nil, nil
	}, january)
	_, result := riverstest.Run(t, before, riverstest.Key("2001-01-01"))
	if result.Failure == nil || !strings.Contains(result.Failure.Message, "2000-12-31") ||
		!strings.Contains(result.Failure.Message, "2001-01-01..2001-01-31") {
		t.Errorf("want a failure that names key and range, got %+v", result.Failure)
	}
	if got, result := riverstest.Run(t, before, riverstest.Key("2001-01-02"), riverstest.InputAt(f.days, "2001-01-01", 7)); got != 7 {
		t.Errorf("%d, %+v; want the day before", got, result.Failure)
	}
	for key, want := range map[rivers.Key]bool{"2001-01-01": false, "2001-01-03": false, "2001-01-02": true} {
		got, result := riverstest.Run(t, maybe, riverstest.Key(key), riverstest.InputAt(f.days, "2001-01-01", 7))
		if got != want || result.Failure != nil {
			t.Errorf("%s: %v, %+v; want %v", key, got, result.Failure, want)
		}
	}
}

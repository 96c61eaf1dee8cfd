package rivers_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/host"
	"rivers.io/runtime/rivers"
)

func text(t *testing.T, r host.Result) map[string]string {
	t.Helper()
	if r.Failure != nil {
		t.Fatal(r.Failure.Message)
	}
	got := map[string]string{}
	for key, raw := range r.Outputs[0].Metadata {
		got[key] = string(raw)
	}
	return got
}

// scribe is a handler that adds what it is told to add.
func scribe(name string, write func(ctx *rivers.OutputContext)) rivers.Handler {
	return rivers.HandlerFor(name, func(ctx *rivers.OutputContext, _ int) (rivers.Ref, error) {
		write(ctx)
		return rivers.Ref{Path: "x"}, nil
	}, func(*rivers.InputContext) (int, error) { return 0, nil })
}

func TestMetadataMerges(t *testing.T) {
	a := rivers.NewAsset("a", func(ctx *rivers.Context) (int, error) {
		ctx.AddMetadata("both", "context")
		ctx.AddMetadata("context", 1)
		ctx.AddMetadata("context", 2)
		ctx.AddMetadata("mine", "kept")
		return rivers.Output[int]{Value: 1, Metadata: map[string]any{"both": "output", "share": rivers.Percentage(12.5)}}.Return(ctx)
	}, rivers.StoredBy(scribe("s", func(ctx *rivers.OutputContext) {
		ctx.AddMetadata("mine", "handler")
		ctx.AddMetadata("rivers/schema", rivers.Schema{{Name: "x", Type: "int64"}})
		ctx.AddMetadata("delta/version", 3)
	})))
	want := map[string]string{
		"both":          `{"type":"text","value":"output"}`,
		"context":       `{"type":"int","value":2}`,
		"mine":          `{"type":"text","value":"kept"}`,
		"share":         `{"type":"percentage","value":12.5}`,
		"rivers/schema": `{"type":"schema","columns":[{"name":"x","type":"int64"}]}`,
		"delta/version": `{"type":"int","value":3}`,
	}
	if diff := cmp.Diff(want, text(t, newBench(t, a).run("a", &env{}))); diff != "" {
		t.Error(diff)
	}
}

func TestMetadataMistakesNameTheKey(t *testing.T) {
	for why, c := range map[string]struct {
		key   string
		value any
		want  string
	}{
		"another type": {"k", []int{1}, `metadata "k": a []int`},
		"no number":    {"k", math.NaN(), `metadata "k": float`},
		"reserved":     {"rivers/mine", 1, `"rivers/mine" is reserved`},
		"lakehouse":    {"delta/mine", 1, `"delta/mine" is reserved`},
		"no key":       {"", 1, "empty"},
		"relative URL": {"k", rivers.URL("/x"), `metadata "k": url`},
	} {
		for _, where := range []string{"context", "output", "materialization"} {
			a := rivers.NewAsset("a", func(ctx *rivers.Context) (int, error) {
				entries := map[string]any{c.key: c.value}
				if where == "output" {
					return rivers.Output[int]{Metadata: entries}.Return(ctx)
				}
				ctx.AddMetadata(c.key, c.value)
				return 0, nil
			})
			m := rivers.NewAsset("m", func(*rivers.Context) (rivers.Materialization, error) {
				return rivers.Materialization{Metadata: map[string]any{c.key: c.value}}, nil
			})
			step := "a"
			if where == "materialization" {
				step = "m"
			}
			f := failure(t, newBench(t, a, m).run(step, &env{}))
			if !strings.Contains(f.Message, c.want) {
				t.Errorf("%s in %s: %q, want %q in it", why, where, f.Message, c.want)
			}
		}
	}
}

func TestDataVersionOrder(t *testing.T) {
	for _, c := range []struct {
		why                               string
		handler, output, context, entries string
		want                              string
	}{
		{"the handler's comes first", "h", "o", "c", "m", "h"},
		{"then the output's", "", "o", "c", "m", "o"},
		{"then the context's", "", "", "c", "m", "c"},
		{"then that of the metadata", "", "", "", "m", "m"},
		{"none is left to the engine", "", "", "", "", ""},
	} {
		a := rivers.NewAsset("a", func(ctx *rivers.Context) (int, error) {
			if c.context != "" {
				ctx.RegisterDataVersion(c.context)
			}
			if c.entries != "" {
				ctx.AddMetadata("version", rivers.DataVersion(c.entries))
			}
			return rivers.Output[int]{DataVersion: c.output}.Return(ctx)
		}, rivers.StoredBy(scribe("s", func(ctx *rivers.OutputContext) { ctx.RegisterDataVersion(c.handler) })))
		r := newBench(t, a).run("a", &env{})
		if r.Failure != nil || r.Outputs[0].DataVersion != c.want {
			t.Errorf("%s: %+v", c.why, r)
		}
	}
}

func TestMaterializationStoresNothing(t *testing.T) {
	a := rivers.NewAsset("a", func(*rivers.Context) (rivers.Materialization, error) {
		return rivers.Materialization{Metadata: map[string]any{"rows": 3}, DataVersion: "v7"}, nil
	})
	h := rivers.NewHost(rivers.NewRepository("test", rivers.Assets(a)), rivers.HostConfig{})
	r, err := h.Execute(t.Context(), host.Request{Step: "a"}, &env{})
	if err != nil {
		t.Fatal(err)
	}
	want := host.Result{Outputs: []host.Output{{
		Asset: "a", DataVersion: "v7", Metadata: map[string]json.RawMessage{"rows": []byte(`{"type":"int","value":3}`)},
	}}}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
}

func TestValueWithoutHandler(t *testing.T) {
	h := rivers.NewHost(rivers.NewRepository("test", rivers.Assets(constant("a", 1))), rivers.HostConfig{})
	r, err := h.Execute(t.Context(), host.Request{Step: "a"}, &env{})
	if err != nil || !strings.Contains(failure(t, r).Message, "no default") {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestHandlerFailsTheStep(t *testing.T) {
	bad := rivers.HandlerFor("bad", func(*rivers.OutputContext, int) (rivers.Ref, error) {
		return rivers.Ref{}, rivers.WithKind(errors.New("disk full"), "full")
	}, func(*rivers.InputContext) (int, error) { panic("unreadable") })
	a := constant("a", 1, rivers.StoredBy(bad))
	b := rivers.NewAsset1("b", a, func(_ *rivers.Context, n int) (int, error) { return n, nil })
	at := newBench(t, a, b)
	f := failure(t, at.run("a", &env{}))
	if f.Message != "store the value: disk full" || !cmp.Equal(f.Kinds, []string{"full"}) {
		t.Errorf("%+v", f)
	}
	f = failure(t, at.run("b", &env{values: map[int][]host.Value{0: {{Ref: &rivers.Ref{Handler: "bad"}}}}}))
	if !strings.HasPrefix(f.Message, "panic: unreadable") {
		t.Errorf("%+v", f)
	}
}

func TestMarkPartitionFailed(t *testing.T) {
	var foreign, own error
	a := rivers.NewAsset("a", func(ctx *rivers.Context) (int, error) {
		foreign = ctx.MarkPartitionFailed("y", errSeed)
		own = ctx.MarkPartitionFailed("x", errSeed)
		return 1, nil
	}, rivers.Partitioned(rivers.Static("x", "y")))
	e := &env{}
	r := newBench(t, a).ask(t.Context(), host.Request{Step: "a", Key: "x"}, e)
	if r.Failure != nil || foreign == nil || own != nil || !strings.Contains(e.logs.String(), "changes nothing") {
		t.Errorf("%+v, foreign %v, own %v, log %s", r, foreign, own, e.logs.String())
	}
}

func TestGetReadsWhatWasDeclared(t *testing.T) {
	one, two := constant("one", 1), constant("two", 2)
	sum := rivers.NewAsset1("sum", one, func(ctx *rivers.Context, n int) (int, error) {
		m, err := rivers.Get(ctx, two)
		return n + m, err
	}, rivers.Uses(two))
	sneaky := rivers.NewAsset("sneaky", func(ctx *rivers.Context) (int, error) { return rivers.Get(ctx, two) })
	b := newBench(t, sum, sneaky)
	values := map[int][]host.Value{0: {put(b, "", 1)}, 1: {put(b, "", 2)}}
	if r := b.run("sum", &env{values: values}); r.Failure != nil {
		t.Errorf("%+v", r.Failure)
	}
	if f := failure(t, b.run("sneaky", &env{values: values})); !strings.Contains(f.Message, `reads "two"`) || !strings.Contains(f.Message, "Uses") {
		t.Errorf("%+v", f)
	}
}

func TestSixInputs(t *testing.T) {
	a := [6]*rivers.Asset[int]{}
	for i := range a {
		a[i] = constant(string(rune('a'+i)), i)
	}
	join := func(ns ...int) (int, error) {
		n := 0
		for _, v := range ns {
			n = 10*n + v
		}
		return n, nil
	}
	assets := []rivers.Declared{
		rivers.NewAsset2("x2", a[0], a[1], func(_ *rivers.Context, p, q int) (int, error) { return join(p, q) }),
		rivers.NewAsset3("x3", a[0], a[1], a[2], func(_ *rivers.Context, p, q, r int) (int, error) { return join(p, q, r) }),
		rivers.NewAsset4("x4", a[0], a[1], a[2], a[3], func(_ *rivers.Context, p, q, r, s int) (int, error) { return join(p, q, r, s) }),
		rivers.NewAsset5("x5", a[0], a[1], a[2], a[3], a[4], func(_ *rivers.Context, p, q, r, s, u int) (int, error) { return join(p, q, r, s, u) }),
		rivers.NewAsset6("x6", a[0], a[1], a[2], a[3], a[4], a[5], func(_ *rivers.Context, p, q, r, s, u, v int) (int, error) {
			return join(p, q, r, s, u, v)
		}),
	}
	b := newBench(t, assets...)
	values := map[int][]host.Value{}
	for i := range a {
		values[i] = []host.Value{put(b, "", i+1)}
	}
	for step, want := range map[string]int{"x2": 12, "x3": 123, "x4": 1234, "x5": 12345, "x6": 123456} {
		r := b.run(step, &env{values: values})
		if r.Failure != nil {
			t.Fatal(r.Failure)
		}
		var got int
		if err := b.host.Load(t.Context(), step, host.Value{Ref: r.Outputs[0].Value}, &got); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", step, got, err, want)
		}
		short := map[int][]host.Value{0: values[0]}
		if f := failure(t, b.run(step, &env{values: short})); !strings.Contains(f.Message, `input "b"`) {
			t.Errorf("%s: %q, want the first missing input", step, f.Message)
		}
	}
}

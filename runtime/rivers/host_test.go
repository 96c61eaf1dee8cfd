package rivers_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/host"
	"rivers.io/runtime/iohandler/memory"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/rivers"
)

// env is an Env whose answers a test writes down.
type env struct {
	values         map[int][]host.Value
	missing        map[int][]partition.Key
	outOfRange     map[int]error
	asked          int
	valueErr       error
	missingErr     error
	stdout, stderr bytes.Buffer
	logs           bytes.Buffer
}

func (e *env) Values(_ context.Context, input int) iter.Seq2[host.Value, error] {
	return func(yield func(host.Value, error) bool) {
		e.asked++
		if err := e.outOfRange[input]; err != nil {
			yield(host.Value{}, err)
			return
		}
		for _, v := range e.values[input] {
			if !yield(v, nil) {
				return
			}
		}
		if e.valueErr != nil {
			yield(host.Value{}, e.valueErr)
		}
	}
}

func (e *env) Missing(_ context.Context, input, limit int) ([]partition.Key, uint64, error) {
	keys := e.missing[input]
	return keys[:min(limit, len(keys))], uint64(len(keys)), e.missingErr
}

func (e *env) Logger() *slog.Logger { return slog.New(slog.NewTextHandler(&e.logs, nil)) }

func (e *env) Stdout() io.Writer { return &e.stdout }

func (e *env) Stderr() io.Writer { return &e.stderr }

// bench is a host of some assets with values in memory.
type bench struct {
	t       *testing.T
	host    *rivers.Host
	handler *memory.Handler
}

func newBench(t *testing.T, assets ...rivers.Declared) bench {
	t.Helper()
	handler := &memory.Handler{}
	repo := rivers.NewRepository("test", rivers.WithUpstreams(assets...))
	h := rivers.NewHost(repo, rivers.HostConfig{Handler: handler})
	if err := h.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return bench{t, h, handler}
}

// put stores a value and returns what an Env would yield for it.
func put[T any](b bench, key partition.Key, v T) host.Value {
	b.t.Helper()
	ref, err := b.handler.HandleOutput(&rivers.OutputContext{
		Context: b.t.Context(), ValueID: fmt.Sprint(reflect.TypeFor[T](), key, v), Type: reflect.TypeFor[T](),
	}, v)
	if err != nil {
		b.t.Fatal(err)
	}
	ref.Handler = b.handler.Name()
	return host.Value{Key: key, Ref: &ref}
}

func (b bench) run(step string, e *env) host.Result {
	b.t.Helper()
	return b.ask(b.t.Context(), host.Request{Run: "run", Step: step, Attempt: 1}, e)
}

func (b bench) ask(ctx context.Context, req host.Request, e *env) host.Result {
	b.t.Helper()
	result, err := b.host.Execute(ctx, req, e)
	if err != nil {
		b.t.Fatal(err)
	}
	if (result.Failure == nil) == (len(result.Outputs) == 0) {
		b.t.Fatalf("a result is outputs or a failure: %+v", result)
	}
	return result
}

func failure(t *testing.T, r host.Result) *host.Failure {
	t.Helper()
	if r.Failure == nil {
		t.Fatal("the step succeeded")
	}
	return r.Failure
}

func constant[T any](name string, v T, opts ...rivers.Option) *rivers.Asset[T] {
	return rivers.NewAsset(name, func(*rivers.Context) (T, error) { return v, nil }, opts...)
}

func failing(name string, err error) *rivers.Asset[int] {
	return rivers.NewAsset(name, func(*rivers.Context) (int, error) { return 0, err })
}

var errSeed = errors.New("seed")

func TestFailures(t *testing.T) {
	wrapped := fmt.Errorf("dial: %w", &net.OpError{Op: "dial", Err: errSeed})
	for _, c := range []struct {
		why  string
		err  error
		want host.Failure
	}{
		{"plain text has no kind", errSeed, host.Failure{Message: "seed", Reason: "error"}},
		{
			"Go types of the chain are kinds", wrapped,
			host.Failure{Message: "dial: dial: seed", Reason: "error", Kinds: []string{"net.OpError"}},
		},
		{
			"given kinds come first, outermost first",
			rivers.WithKind(fmt.Errorf("x: %w", rivers.WithKind(wrapped, "inner")), "outer"),
			host.Failure{Message: "x: dial: dial: seed", Reason: "error", Kinds: []string{"outer", "inner", "net.OpError"}},
		},
		{
			"joined errors count all", errors.Join(rivers.WithKind(errSeed, "a"), rivers.WithKind(errSeed, "b"), rivers.WithKind(errSeed, "a")),
			host.Failure{Message: "seed\nseed\nseed", Reason: "error", Kinds: []string{"a", "b"}},
		},
		{"giving up is final", fmt.Errorf("x: %w", rivers.GiveUp(errSeed)), host.Failure{Message: "x: seed", Reason: "error", Final: true}},
		{
			"a wait is asked for", rivers.RetryAfter(time.Minute, errSeed),
			host.Failure{Message: "seed", Reason: "error", RetryAfter: time.Minute},
		},
		{"a negative wait is none", rivers.RetryAfter(-time.Minute, errSeed), host.Failure{Message: "seed", Reason: "error"}},
		{"text is kept valid", errors.New("a\xffb"), host.Failure{Message: "a\ufffdb", Reason: "error"}},
	} {
		got := failure(t, newBench(t, failing("bad", c.err)).run("bad", &env{}))
		if diff := cmp.Diff(&c.want, got); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
	for why, err := range map[string]error{"kind": rivers.WithKind(nil, "x"), "stop": rivers.GiveUp(nil), "wait": rivers.RetryAfter(1, nil)} {
		if err != nil {
			t.Errorf("%s: no error must stay none", why)
		}
	}
	long := failure(t, newBench(t, failing("bad", errors.New(strings.Repeat("ä", 1<<20)))).run("bad", &env{}))
	if len(long.Message) > 70<<10 || !strings.HasSuffix(long.Message, "(shortened)") {
		t.Errorf("a message of %d bytes was kept", len(long.Message))
	}
}

func TestPanicFailsTheStepAlone(t *testing.T) {
	for _, c := range []struct {
		why   string
		call  func()
		text  string
		kinds []string
	}{
		{"text", func() { panic("boom") }, "panic: boom", []string{"panic"}},
		{"an error", func() { panic(rivers.WithKind(errSeed, "odd")) }, "panic: seed", []string{"panic", "odd"}},
		{"the runtime's", func() { _ = make([]int, 1)[len("xy")] }, "index out of range", []string{"panic", "runtime.boundsError"}},
		{"Goexit", runtime.Goexit, "Goexit", nil},
	} {
		a := rivers.NewAsset("bad", func(*rivers.Context) (int, error) { c.call(); return 0, nil })
		e := &env{}
		f := failure(t, newBench(t, a).run("bad", e))
		if !strings.Contains(f.Message, c.text) || f.Reason != "error" {
			t.Errorf("%s: %+v", c.why, f)
		}
		if c.kinds != nil && f.Kinds[0] != c.kinds[0] || len(f.Kinds) < len(c.kinds) {
			t.Errorf("%s: kinds %v, want %v", c.why, f.Kinds, c.kinds)
		}
		if len(c.kinds) > 0 && (!strings.Contains(f.Message, "host_test.go:") || !strings.Contains(e.stderr.String(), "host_test.go:")) {
			t.Errorf("%s: the stack is missing in message or stderr", c.why)
		}
	}
}

func TestPartitionOfAStepWithoutOne(t *testing.T) {
	plain := rivers.NewAsset("plain", func(ctx *rivers.Context) (rivers.Key, error) { return ctx.Partition().Key(), nil })
	f := failure(t, newBench(t, plain).run("plain", &env{}))
	if f.Message != `asset "plain" has no partitions, but its function asks for one` || !cmp.Equal(f.Kinds, []string{"misuse"}) {
		t.Errorf("%+v", f)
	}
	static := rivers.NewAsset("static", func(ctx *rivers.Context) (time.Time, error) { return ctx.Partition().Window().Start, nil },
		rivers.Partitioned(rivers.Static("a", "b")))
	f = failure(t, newBench(t, static).ask(t.Context(), host.Request{Step: "static", Key: "a"}, &env{}))
	if !strings.Contains(f.Message, "no time window") {
		t.Errorf("%+v", f)
	}
}

func TestExecuteRefusesWhatItCannotRun(t *testing.T) {
	b := newBench(t, constant("one", 1))
	for why, req := range map[string]host.Request{
		"unknown step":       {Step: "two"},
		"config without one": {Step: "one", Config: []byte(`{"x":1}`)},
		"config of no kind":  {Step: "one", Config: []byte(`[]`)},
	} {
		if _, err := b.host.Execute(t.Context(), req, &env{}); err == nil {
			t.Errorf("%s: no error", why)
		}
	}
}

func TestMissingAndUnloadableInputs(t *testing.T) {
	up := constant("up", 1)
	down := rivers.NewAsset1("down", up, func(_ *rivers.Context, n int) (int, error) { return n, nil })
	maybe := rivers.NewAsset1("maybe", rivers.Optional(up), func(_ *rivers.Context, n *int) (bool, error) { return n != nil, nil })
	b := newBench(t, down, maybe)
	lost := host.Value{Ref: &rivers.Ref{Handler: "memory", Path: "lost"}}
	for _, c := range []struct {
		why, step, text string
		kind            string
		env             env
	}{
		{
			"nothing is stored", "down", `input "up", partition "k": no stored value`, "not_found",
			env{missing: map[int][]partition.Key{0: {"k"}}},
		},
		{"materialized without a value", "down", "has no stored value", "no_value", env{values: map[int][]host.Value{0: {{}}}}},
		{"the object is gone", "down", "RIVERS_VALUES_URL", "not_found", env{values: map[int][]host.Value{0: {lost}}}},
		{"an outage is no absence", "maybe", "RIVERS_VALUES_URL", "not_found", env{values: map[int][]host.Value{0: {lost}}}},
		{"the engine cannot say", "down", "seed", "", env{valueErr: errSeed}},
		{"the engine cannot say what is missing", "down", "seed", "", env{missingErr: errSeed}},
		{
			"a handler that this build lacks", "down", `"ftp"`, "",
			env{values: map[int][]host.Value{0: {{Ref: &rivers.Ref{Handler: "ftp"}}}}},
		},
	} {
		f := failure(t, b.run(c.step, &c.env))
		if !strings.Contains(f.Message, c.text) || !strings.Contains(f.Message, `"up"`) {
			t.Errorf("%s: %q, want %q in it", c.why, f.Message, c.text)
		}
		if c.kind != "" && !cmp.Equal(f.Kinds[:1], []string{c.kind}) {
			t.Errorf("%s: kinds %v, want %s", c.why, f.Kinds, c.kind)
		}
	}
	if r := b.run("maybe", &env{}); r.Failure != nil {
		t.Errorf("an absent optional input failed: %+v", r.Failure)
	}
}

func TestLoadErrorFailsTheStepWhateverTheFunctionReturns(t *testing.T) {
	up := constant("up", 1, rivers.Partitioned(rivers.Static("a", "b", "c")))
	var seen []rivers.Key
	var ctxErr error
	all := rivers.NewAsset1("all", up.All(), func(ctx *rivers.Context, values iter.Seq2[rivers.Key, int]) (int, error) {
		seen = nil
		for key := range values {
			seen = append(seen, key)
		}
		ctxErr = ctx.Err()
		return len(seen), nil
	})
	b := newBench(t, all)
	lost := host.Value{Key: "b", Ref: &rivers.Ref{Handler: "memory", Path: "lost"}}
	f := failure(t, b.run("all", &env{values: map[int][]host.Value{0: {put(b, "a", 1), lost, put(b, "c", 3)}}}))
	if !strings.Contains(f.Message, `input "up", partition "b"`) || f.Reason != "error" {
		t.Errorf("%+v", f)
	}
	if !cmp.Equal(seen, []rivers.Key{"a"}) || !errors.Is(ctxErr, context.Canceled) {
		t.Errorf("saw %v, context %v; want the loop and the context to end", seen, ctxErr)
	}
	if r := b.run("all", &env{values: map[int][]host.Value{0: {put(b, "a", 1), put(b, "c", 3)}}}); r.Failure != nil || !cmp.Equal(seen, []rivers.Key{"a", "c"}) {
		t.Errorf("%+v, saw %v", r.Failure, seen)
	}
}

// A loop over All that the end of the step cut short saw only some of the
// values: what the function made of them must not be published.
func TestCutShortLoopFailsTheStepWhenTheContextEndedBefore(t *testing.T) {
	up := constant("up", 1, rivers.Partitioned(rivers.Static("a", "b", "c")))
	handed := errors.New("handed over")
	for _, c := range []struct {
		why    string
		end    func(t *testing.T) (context.Context, func())
		reason string
	}{
		{"canceled", func(t *testing.T) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(t.Context())
			return ctx, func() { cancel(handed) }
		}, "canceled"},
		{"timed out", func(t *testing.T) (context.Context, func()) {
			ctx, cancel := context.WithCancelCause(t.Context())
			return deadline{ctx}, func() { cancel(handed) }
		}, "timeout"},
	} {
		t.Run(c.why, func(t *testing.T) {
			ctx, end := c.end(t)
			stored := rivers.NewAsset1("stored", up.All(), func(_ *rivers.Context, values iter.Seq2[rivers.Key, int]) (int, error) {
				n := 0
				for range values {
					n++
					end()
				}
				return n, nil
			})
			recorded := rivers.NewAsset1("recorded", up.All(), func(_ *rivers.Context, values iter.Seq2[rivers.Key, int]) (rivers.Materialization, error) {
				for range values {
					end()
				}
				return rivers.Materialization{}, nil
			})
			b := newBench(t, stored, recorded)
			values := map[int][]host.Value{0: {put(b, "a", 1), put(b, "b", 2), put(b, "c", 3)}}
			for _, step := range []string{"stored", "recorded"} {
				f := failure(t, b.ask(ctx, host.Request{Run: "run", Step: step, Attempt: 1}, &env{values: values}))
				if f.Reason != c.reason {
					t.Errorf("%s: %+v, want reason %s", step, f, c.reason)
				}
			}
		})
	}
}

// deadline is a context that ends by a deadline.
type deadline struct{ context.Context }

func (d deadline) Err() error {
	if d.Context.Err() != nil {
		return context.DeadlineExceeded
	}
	return nil
}

func TestOptionalAllAsksForNothingUntilItIsLooped(t *testing.T) {
	up := constant("up", 1, rivers.Partitioned(rivers.Static("a", "b", "c")))
	loop := false
	maybe := rivers.NewAsset1("maybe", rivers.Optional(up.All()), func(_ *rivers.Context, values *iter.Seq2[rivers.Key, int]) (int, error) {
		if values == nil {
			return -1, nil
		}
		n := 0
		if loop {
			for range *values {
				n++
			}
		}
		return n, nil
	})
	b := newBench(t, maybe)
	for _, c := range []struct {
		why     string
		loop    bool
		missing []partition.Key
		asked   int
	}{
		{"never looped over", false, []partition.Key{"c"}, 0},
		{"looped over", true, []partition.Key{"c"}, 1},
		{"nothing is stored", true, []partition.Key{"a", "b", "c"}, 0},
	} {
		loop = c.loop
		e := &env{missing: map[int][]partition.Key{0: c.missing}, values: map[int][]host.Value{0: {put(b, "a", 1), put(b, "b", 2)}}}
		if r := b.run("maybe", e); r.Failure != nil {
			t.Errorf("%s: %+v", c.why, r.Failure)
		}
		if e.asked != c.asked {
			t.Errorf("%s: asked for values %d times, want %d", c.why, e.asked, c.asked)
		}
	}
	f := failure(t, b.run("maybe", &env{missingErr: errSeed}))
	if !strings.Contains(f.Message, `input "up": seed`) {
		t.Errorf("%+v", f)
	}
}

// loads counts what it loads.
type loads struct {
	memory.Handler
	n int
}

func (l *loads) LoadInput(ctx *rivers.InputContext, target any) error {
	l.n++
	return l.Handler.LoadInput(ctx, target)
}

func TestD174NothingIsLoadedForAStepOutOfRange(t *testing.T) {
	counted := &loads{}
	first := constant("first", 1, rivers.StoredBy(counted))
	second := constant("second", 2)
	down := rivers.NewAsset2("down", first, second, func(*rivers.Context, int, int) (int, error) { return 0, nil })
	b := newBench(t, down)
	ref, err := counted.HandleOutput(&rivers.OutputContext{Context: t.Context(), ValueID: "x", Type: reflect.TypeFor[int]()}, 1)
	if err != nil {
		t.Fatal(err)
	}
	ref.Handler = counted.Name()
	e := &env{values: map[int][]host.Value{0: {{Ref: &ref}}}, outOfRange: map[int]error{1: errSeed}}
	f := failure(t, b.run("down", e))
	if f.Message != `input "second": seed` || counted.n != 0 {
		t.Errorf("%q after %d loads, want the range alone", f.Message, counted.n)
	}
}

func TestCompleteNamesTheFirstMissingKeys(t *testing.T) {
	up := constant("up", 1, rivers.Partitioned(rivers.Static("a", "b", "c", "d", "e", "f", "g")))
	called := false
	all := rivers.NewAsset1("all", rivers.Complete(up.All()), func(*rivers.Context, iter.Seq2[rivers.Key, int]) (int, error) {
		called = true
		return 0, nil
	})
	b := newBench(t, all)
	f := failure(t, b.run("all", &env{missing: map[int][]partition.Key{0: {"b", "c", "d", "e", "f", "g"}}}))
	want := `input "up" is not complete: 6 keys have no value: b, c, d, e, f, …: no stored value`
	if f.Message != want || called {
		t.Errorf("%q, called %v; want %q before the function is called", f.Message, called, want)
	}
}

func TestCancelAndTimeoutAreTold(t *testing.T) {
	waits := rivers.NewAsset("waits", func(ctx *rivers.Context) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	})
	b := newBench(t, waits)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if f := failure(t, b.ask(ctx, host.Request{Step: "waits"}, &env{})); f.Reason != "canceled" {
		t.Errorf("canceled: %+v", f)
	}
	ctx, cancel = context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if f := failure(t, b.ask(ctx, host.Request{Step: "waits"}, &env{})); f.Reason != "timeout" {
		t.Errorf("deadline: %+v", f)
	}
}

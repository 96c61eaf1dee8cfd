package rivers_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/host"
	"rivers.io/runtime/rivers"
)

// diary notes what resources do.
type diary struct{ lines []string }

func (d *diary) note(format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) resource(name string, needs ...*rivers.Resource[string]) *rivers.Resource[string] {
	return rivers.NewResource(name, func(ctx context.Context) (string, func() error, error) {
		value := name
		for _, need := range needs {
			value += "+" + need.Get(ctx)
		}
		d.note("up %s", value)
		return value, func() error { d.note("down %s", name); return nil }, nil
	})
}

func user(name string, resources ...*rivers.Resource[string]) *rivers.Asset[string] {
	uses := make([]rivers.Usable, len(resources))
	for i, r := range resources {
		uses[i] = r
	}
	return rivers.NewAsset(name, func(ctx *rivers.Context) (string, error) {
		var got []string
		for _, r := range resources {
			got = append(got, r.Get(ctx))
		}
		return strings.Join(got, " "), nil
	}, rivers.Uses(uses...))
}

func TestResourcesLiveOncePerProcess(t *testing.T) {
	var d diary
	cache := d.resource("cache")
	db := d.resource("db", cache) // set up by its first Get, before db is
	api := d.resource("api")
	a, b := user("a", db, api), user("b", api, cache)
	h := rivers.NewHost(rivers.NewRepository("test", rivers.Assets(a, b)), rivers.HostConfig{Handler: newBench(t).handler})
	for range 2 { // the second call changes nothing
		if err := h.Setup(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for step, want := range map[string]string{"a": "db+cache api", "b": "api cache"} {
		r, err := h.Execute(t.Context(), host.Request{Step: step}, &env{})
		if err != nil || r.Failure != nil {
			t.Fatal(err, r.Failure)
		}
		var got string
		if err := h.Load(t.Context(), step, host.Value{Ref: r.Outputs[0].Value}, &got); err != nil || got != want {
			t.Errorf("%s got %q, %v; want %q", step, got, err, want)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	want := []string{"up cache", "up db+cache", "up api", "down api", "down db", "down cache"}
	if diff := cmp.Diff(want, d.lines); diff != "" {
		t.Error(diff)
	}
	if r, err := h.Execute(t.Context(), host.Request{Step: "a"}, &env{}); err != nil || !strings.Contains(failure(t, r).Message, "not set up") {
		t.Errorf("after Close: %v %+v", err, r)
	}
}

func TestSetupFailureUndoesWhatWasDone(t *testing.T) {
	for why, c := range map[string]struct {
		setup func(ctx context.Context) (string, func() error, error)
		want  string
	}{
		"an error": {func(context.Context) (string, func() error, error) { return "", nil, errSeed }, `resource "bad": seed`},
		"a panic":  {func(context.Context) (string, func() error, error) { panic("boom") }, `resource "bad": panic: boom`},
	} {
		var d diary
		bad := rivers.NewResource("bad", c.setup)
		a := user("a", d.resource("one"), d.resource("two"), bad, d.resource("never"))
		err := rivers.NewHost(rivers.NewRepository("test", rivers.Assets(a)), rivers.HostConfig{}).Setup(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", why, err, c.want)
		}
		if diff := cmp.Diff([]string{"up one", "up two", "down two", "down one"}, d.lines); diff != "" {
			t.Errorf("%s: %s", why, diff)
		}
	}
}

func TestResourcesThatNeedEachOther(t *testing.T) {
	var left, right *rivers.Resource[string]
	left = rivers.NewResource("left", func(ctx context.Context) (string, func() error, error) { return right.Get(ctx), nil, nil })
	right = rivers.NewResource("right", func(ctx context.Context) (string, func() error, error) { return left.Get(ctx), nil, nil })
	err := rivers.NewHost(rivers.NewRepository("test", rivers.Assets(user("a", left))), rivers.HostConfig{}).Setup(t.Context())
	if err == nil || !strings.Contains(err.Error(), "left → right → left") {
		t.Errorf("%v, want the cycle", err)
	}
}

func TestTeardownErrorsAreOnlyLogged(t *testing.T) {
	var d diary
	odd := rivers.NewResource("odd", func(context.Context) (string, func() error, error) {
		return "", func() error { panic(errors.New("stuck")) }, nil
	})
	var log strings.Builder
	h := rivers.NewHost(rivers.NewRepository("test", rivers.Assets(user("a", d.resource("first"), odd))),
		rivers.HostConfig{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err := h.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if !strings.Contains(log.String(), "resource=odd") || !cmp.Equal(d.lines, []string{"up first", "down first"}) {
		t.Errorf("log %q, diary %v", log.String(), d.lines)
	}
}

func TestReplacedResourceIsNotSetUp(t *testing.T) {
	var d diary
	db := d.resource("db")
	h := rivers.NewHost(rivers.NewRepository("test", rivers.Assets(user("a", db))),
		rivers.HostConfig{Handler: newBench(t).handler, Resources: []rivers.Replacement{db.Instead("fake")}})
	if err := h.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := h.Execute(t.Context(), host.Request{Step: "a"}, &env{})
	var got string
	if err != nil || r.Failure != nil || h.Load(t.Context(), "a", host.Value{Ref: r.Outputs[0].Value}, &got) != nil || got != "fake" || d.lines != nil {
		t.Errorf("%q, %v, %+v, %v", got, err, r.Failure, d.lines)
	}
}

func TestResourceOutsideOfItsPlace(t *testing.T) {
	var d diary
	db := d.resource("db")
	a := rivers.NewAsset("a", func(ctx *rivers.Context) (string, error) { return db.Get(ctx), nil })
	if f := failure(t, newBench(t, a).run("a", &env{})); !strings.Contains(f.Message, `reads resource "db", which it does not declare`) {
		t.Errorf("%+v", f)
	}
	lost := rivers.NewAsset("lost", func(*rivers.Context) (string, error) { return db.Get(t.Context()), nil }, rivers.Uses(db))
	if f := failure(t, newBench(t, lost).run("lost", &env{})); !strings.Contains(f.Message, "needs the context") {
		t.Errorf("%+v", f)
	}
}

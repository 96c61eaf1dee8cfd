package rivers_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/asset"
	"rivers.io/runtime/host"
	"rivers.io/runtime/rivers"
)

type settings struct {
	Limit  int           `json:"limit" doc:"most rows" env:"LIMIT"`
	Wait   time.Duration `json:"wait" env:"WAIT"`
	Token  string        `json:"token" env:"TOKEN" secret:"true"`
	Places []string      `json:"places" env:"PLACES"`
	Nested struct{ A, B int }
	Hidden int `json:"-"`
	note   string
}

func (s *settings) Validate() error {
	if s.Limit > 100 {
		return errors.New("limit is at most 100")
	}
	return nil
}

var defaults = settings{Limit: 5, Wait: time.Second, Token: "hunter2", Hidden: 1, note: "kept"}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		why, overrides string
		env            map[string]string
		want           func(s *settings)
		err            string
	}{
		{why: "defaults", want: func(*settings) {}},
		{
			why: "the environment is over the defaults",
			env: map[string]string{"LIMIT": "7", "WAIT": "2m", "TOKEN": "007", "PLACES": `["a"]`},
			want: func(s *settings) {
				s.Limit, s.Wait, s.Token, s.Places = 7, 2*time.Minute, "007", []string{"a"}
			},
		},
		{
			why: "the launch is over the environment", env: map[string]string{"LIMIT": "7"},
			overrides: `{"limit": 8, "wait": "3h", "Nested": {"B": 2}}`,
			want:      func(s *settings) { s.Limit, s.Wait, s.Nested.B = 8, 3*time.Hour, 2 },
		},
		{why: "a duration as number", overrides: `{"wait": 5}`, want: func(s *settings) { s.Wait = 5 }},
		{why: "null is none", overrides: `null`, want: func(*settings) {}},
		{why: "an unknown field", overrides: `{"limits": 1, "x": 2}`, err: `unknown config field "limits"; known are limit, wait, token, places, Nested`},
		{why: "every mistake", overrides: `{"limit": "x", "x": 2}`, err: `unknown config field "x"`},
		{why: "an unknown nested field", overrides: `{"Nested": {"C": 1}}`, err: `config field "Nested": unknown field "C"`},
		{why: "another type inside", overrides: `{"Nested": {"B": "x"}}`, err: `config field "Nested.B" takes int, not string`},
		{why: "a hidden field", overrides: `{"Hidden": 2}`, err: `unknown config field "Hidden"`},
		{why: "another type", overrides: `{"limit": "many"}`, err: `config field "limit" takes int, not "many"`},
		{why: "a fraction", overrides: `{"limit": 1.5}`, err: `config field "limit" takes int, not 1.5`},
		{why: "bad duration", overrides: `{"wait": "soon"}`, err: `config field "wait" takes a duration such as "1m30s", not "soon"`},
		{why: "a list for text", overrides: `{"token": ["hunter2"]}`, err: `config field "token" takes string`},
		{why: "no object", overrides: `[1]`, err: "not a JSON object"},
		{why: "bad environment", env: map[string]string{"LIMIT": "secret"}, err: "environment variable LIMIT: not a int"},
		{why: "the struct's own check", overrides: `{"limit": 101}`, err: "at most 100"},
	} {
		config := rivers.NewConfig(defaults)
		var got settings
		a := rivers.NewAsset("a", func(ctx *rivers.Context) (rivers.Materialization, error) {
			inner, cancel := context.WithCancel(ctx) // a derived context will do
			defer cancel()
			got = config.Get(inner)
			return rivers.Materialization{}, nil
		}, rivers.Uses(config))
		h := rivers.NewHost(rivers.NewRepository("test", rivers.Assets(a)), rivers.HostConfig{
			Getenv: func(name string) (string, bool) { v, ok := c.env[name]; return v, ok },
		})
		r, err := h.Execute(t.Context(), host.Request{Step: "a", Config: json.RawMessage(c.overrides)}, &env{})
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), `asset "a"`) {
				t.Errorf("%s: %v, want %q in it", c.why, err, c.err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: the error tells a secret: %v", c.why, err)
			}
			continue
		}
		if err != nil || r.Failure != nil {
			t.Errorf("%s: %v, %+v", c.why, err, r.Failure)
			continue
		}
		want := defaults
		c.want(&want)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(settings{})); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
}

func TestConfigIsDescribed(t *testing.T) {
	a := constant("a", 1, rivers.Uses(rivers.NewConfig(defaults)))
	repo := rivers.NewRepository("test", rivers.Assets(a))
	want := []asset.ConfigField{
		{Name: "limit", Type: "int", Default: json.RawMessage(`5`), Env: "LIMIT", Description: "most rows"},
		{Name: "wait", Type: "time.Duration", Default: json.RawMessage(`"1s"`), Env: "WAIT"},
		{Name: "token", Type: "string", Env: "TOKEN", Secret: true},
		{Name: "places", Type: "[]string", Default: json.RawMessage(`null`), Env: "PLACES"},
		{Name: "Nested", Type: "struct { A int; B int }", Default: json.RawMessage(`{"A":0,"B":0}`)},
	}
	if diff := cmp.Diff(want, repo.Definitions()[0].Config); diff != "" {
		t.Error(diff)
	}
	h := rivers.NewHost(repo, rivers.HostConfig{})
	for overrides, ok := range map[string]bool{`{"limit": 1}`: true, `{"limit": 500}`: false, `{"x": 1}`: false} {
		if err := h.CheckConfig("a", []byte(overrides)); (err == nil) != ok {
			t.Errorf("%s: %v", overrides, err)
		}
	}
	if err := h.CheckConfig("b", nil); err == nil || !strings.Contains(err.Error(), `"b"`) {
		t.Errorf("unknown asset: %v", err)
	}
}

func TestOverridesGoBackIn(t *testing.T) {
	config := rivers.NewConfig(defaults)
	changed := settings{Limit: 9, Wait: time.Minute, Token: "t", Places: []string{"x"}}
	raw, err := config.Overrides(changed)
	if err != nil {
		t.Fatal(err)
	}
	a := constant("a", 1, rivers.Uses(config))
	if err := newBench(t, a).host.CheckConfig("a", raw); err != nil {
		t.Error(err)
	}
}

func TestConfigThatWasNotDeclared(t *testing.T) {
	config := rivers.NewConfig(defaults)
	a := rivers.NewAsset("a", func(ctx *rivers.Context) (int, error) { return config.Get(ctx).Limit, nil })
	if f := failure(t, newBench(t, a).run("a", &env{})); !strings.Contains(f.Message, "does not declare") {
		t.Errorf("%+v", f)
	}
}

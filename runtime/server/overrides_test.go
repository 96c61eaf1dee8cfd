package server_test

import (
	"net/http"
	"strings"
	"testing"

	riversv1 "rivers.io/proto/rivers/v1"
)

// exact is an integer that no double holds.
const exact = `{"airports":{"limit":9007199254740993}}`

// storedConfig is the config that a run was recorded with.
func (r *rig) storedConfig(run string) string {
	r.t.Helper()
	got, err := r.state.Run(r.t.Context(), run)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(got.Created.Config)
}

func TestConfigKeepsEveryDigit(t *testing.T) {
	r := newRig(t)
	got, err := r.runs.Materialize(r.ctx(), &riversv1.MaterializeRequest{Selection: "airports", Config: exact})
	if err != nil {
		t.Fatal(err)
	}
	if stored := r.storedConfig(got.Run.Id); stored != exact {
		t.Errorf("gRPC: stored %s", stored)
	}
	for name, body := range map[string]string{
		"an object":         `{"selection":"airports","config": ` + exact + ` }`,
		"its text":          `{"config":"{\"airports\":{\"limit\":9007199254740993}}","selection":"airports"}`,
		"spread over lines": "{\"config\":\n{\"airports\":\n {\"limit\": 9007199254740993}\n},\n\"selection\":\"airports\"}",
	} {
		answer := r.call(http.MethodPost, base+"/runs:materialize", body, nil)
		if answer.code != http.StatusOK {
			t.Errorf("%s: %d %s", name, answer.code, answer.body)
			continue
		}
		id := answer.json(t)["run"].(map[string]any)["id"].(string)
		if stored := r.storedConfig(id); stored != exact {
			t.Errorf("%s: stored %s", name, stored)
		}
		if shown := r.call(http.MethodGet, base+"/runs/"+id, "", nil).body; !strings.Contains(shown, `"9007199254740993"`) {
			t.Errorf("%s: shown %s", name, shown)
		}
	}
}

func TestConfigThatCannotBeRead(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct{ name, body, reason, text string }{
		{"a list", `{"selection":"airports","config":[1]}`, "INVALID_CONFIG", "config is no JSON object"},
		{"a number", `{"selection":"airports","config":9007199254740993}`, "INVALID_CONFIG", "config is no JSON object"},
		{"a field twice", `{"selection":"airports","config":{"airports":{"limit":1,"limit":2}}}`, "INVALID_CONFIG", "duplicate"},
		{"config twice", `{"selection":"airports","config":{},"config":{}}`, "INVALID_JSON", "config"},
		{"an asset that is null", `{"selection":"airports","config":{"airports":null}}`, "INVALID_CONFIG", "not an object of fields"},
		{"half an object", `{"selection":"airports","config":{"airports":`, "INVALID_JSON", ""},
		{"another asset", `{"selection":"airports","config":{"flights":{}}}`, "ASSET_NOT_SELECTED", "flights"},
	} {
		answer := r.call(http.MethodPost, base+"/runs:materialize", tt.body, nil)
		if got := answer.reason(t); got != tt.reason || !strings.Contains(answer.body, tt.text) {
			t.Errorf("%s: %d %s", tt.name, answer.code, answer.body)
		}
	}
}

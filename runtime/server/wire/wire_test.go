package wire_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	riversv1 "rivers.io/proto/rivers/v1"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/server/wire"
	"rivers.io/runtime/store"
)

// eventTypes lists the constants Type… of package event from its source, so that
// a new type cannot forget its message.
func eventTypes(t *testing.T) []event.Type {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../event/payload.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var out []event.Type
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(spec.Names[0].Name, "Type") && len(spec.Values) == 1 {
			if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
				out = append(out, event.Type(strings.Trim(lit.Value, `"`)))
			}
		}
		return true
	})
	if len(out) < 15 {
		t.Fatalf("found only %v", out)
	}
	return out
}

func TestEveryEventHasItsMessage(t *testing.T) {
	for _, typ := range eventTypes(t) {
		t.Run(string(typ), func(t *testing.T) {
			payload, err := event.Decode(typ, []byte(`{}`))
			if err != nil {
				t.Fatal(err)
			}
			if _, unknown := payload.(*event.Unknown); unknown {
				t.Fatalf("package event does not know its own type %s", typ)
			}
			got := wire.Event(event.Event{Payload: payload})
			set := got.ProtoReflect().WhichOneof(got.ProtoReflect().Descriptor().Oneofs().ByName("payload"))
			if set == nil || string(set.Message().Name()) != string(typ) {
				t.Errorf("payload field = %v, want a message %s", set, typ)
			}
		})
	}
}

func TestUnknownEventKeepsItsPayload(t *testing.T) {
	payload, err := event.Decode("FromTheFuture", []byte(`{"a":[1,"x",null,true]}`))
	if err != nil {
		t.Fatal(err)
	}
	got := wire.Event(event.Event{Payload: payload})
	raw, err := protojson.Marshal(got.GetUnknown())
	if err != nil || got.Type != "FromTheFuture" || strings.ReplaceAll(string(raw), " ", "") != `{"a":[1,"x",null,true]}` {
		t.Errorf("%v %s %v", got, raw, err)
	}
}

func TestTokenStaysBehind(t *testing.T) {
	got := wire.Event(event.Event{Payload: &event.StepLaunched{Token: "hush", Worker: event.InProcess}})
	if raw, err := protojson.Marshal(got); err != nil || strings.Contains(string(raw), "hush") {
		t.Errorf("%s %v", raw, err)
	}
}

func TestJSON(t *testing.T) {
	for in, want := range map[string]string{
		`7`: `7`, `1.5`: `1.5`, `-9007199254740991`: `-9007199254740991`,
		`9007199254740993`:     `"9007199254740993"`,
		`18446744073709551615`: `"18446744073709551615"`,
		`1e400`:                `"1e400"`,
		`1e3`:                  `1000`,
		`{"a":{"b":[]}}`:       `{"a":{"b":[]}}`,
		`not json`:             `"not json"`,
		`{} {}`:                `"{} {}"`,
		"\"\xff\"":             "\"\uFFFD\"",
		``:                     `""`,
	} {
		raw, err := protojson.Marshal(wire.JSON([]byte(in)))
		if err != nil || strings.ReplaceAll(string(raw), " ", "") != strings.ReplaceAll(want, " ", "") {
			t.Errorf("JSON(%q) = %s, %v; want %s", in, raw, err, want)
		}
	}
	if wire.Object(nil) != nil {
		t.Error("Object(nil) is something")
	}
	if got := wire.Object([]byte(`[1]`)).Fields["value"].GetListValue(); len(got.GetValues()) != 1 {
		t.Errorf("what is no object = %v", got)
	}
}

// TestStatuses holds the enum of the API against the states of the store.
func TestStatuses(t *testing.T) {
	values := riversv1.RunStatus_RUN_STATUS_UNSPECIFIED.Descriptor().Values()
	if values.Len() != len(wire.Statuses)+1 {
		t.Errorf("the API has %d states, the store %d", values.Len()-1, len(wire.Statuses))
	}
	for i, s := range wire.Statuses {
		if got := wire.Status(s); got.Number() != protoreflect.EnumNumber(i+1) {
			t.Errorf("%s = %v", s, got)
		}
	}
	if got := wire.Status("DREAMING"); got != riversv1.RunStatus_RUN_STATUS_UNSPECIFIED {
		t.Errorf("an unknown state = %v", got)
	}
}

func TestRunBriefIsBounded(t *testing.T) {
	run := store.Run{Created: event.RunCreated{Config: json.RawMessage(`{"a":{}}`)}}
	for range 1000 {
		run.Created.Assets = append(run.Created.Assets, "x")
	}
	brief, whole := wire.RunBrief(run), wire.Run(run)
	if len(brief.Assets) != wire.ListedAssets || brief.AssetCount != 1000 || brief.Config != nil {
		t.Errorf("brief has %d of %d assets, config %v", len(brief.Assets), brief.AssetCount, brief.Config)
	}
	if len(whole.Assets) != 1000 || whole.Config == nil {
		t.Errorf("whole has %d assets, config %v", len(whole.Assets), whole.Config)
	}
}

func TestRetryPolicyRoundTrip(t *testing.T) {
	want := &asset.RetryPolicy{MaxRetries: 3, On: []string{"transient"}, Backoff: asset.Backoff{
		Kind: asset.Exponential, Base: time.Second, Step: time.Millisecond, Factor: 2, Max: time.Minute, Jitter: 0.5,
		List: []time.Duration{0, time.Hour},
	}}
	g, err := asset.Resolve([]asset.Definition{{Name: "a", Retry: &asset.RetryPolicy{MaxRetries: 3}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := wire.Asset(g, 0, store.AssetState{}, false, time.Time{}).Retry; got.MaxRetries != 3 {
		t.Errorf("retry = %v", got)
	}
	msg := &riversv1.RetryPolicy{}
	if err := protojson.Unmarshal([]byte(`{"maxRetries":3,"on":["transient"],"backoff":{"kind":"exponential","base":"1s","step":"0.001s","factor":2,"max":"60s","jitter":0.5,"list":["0s","3600s"]}}`), msg); err != nil {
		t.Fatal(err)
	}
	if got := wire.RetryPolicy(msg); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if wire.RetryPolicy(nil) != nil || proto.Equal(msg, nil) {
		t.Error("nothing became something")
	}
}

func TestSecretDefaultsStayBehind(t *testing.T) {
	g, err := asset.Resolve([]asset.Definition{{Name: "a", Config: []asset.ConfigField{
		{Name: "open", Type: "int", Default: json.RawMessage(`1`)}, {Name: "closed", Type: "string", Default: json.RawMessage(`"hush"`), Secret: true},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	config := wire.Asset(g, 0, store.AssetState{}, true, time.Time{}).Config
	if config[0].Default.GetNumberValue() != 1 || config[1].Default != nil {
		t.Errorf("config = %v", config)
	}
}

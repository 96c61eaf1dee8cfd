package event

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// samples holds a payload of every type with every field set.
func samples() []Payload {
	user := &User{Subject: "u1", Email: "ann@example.com", Name: "Ann"}
	return []Payload{
		&RunCreated{
			PlanHash: "h", Steps: 3, Selection: "+a", Assets: []string{"a", "b"}, Partitions: "2001-01-01..2001-01-03",
			Only: []Step{{Name: "a", Key: "2001-01-01"}, {Name: "b"}}, Source: "run0",
			Launcher: Launcher{Kind: "manual", Name: "n", User: user}, Tags: map[string]string{"k": "<v>"},
			Config: json.RawMessage(`{"a":{"x":1}}`), Retry: json.RawMessage(`{"maxRetries":1}`),
		},
		&RunQueued{Priority: -10, Reason: "limit"},
		&RunDequeued{},
		&RunLaunchFailed{Error: "no pod"},
		&RunStarted{Epoch: 1, Executor: "e1", Image: "sha256:1"},
		&RunTakenOver{Epoch: 2, Executor: "e2", Image: "sha256:2"},
		&RunCancelRequested{User: user},
		&RunFinished{Outcome: Failed, Cause: "step a failed", Counts: Counts{Total: 5, Succeeded: 1, Failed: 2, Skipped: 1, Canceled: 1}},
		&StepLaunched{Token: "t1", Worker: Subprocess},
		&StepStarted{PID: 7, Pod: "p"},
		&Observation{Output: "a", Metadata: Metadata{"m": json.RawMessage(`{"type":"int","value":1}`)}, DataVersion: "v"},
		&Materialization{
			Output: "a", Value: &ValueRef{Handler: "blob", Path: "a/1.json", Format: "json", Bytes: 12},
			Metadata: Metadata{"m": json.RawMessage(`{"type":"future","value":[1,2]}`)}, DataVersion: "v1", CodeVersion: "c1",
			Inputs: []InputVersion{{Asset: "b", Key: "2001-01-01", Version: "v0"}, {Asset: "c", Version: "d", Keys: 31}},
		},
		&PartitionFailed{Key: "2001-01-02", Error: "bad row"},
		&StepSucceeded{Duration: time.Second},
		&StepFailed{Duration: time.Minute, Reason: ReasonTimeout, Error: "too slow", Kinds: []string{"*main.E", "timeout"}, Final: true},
		&StepRetryScheduled{NotBefore: time.Date(2001, 2, 3, 4, 5, 6, 789, time.UTC)},
		&StepSkipped{Cause: "upstream failed", By: Step{Name: "a", Key: "2001-01-01"}},
		&StepCanceled{Cause: "canceled by Ann"},
		&StepRevoked{Cause: "executor lost"},
	}
}

func TestEveryTypeRoundTrips(t *testing.T) {
	t.Parallel()
	seen := make(map[Type]bool)
	for _, p := range samples() {
		seen[p.Type()] = true
		t.Run(string(p.Type()), func(t *testing.T) {
			raw, err := Encode(p)
			if err != nil {
				t.Fatal(err)
			}
			back, err := Decode(p.Type(), raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(p, back); diff != "" {
				t.Errorf("comes back differently (-want +got):\n%s", diff)
			}
			if back.Type() != p.Type() {
				t.Errorf("comes back as %s", back.Type())
			}
			requireEveryField(t, reflect.ValueOf(p).Elem(), string(p.Type()))
		})
	}
	for _, known := range slices.Sorted(maps.Keys(makers)) {
		if !seen[known] {
			t.Errorf("%s has no sample", known)
		}
		if made := makers[known](); made.Type() != known {
			t.Errorf("the maker of %s makes %s", known, made.Type())
		}
	}
}

// requireEveryField keeps the samples whole when a payload grows.
func requireEveryField(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("the sample leaves %s.%s unset, so nothing proves that it is stored", path, v.Type().Field(i).Name)
		}
	}
}

func TestUnknownTypesAreKept(t *testing.T) {
	t.Parallel()
	raw := []byte(`{"a": [1, 2]}`)
	p, err := Decode("FanOutExpanded", raw)
	if err != nil {
		t.Fatal(err)
	}
	raw[2] = 'x' // the caller's buffer may be used again
	if p.Type() != "FanOutExpanded" {
		t.Errorf("type %s", p.Type())
	}
	back, err := Encode(p)
	if err != nil || string(back) != `{"a": [1, 2]}` {
		t.Errorf("comes back as %s, %v", back, err)
	}
}

func TestUnknownFieldsAndTagsSurvive(t *testing.T) {
	t.Parallel()
	p, err := Decode(TypeStepSucceeded, []byte(`{"duration": 5, "future": true}`))
	if err != nil {
		t.Fatalf("a field of a later version: %v", err)
	}
	if got := p.(*StepSucceeded).Duration; got != 5 {
		t.Errorf("duration %v", got)
	}
	// D-58: an unknown metadata tag survives a round trip.
	p, err = Decode(TypeObservation, []byte(`{"metadata":{"m":{"type":"hologram","value":{"z":1}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := Encode(p)
	if err != nil || !strings.Contains(string(raw), `{"type":"hologram","value":{"z":1}}`) {
		t.Errorf("comes back as %s, %v", raw, err)
	}
}

func TestDecodeRefusesBrokenPayloads(t *testing.T) {
	t.Parallel()
	cases := []struct {
		why string
		t   Type
		raw string
	}{
		{"nothing", TypeRunStarted, ""},
		{"cut off", TypeRunStarted, `{"epoch": 1`},
		{"another type of field", TypeRunStarted, `{"epoch": "one"}`},
		{"a negative epoch", TypeRunStarted, `{"epoch": -1}`},
		{"a list", TypeStepLaunched, `[]`},
		{"no time", TypeStepRetryScheduled, `{"notBefore": "soon"}`},
		{"more after the end", TypeRunDequeued, `{} {}`},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			p, err := Decode(c.t, []byte(c.raw))
			if err == nil || p != nil || !strings.Contains(err.Error(), "decode "+string(c.t)) {
				t.Errorf("Decode = %v, %v; want an error that names the type", p, err)
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", MaxPayload)
	cases := []struct {
		why, say string
		payload  Payload
	}{
		{"a payload that is too large", "exceeds 1048576", &RunLaunchFailed{Error: long}},
		{"an order that is too large", "exceeds 16777216", &RunCreated{Selection: strings.Repeat(long, 16)}},
		{"an unknown payload that takes the name of the order", "exceeds 1048576", &Unknown{Name: TypeRunCreated, Raw: json.RawMessage(`"` + long + `"`)}},
		{"an unknown payload that is too large", "exceeds 1048576", &Unknown{Name: "X", Raw: json.RawMessage(`"` + long + `"`)}},
		{"metadata that is no JSON", "encode Observation", &Observation{Metadata: Metadata{"m": json.RawMessage("{")}}},
		{"an unknown payload without a body", "encode X: payload is empty", &Unknown{Name: "X"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if raw, err := Encode(c.payload); err == nil || !strings.Contains(err.Error(), c.say) {
				t.Errorf("Encode = %d bytes, %v; want an error that says %q", len(raw), err, c.say)
			}
		})
	}
}

func TestAnOrderMayBeLargerThanOtherPayloads(t *testing.T) {
	t.Parallel()
	in := &RunCreated{Selection: strings.Repeat("x", 2*MaxPayload), Assets: []string{"a"}}
	raw, err := Encode(in)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(TypeRunCreated, raw)
	if err != nil {
		t.Fatal(err)
	}
	if !cmp.Equal(Payload(in), back) {
		t.Error("comes back differently")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"a":               Step{Name: "a"}.String(),
		"a[2001-01-01]":   Step{Name: "a", Key: "2001-01-01"}.String(),
		"a[2001-01-01]#2": Attempt{Step: Step{Name: "a", Key: "2001-01-01"}, Number: 2}.String(),
		"asset:a":         AssetStream("a"),
		"RunDequeued":     string(Event{Payload: &RunDequeued{}}.Type()),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if !(Step{}).IsZero() || (Step{Name: "a"}).IsZero() {
		t.Error("IsZero is wrong")
	}
}

// FuzzDecode reads stored events: whatever a database holds, decoding never
// panics, and what was decoded once is stable from then on.
func FuzzDecode(f *testing.F) {
	for _, p := range samples() {
		raw, err := Encode(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(p.Type()), raw)
	}
	f.Add("FanOutExpanded", []byte(`{"keys":[1]}`))
	f.Add("RunCreated", []byte(`null`))
	f.Add("RunCreated", []byte(`{"assets":["\ud800"],"config":{"<":"\u2028"}}`))
	f.Fuzz(func(t *testing.T, name string, raw []byte) {
		p, err := Decode(Type(name), raw)
		if err != nil {
			return
		}
		if p.Type() != Type(name) {
			t.Fatalf("%s is decoded as %s", name, p.Type())
		}
		first, err := Encode(p)
		if err != nil {
			if len(raw) > 0 && len(raw) < MaxPayload/8 {
				t.Fatalf("decoded %q cannot be encoded: %v", raw, err)
			}
			return // escaping made it too large
		}
		again, err := Decode(Type(name), first)
		if err != nil {
			t.Fatalf("encoded %q cannot be decoded: %v", first, err)
		}
		second, err := Encode(again)
		if err != nil || string(second) != string(first) {
			t.Fatalf("encoded again: %q, %v; first %q", second, err, first)
		}
	})
}

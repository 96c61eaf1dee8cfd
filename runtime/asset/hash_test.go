package asset

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"rivers.io/runtime/partition"
)

// full is a definition with every field set, so that a test can change each.
func full() Definition {
	return Definition{
		Name: "a", Description: "d", Group: "g", Kinds: []string{"k"}, Tags: []string{"t"}, Owners: []string{"o"},
		Metadata: map[string]string{"m": "v"}, CodeVersion: "1", Type: "int", Handler: "h",
		Partitions: &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-01-31", Timezone: "UTC"},
		Inputs:     []Input{{Asset: "up", Kind: Data, Mapping: partition.Mapping{Kind: partition.Offset, Offset: 1}}},
		Resources:  []string{"db"},
		Retry:      &RetryPolicy{MaxRetries: 1, On: []string{"x"}, Backoff: Backoff{Kind: Fixed, List: []time.Duration{1}}},
		Compute:    &Compute{CPU: "1", Memory: "1Gi", GPU: 1},
		Config:     []ConfigField{{Name: "c", Type: "int", Default: json.RawMessage("1"), Env: "E", Description: "d"}},
		Site:       Site{File: "main.go", Line: 1},
		Executor:   ExecutorInProcess,
	}
}

// changes calls visit with a copy of full in which one field, at any depth, is
// another.
func changes(t *testing.T, visit func(path string, def Definition)) {
	t.Helper()
	var walk func(path string, at func(*Definition) reflect.Value)
	walk = func(path string, at func(*Definition) reflect.Value) {
		probe := full()
		value := at(&probe)
		switch value.Kind() {
		case reflect.Struct:
			for i := range value.NumField() {
				walk(path+"."+value.Type().Field(i).Name, func(d *Definition) reflect.Value { return at(d).Field(i) })
			}
			return
		case reflect.Pointer:
			walk(path, func(d *Definition) reflect.Value { return at(d).Elem() })
			return
		case reflect.Slice:
			if value.Len() > 0 && value.Type().Elem().Kind() == reflect.Struct {
				walk(path+"[0]", func(d *Definition) reflect.Value { return at(d).Index(0) })
			}
		}
		value.Set(another(t, path, value))
		visit(path, probe)
	}
	walk("Definition", func(d *Definition) reflect.Value { return reflect.ValueOf(d).Elem() })
}

// another returns a value that differs from v.
func another(t *testing.T, path string, v reflect.Value) reflect.Value {
	t.Helper()
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(v.String() + "x")
	case reflect.Int, reflect.Int64:
		out.SetInt(v.Int() + 1)
	case reflect.Float64:
		out.SetFloat(v.Float() + 1)
	case reflect.Bool:
		out.SetBool(!v.Bool())
	case reflect.Slice:
		out = reflect.AppendSlice(out, v)
		out = reflect.Append(out, reflect.Zero(v.Type().Elem()))
	case reflect.Map:
		out.Set(reflect.ValueOf(map[string]string{"m": "other"}))
	default:
		t.Fatalf("%s has the kind %s, which the test does not know", path, v.Kind())
	}
	return out
}

// Every field of a definition, present or future, is part of its digest.
func TestHashCoversEveryField(t *testing.T) {
	t.Parallel()
	hash := func(def Definition) string {
		d := newDigest("test")
		d.declaration(&def)
		return d.hex()
	}
	seen := map[string]string{hash(full()): "no change"}
	count := 0
	changes(t, func(path string, def Definition) {
		count++
		sum := hash(def)
		if other, taken := seen[sum]; taken {
			t.Errorf("a change of %s hashes like %s", path, other)
		}
		seen[sum] = path
	})
	if count < 40 {
		t.Errorf("only %d fields were changed", count)
	}
	if seen[hash(full())] != "no change" {
		t.Error("the hash is not stable")
	}
}

func TestGraphHash(t *testing.T) {
	t.Parallel()
	one, two := shop(t), shop(t)
	for range 2 {
		if one.Hash() != two.Hash() {
			t.Error("equal declarations have different hashes")
		}
	}
	if other := mustResolve(t, chain("a")); other.Hash() == one.Hash() {
		t.Error("different declarations share a hash")
	}
}

// WorkHash follows what a step does, and nothing that people only read.
func TestWorkHash(t *testing.T) {
	t.Parallel()
	base := func() []Definition {
		defs := chain("up", "a: up")
		defs[0].Partitions, defs[1].Partitions = january, january
		defs[1].Config = []ConfigField{{Name: "limit", Type: "int", Description: "old"}}
		return defs
	}
	hash := func(change func(*Definition)) string {
		defs := base()
		change(&defs[1])
		return mustResolve(t, defs).WorkHash([]int{0, 1})
	}
	want := hash(func(*Definition) {})
	silent := map[string]func(*Definition){
		"description":            func(d *Definition) { d.Description = "new" },
		"group":                  func(d *Definition) { d.Group = "new" },
		"tags":                   func(d *Definition) { d.Tags = []string{"new"} },
		"kinds":                  func(d *Definition) { d.Kinds = []string{"new"} },
		"owners":                 func(d *Definition) { d.Owners = []string{"new"} },
		"metadata":               func(d *Definition) { d.Metadata = map[string]string{"x": "new"} },
		"site":                   func(d *Definition) { d.Site.Line++ },
		"type":                   func(d *Definition) { d.Type = "new" },
		"compute":                func(d *Definition) { d.Compute = &Compute{CPU: "4"} },
		"text of a config field": func(d *Definition) { d.Config[0].Description = "new" },
		"the end": func(d *Definition) {
			d.Partitions = &partition.Definition{Kind: partition.Daily, Start: "2001-01-01", End: "2001-01-30"}
		},
	}
	for _, what := range slices.Sorted(maps.Keys(silent)) {
		if got := hash(silent[what]); got != want {
			t.Errorf("the %s changes the hash of the work", what)
		}
	}
	loud := map[string]func(*Definition){
		"name":         func(d *Definition) { d.Name = "b" },
		"code version": func(d *Definition) { d.CodeVersion = "2" },
		"handler":      func(d *Definition) { d.Handler = "other" },
		"executor":     func(d *Definition) { d.Executor = ExecutorSubprocess },
		"the start": func(d *Definition) {
			d.Partitions = &partition.Definition{Kind: partition.Daily, Start: "2001-01-02", End: "2001-01-31"}
		},
		"inputs":    func(d *Definition) { d.Inputs[0].Optional = true },
		"retry":     func(d *Definition) { d.Retry = &RetryPolicy{MaxRetries: 1} },
		"resources": func(d *Definition) { d.Resources = []string{"db"} },
		"config":    func(d *Definition) { d.Config = []ConfigField{{Name: "x"}} },
		"default":   func(d *Definition) { d.Config[0].Default = json.RawMessage("7") },
		"secrecy":   func(d *Definition) { d.Config[0].Secret = true },
	}
	for _, what := range slices.Sorted(maps.Keys(loud)) {
		if got := hash(loud[what]); got == want {
			t.Errorf("the %s does not change the hash of the work", what)
		}
	}
	if viaMetadata, direct := hash(func(d *Definition) { d.Metadata = map[string]string{ExecutorKey: ExecutorSubprocess} }), hash(loud["executor"]); viaMetadata != direct {
		t.Error("the two ways to name an executor differ")
	}
}

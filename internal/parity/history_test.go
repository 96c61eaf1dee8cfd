package parity_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"testing"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/runtime/store/driver"
)

// fact is an event without what differs from one run to the next.
type fact struct {
	Seq     uint64
	Attempt event.Attempt
	Type    event.Type
	Payload any
}

// history returns the one run of a database, and its events as facts.
func history(t *testing.T, d driver.Database) (store.Run, []fact) {
	t.Helper()
	db, err := d.Open(t.Context(), driver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	t.Log(db.Describe())
	l := db.Location("aviation")
	runs, _, err := l.ListRuns(t.Context(), store.RunFilter{}, store.Page{})
	if err != nil || len(runs) != 1 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	var facts []fact
	for {
		events, err := l.Events(t.Context(), runs[0].ID, uint64(len(facts)), 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			return runs[0], facts
		}
		for _, e := range events {
			facts = append(facts, fact{e.Seq, e.Attempt, e.Type(), normal(t, e.Payload)})
		}
	}
}

// normal is a payload as JSON, with a word for each thing that differs.
func normal(t *testing.T, p event.Payload) any {
	t.Helper()
	raw, err := event.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	var fields any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	return blank(fields)
}

// varying are the fields that differ from one run to the next.
var varying = map[string]bool{"token": true, "executor": true, "duration": true, "pid": true, "notBefore": true}

// id is a UUID, as it stands in the path of a value and as its version, or a digest
// of many.
var id = regexp.MustCompile(`\b[0-9a-f]{32}\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

func blank(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, field := range v {
			if v[name] = blank(field); varying[name] {
				v[name] = fmt.Sprintf("some %T", field)
			}
		}
	case []any:
		for i := range v {
			v[i] = blank(v[i])
		}
	case string:
		return id.ReplaceAllString(v, "ID")
	}
	return v
}

package ui_test

import (
	"encoding/csv"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
	"rivers.io/ui/uitest"
)

// TestCSVHoldsTheEvents compares the table with what is stored: what no event
// holds, such as the secrets that a launch must not carry, cannot be in it.
func TestCSVHoldsTheEvents(t *testing.T) {
	s := newSite(t, uitest.Options{})
	state := s.Writer.Location(uitest.Identity)
	r, err := uitest.NewRun(t.Context(), state, event.RunCreated{
		Steps: 1, Selection: "monthly_report", Assets: []string{"monthly_report"}, Config: json.RawMessage(`{"monthly_report":{"threshold_minutes":30}}`),
	}, store.NotStarted)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range []string{r.ID, runIn(t, s, store.Failed).ID} {
		events, err := state.Events(t.Context(), run, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		w := get(t, s.Server, home+"/runs/"+run+"/events.csv")
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil || len(rows) != len(events)+1 {
			t.Fatalf("%d rows for %d events: %v", len(rows), len(events), err)
		}
		for i, e := range events {
			raw, err := event.Encode(e.Payload)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(raw), rows[i+1][7]); d != "" || rows[i+1][2] != string(e.Type()) {
				t.Errorf("event %d: %s: %s", e.Seq, rows[i+1][2], d)
			}
		}
	}
}

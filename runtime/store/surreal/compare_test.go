package surreal

import (
	"strings"
	"testing"

	"rivers.io/internal/surrealtest"
	"rivers.io/runtime/asset"
	"rivers.io/runtime/event"
	"rivers.io/runtime/store"
)

// TestCompareTellsWhatIsWrong changes stored records behind the back of the store.
func TestCompareTellsWhatIsWrong(t *testing.T) {
	on := surrealtest.Shared(t)
	d := openDB(t, config(t, on))
	l := d.Location("l")
	if _, err := l.Register(t.Context(), store.Catalogue{Name: "l", Definitions: []asset.Definition{{Name: "a"}}}); err != nil {
		t.Fatal(err)
	}
	run := newRun(t, l)
	claim, err := l.TakeOver(t.Context(), run, store.TakeOver{Executor: "e", Lease: store.MaxLease})
	if err != nil {
		t.Fatal(err)
	}
	at := event.Attempt{Step: event.Step{Name: "a"}, Number: 1}
	_, err = l.Append(t.Context(), run, store.Append{Writer: "w", Counter: 1, Parts: []store.Part{{Epoch: claim.Epoch, Events: []event.Event{
		{Attempt: at, Payload: &event.StepLaunched{Token: "t", Worker: event.InProcess}},
		{Attempt: at, Payload: &event.Materialization{DataVersion: "v"}},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ change, want string }{
		{"RETURN NONE", ""},
		{"UPDATE head SET canceling = true", "run " + run + ": Canceling is to be false, and is true"},
		{"UPDATE head SET canceling = false; UPDATE head SET live = <bytes>'[]'", "Live is to be"},
		{"UPDATE run_count SET n = 5", "are counted"},
		{"DELETE part", "nothing is known about a[]"},
		{"DELETE history", "is not in the history of its asset"},
		{"DELETE batch WHERE last > 2", "event 3 is missing"},
	} {
		on.SQL(t, c.change)
		got, err := d.Compare(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.Join(got, "\n"); !strings.Contains(text, c.want) || (c.want == "") != (text == "") {
			t.Errorf("after %q: %s, want %q", c.change, text, c.want)
		}
	}
}

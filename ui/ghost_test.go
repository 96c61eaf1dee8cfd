package ui_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"rivers.io/runtime/event"
	"rivers.io/runtime/partition"
	"rivers.io/runtime/store"
	"rivers.io/ui/uitest"
)

// daily writes a run of one day of delays that succeeded in took.
func daily(t *testing.T, s *uitest.Site, selection string, day partition.Key, took time.Duration) string {
	t.Helper()
	ctx := t.Context()
	r, err := uitest.NewRun(ctx, s.Writer.Location(uitest.Identity), event.RunCreated{
		Steps: 1, Selection: selection, Assets: []string{"delays"}, Partitions: string(day),
	}, store.NotStarted)
	if err != nil {
		t.Fatal(err)
	}
	step := event.Step{Name: "delays", Key: day}
	for _, act := range []func() error{
		func() error { return r.Start(ctx) },
		func() error { return r.Launch(ctx, step) },
		func() error { s.Clock.Advance(took); return nil },
		func() error {
			return r.Succeed(ctx, step, took, event.Materialization{DataVersion: "v-" + string(day)})
		},
		func() error { return r.Finish(ctx, event.Succeeded, "") },
	} {
		if err := act(); err != nil {
			t.Fatal(err)
		}
	}
	s.Clock.Advance(time.Minute)
	return r.ID
}

// ghost is how long the chart of a run says its first step took before, in ms.
func ghost(t *testing.T, s *uitest.Site, run string) float64 {
	t.Helper()
	w := get(t, s.Server, home+"/runs/"+run+"/gantt.json")
	var chart struct{ Rows [][]any }
	if err := json.Unmarshal(w.Body.Bytes(), &chart); err != nil || w.Code != http.StatusOK || len(chart.Rows) == 0 {
		t.Fatalf("status %d, %v: %.300s", w.Code, err, w.Body)
	}
	return chart.Rows[0][7].(float64)
}

// TestDailyRunsAreCompared draws beneath a day's bar what the day before took.
func TestDailyRunsAreCompared(t *testing.T) {
	s := newSite(t, uitest.Options{})
	first := daily(t, s, "nightly", "2001-03-01", 7*time.Second)
	other := daily(t, s, "by hand", "2001-03-02", 60*time.Second)
	second := daily(t, s, "nightly", "2001-03-02", 9*time.Second)
	third := daily(t, s, "nightly", "2001-03-03", 3*time.Second)
	for _, c := range []struct {
		reason, run string
		want        float64
	}{
		{"nothing of the selection came before", first, 0},
		{"another selection is not compared with", other, 0},
		{"another day of the selection is", second, 7000},
		{"the newest one before", third, 9000},
	} {
		if got := ghost(t, s, c.run); got != c.want {
			t.Errorf("%s: %v ms, want %v", c.reason, got, c.want)
		}
	}
}

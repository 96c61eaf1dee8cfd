package gantt_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rivers.io/runtime/event"
	"rivers.io/runtime/plan"
	"rivers.io/ui/gantt"
)

var zero = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return zero.Add(time.Duration(seconds * float64(time.Second))) }

// teller numbers events.
type teller struct{ events []event.Event }

func (t *teller) tell(seconds float64, step string, attempt int, p event.Payload) *teller {
	e := event.Event{Seq: uint64(len(t.events) + 1), Time: at(seconds), Payload: p}
	if step != "" {
		e.Attempt = event.Attempt{Step: event.Step{Name: step}, Number: attempt}
	}
	t.events = append(t.events, e)
	return t
}

func begin() *teller {
	return new(teller).tell(0, "", 0, &event.RunCreated{}).tell(1, "", 0, &event.RunStarted{Epoch: 1})
}

func (t *teller) does(step string, from, to float64) *teller {
	return t.tell(from, step, 1, &event.StepLaunched{}).tell(to, step, 1, &event.StepSucceeded{})
}

// diamond is a → b, c → d; d waits through a gate.
func diamond() *gantt.Chart {
	id := func(name string) event.Step { return event.Step{Name: name} }
	return gantt.New([]plan.Step{
		{ID: id("a")}, {ID: id("b"), After: []int32{0}}, {ID: id("c"), After: []int32{0}}, {ID: id("d"), Gates: []int32{0}},
	}, []plan.Gate{{After: []int32{1, 2}}})
}

// states are the rows' states in order, and the critical ones in capitals.
func states(c *gantt.Chart) string {
	var b strings.Builder
	for _, r := range c.Rows() {
		s := string(rune(r.State))
		if r.Critical {
			s = strings.ToUpper(s)
		}
		b.WriteString(s)
	}
	return b.String()
}

func TestStates(t *testing.T) {
	for _, c := range []struct {
		reason string
		events *teller
		want   string
	}{
		{"nothing happened", new(teller), "wwww"},
		{"the first step may start", begin(), "qwww"},
		{"it runs", begin().tell(2, "a", 1, &event.StepLaunched{}), "Rwww"},
		{"its dependents are ready", begin().does("a", 2, 3), "Mqqw"},
		{"one of two is done, the other runs", begin().does("a", 2, 3).does("b", 3, 4).tell(3, "c", 1, &event.StepLaunched{}), "MmRw"},
		{"the gate is open", begin().does("a", 2, 3).does("b", 3, 4).does("c", 3, 6), "MmMq"},
		{"a retry is planned", begin().tell(2, "a", 1, &event.StepLaunched{}).tell(3, "a", 1, &event.StepFailed{}).
			tell(3, "a", 1, &event.StepRetryScheduled{NotBefore: at(9)}), "Bwww"},
		{"the last attempt failed", begin().tell(2, "a", 1, &event.StepLaunched{}).tell(3, "a", 1, &event.StepFailed{Final: true}).
			tell(3, "b", 0, &event.StepSkipped{Cause: "a failed"}), "Fkww"},
		{"its worker is gone", begin().tell(2, "a", 1, &event.StepLaunched{}).tell(3, "a", 1, &event.StepRevoked{Cause: "executor lost"}), "Bwww"},
		{"the run was canceled", begin().tell(2, "a", 1, &event.StepLaunched{}).tell(3, "a", 1, &event.StepCanceled{}).
			tell(3, "b", 0, &event.StepCanceled{}), "Ccww"},
	} {
		chart := diamond()
		chart.Apply(c.events.events)
		if got := states(chart); got != c.want {
			t.Errorf("%s: %s, want %s", c.reason, got, c.want)
		}
	}
}

func TestReadyIsWhenTheLastUpstreamEnded(t *testing.T) {
	chart := diamond()
	chart.Apply(begin().does("a", 2, 3).does("b", 3, 4).does("c", 3, 6).does("d", 8, 9).events)
	for i, want := range []time.Time{at(1), at(3), at(3), at(6)} {
		if got := chart.Rows()[i].Ready; !got.Equal(want) {
			t.Errorf("row %d was ready at %v, want %v", i, got, want)
		}
	}
}

func TestAttempts(t *testing.T) {
	chart := diamond()
	chart.Apply(begin().tell(2, "a", 1, &event.StepLaunched{}).tell(2.5, "a", 1, &event.StepStarted{PID: 7}).
		tell(3, "a", 1, &event.StepFailed{Error: "boom"}).tell(3, "a", 1, &event.StepRetryScheduled{NotBefore: at(5)}).
		tell(5, "a", 2, &event.StepLaunched{}).tell(9, "a", 2, &event.StepSucceeded{}).events)
	row := chart.Rows()[0]
	want := []gantt.Attempt{
		{Number: 1, Launched: at(2), Started: at(2.5), Ended: at(3), Outcome: gantt.Failed, Error: "boom", NotBefore: at(5)},
		{Number: 2, Launched: at(5), Ended: at(9), Outcome: gantt.Succeeded},
	}
	if diff := cmp.Diff(want, row.Attempts); diff != "" {
		t.Error(diff)
	}
	if row.Worked() != 4*time.Second {
		t.Errorf("worked %v", row.Worked())
	}
}

func TestStepsWithoutAPlanAppear(t *testing.T) {
	chart := gantt.New(nil, nil)
	chart.Apply(begin().does("a", 2, 3).tell(4, "b", 1, &event.StepLaunched{}).events)
	if got := states(chart); got != "mr" {
		t.Error(got)
	}
}

func TestStepsOutsideOfARetryCountAsDone(t *testing.T) {
	chart := diamond()
	chart.Apply(new(teller).tell(0, "", 0, &event.RunCreated{Only: []event.Step{{Name: "d"}}}).tell(1, "", 0, &event.RunStarted{}).events)
	if got := states(chart); got != "mmmq" {
		t.Error(got)
	}
}

func TestSinceGivesWhatChanged(t *testing.T) {
	chart, story := diamond(), begin().does("a", 2, 3).does("b", 3, 4)
	chart.Apply(story.events[:4])
	full := chart.Since(0, at(3))
	if !full.Full || len(full.Rows) != 4 || full.Total != 4 {
		t.Fatalf("the first answer has %d of %d rows", len(full.Rows), full.Total)
	}
	if none := chart.Since(full.Seq, at(3)); none.Full || len(none.Rows) != 0 {
		t.Errorf("%d rows changed without an event", len(none.Rows))
	}
	chart.Apply(story.events)
	next := chart.Since(full.Seq, at(4))
	if len(next.Rows) != 1 || next.Rows[0][0] != 1 || next.Assets[0] != "b" {
		t.Errorf("changed: %v of %v", next.Rows, next.Assets)
	}
}

// TestPartsSumToTheWhole applies events in two parts and merges what Since gives.
func TestPartsSumToTheWhole(t *testing.T) {
	story := begin().does("a", 2, 3).tell(3, "b", 1, &event.StepLaunched{}).tell(3, "c", 1, &event.StepLaunched{}).
		tell(4, "b", 1, &event.StepFailed{}).tell(4, "b", 1, &event.StepRetryScheduled{NotBefore: at(6)}).
		tell(5, "c", 1, &event.StepSucceeded{}).does("b", 6, 7).does("d", 7, 8).tell(9, "", 0, &event.RunFinished{Outcome: event.Succeeded}).events
	rapid.Check(t, func(t *rapid.T) {
		whole, chart := diamond(), diamond()
		whole.Apply(story)
		rows := make([]gantt.WireRow, 4)
		last := uint64(0)
		for from := 0; from < len(story); {
			to := rapid.IntRange(from+1, len(story)).Draw(t, "to")
			chart.Apply(story[max(0, from-1):to])
			from = to
			part := chart.Since(last, at(9))
			for _, r := range part.Rows {
				// Assets are numbered per answer.
				r[1] = 0
				rows[r[0].(int)] = r
			}
			last = part.Seq
		}
		want := whole.Since(0, at(9)).Rows
		for i := range want {
			want[i][1] = 0
		}
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestTookIsThatOfTheRun gives the time that the page says too, from the first start
// to the end whoever took the run over, although both are cut to milliseconds.
func TestTookIsThatOfTheRun(t *testing.T) {
	story := new(teller).tell(0, "", 0, &event.RunCreated{}).tell(1.0004, "", 0, &event.RunStarted{Epoch: 1}).does("a", 2, 3)
	chart := diamond()
	chart.Apply(story.events)
	if w := chart.Since(0, at(3)); w.Took != 0 {
		t.Errorf("a run at work has taken %d ms for good", w.Took)
	}
	chart.Apply(story.tell(60, "", 0, &event.RunTakenOver{Epoch: 2}).tell(65.3002, "", 0, &event.RunFinished{Outcome: event.Succeeded}).events)
	if w := chart.Since(0, at(70)); w.Took != 64_299 || w.Ended-w.Started == w.Took {
		t.Errorf("the run took %d ms, between %d and %d", w.Took, w.Started, w.Ended)
	}
}

func TestServe(t *testing.T) {
	chart := diamond()
	chart.Apply(begin().does("a", 2, 3).events)
	chart.Compare(map[event.Step]time.Duration{{Name: "a"}: 1500 * time.Millisecond})
	w := httptest.NewRecorder()
	if err := gantt.Serve(w, httptest.NewRequest(http.MethodGet, "/", nil), chart.Since(0, at(3))); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := []any{0.0, 0.0, "", "m", 1001.0, 3001.0, 1.0, 1500.0, []any{[]any{1.0, 2001.0, 0.0, 3001.0, "m", 0.0, ""}}, ""}
	if diff := cmp.Diff(want, got["rows"].([]any)[0]); diff != "" {
		t.Error(diff)
	}
}

func TestAfter(t *testing.T) {
	for query, want := range map[string]uint64{"": 0, "?after=17": 17} {
		if got, err := gantt.After(httptest.NewRequest(http.MethodGet, "/"+query, nil)); err != nil || got != want {
			t.Errorf("%q: %d, %v", query, got, err)
		}
	}
	if _, err := gantt.After(httptest.NewRequest(http.MethodGet, "/?after=x", nil)); err == nil {
		t.Error("after=x is taken")
	}
}

func TestErrorsAreClipped(t *testing.T) {
	chart := diamond()
	chart.Apply(begin().tell(2, "a", 1, &event.StepLaunched{}).tell(3, "a", 1, &event.StepFailed{Error: strings.Repeat("é", 4000), Final: true}).events)
	raw, err := json.Marshal(chart.Since(0, at(3)))
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) > 1500 || strings.Contains(string(raw), "\\ufffd") {
		t.Errorf("%d bytes: %s", len(raw), raw)
	}
}

// BenchmarkSince draws a run of 10,000 steps from its 30,000 events.
func BenchmarkSince(b *testing.B) {
	var steps []plan.Step
	story := begin()
	for i := range 10_000 {
		name := "step" + string(rune('a'+i%26)) + time.Duration(i).String()
		steps = append(steps, plan.Step{ID: event.Step{Name: name}})
		story.does(name, float64(i), float64(i)+2)
	}
	for b.Loop() {
		chart := gantt.New(steps, nil)
		chart.Apply(story.events)
		raw, err := json.Marshal(chart.Since(0, at(1)))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(raw)), "bytes")
	}
}

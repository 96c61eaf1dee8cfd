package gantt_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/event"
	"rivers.io/runtime/plan"
	"rivers.io/ui/gantt"
)

func TestCompareFindsTheSameStepElseTheAsset(t *testing.T) {
	earlier := map[event.Step]time.Duration{
		{Name: "daily", Key: "2001-01-01"}: 4 * time.Second,
		{Name: "month", Key: "a"}:          9 * time.Second,
		{Name: "month", Key: "b"}:          time.Second,
		{Name: "month", Key: "c"}:          3 * time.Second,
		{Name: "month", Key: "d"}:          5 * time.Second,
		{Name: "plain"}:                    7 * time.Second,
	}
	cases := []struct {
		reason string
		step   event.Step
		want   time.Duration
	}{
		{"the same step", event.Step{Name: "daily", Key: "2001-01-01"}, 4 * time.Second},
		{"another day of a daily run", event.Step{Name: "daily", Key: "2001-01-02"}, 4 * time.Second},
		{"the same step before the median", event.Step{Name: "month", Key: "a"}, 9 * time.Second},
		{"the lower median of four", event.Step{Name: "month", Key: "z"}, 3 * time.Second},
		{"no partitions", event.Step{Name: "plain"}, 7 * time.Second},
		{"an asset that the earlier run did not have", event.Step{Name: "new"}, 0},
	}
	var steps []plan.Step
	for _, c := range cases {
		steps = append(steps, plan.Step{ID: c.step})
	}
	planned, seen := gantt.New(steps, nil), gantt.New(nil, nil)
	planned.Compare(earlier)
	seen.Compare(earlier)
	for i, c := range cases { // rows that appear with their first event are compared too
		seen.Apply([]event.Event{{Seq: uint64(i + 1), Time: time.Unix(1, 0), Attempt: event.Attempt{Step: c.step, Number: 1}, Payload: &event.StepLaunched{}}})
	}
	for name, chart := range map[string]*gantt.Chart{"planned": planned, "seen": seen} {
		for i, row := range chart.Rows() {
			if d := cmp.Diff(cases[i].want, row.Previous); d != "" {
				t.Errorf("%s: %s: %s", name, cases[i].reason, d)
			}
		}
	}
}

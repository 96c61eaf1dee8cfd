package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/riverstest"
)

// The figures were computed from the file without rivers:
//
//	tail -n +2 data/seattle-weather.csv | cut -d, -f6 | sort | uniq -c
func TestSummaryCountsEveryDay(t *testing.T) {
	out := riverstest.Graph(t, repository()).Materialize("+summary", "2012-01-01..2015-12-31")
	if err := out.Err(); err != nil {
		t.Fatal(err)
	}
	got, _ := riverstest.Value(out, summary, "")
	want := map[string]int{"drizzle": 53, "fog": 101, "rain": 641, "snow": 26, "sun": 640}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestReadingsOfOneDay(t *testing.T) {
	got, _ := riverstest.Run(t, readings, riverstest.Key("2012-01-02"))
	if diff := cmp.Diff([]Day{{"2012-01-02", 10.9, 10.6, "rain"}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/riverstest"
)

// figures are what testdata/figures.py computed from the raw file.
type figures struct {
	Months   []Month
	Airports int `json:"airports_on_2001_01_17"`
	Atlanta  int `json:"departures_of_ATL_on_2001_01_17"`
	Routes   int
	Busiest  Route
}

func readFigures(t *testing.T) figures {
	t.Helper()
	raw, err := os.ReadFile("testdata/figures.json")
	if err != nil {
		t.Fatal(err)
	}
	var f figures
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWholeGraphGivesTheIndependentFigures(t *testing.T) {
	want := readFigures(t)
	out := riverstest.Graph(t, repository()).Materialize("", "2001-01-01..2001-03-31")
	if err := out.Err(); err != nil {
		t.Fatal(err)
	}
	report, _ := riverstest.Value(out, monthlyReport, "")
	if diff := cmp.Diff(want.Months, report); diff != "" {
		t.Errorf("monthly_report (-figures +rivers):\n%s", diff)
	}
	day, _ := riverstest.Value(out, delays, "2001-01-17")
	if len(day) != want.Airports {
		t.Errorf("%d airports on 2001-01-17, want %d", len(day), want.Airports)
	}
	for _, a := range day {
		if a.Airport == "ATL" && (a.Departures != want.Atlanta || a.City != "Atlanta") {
			t.Errorf("Atlanta: %+v, want %d departures", a, want.Atlanta)
		}
	}
	network, _ := riverstest.Value(out, routes, "")
	if len(network) != want.Routes {
		t.Fatalf("%d routes, want %d", len(network), want.Routes)
	}
	first := Route{Origin: network[0].Origin, Destination: network[0].Destination, Flights: network[0].Flights}
	if diff := cmp.Diff(want.Busiest, first); diff != "" {
		t.Errorf("busiest route (-figures +rivers):\n%s", diff)
	}
}

func TestTrendOfTheFirstDayHasNoChange(t *testing.T) {
	day := []AirportDelay{{Departures: 2, Minutes: 30}}
	first, _ := riverstest.Run(t, delayTrend, riverstest.Key("2001-01-01"), riverstest.InputAt(delays, "2001-01-01", day))
	if first.Mean != 15 || first.Change != nil {
		t.Errorf("first day: %+v", first)
	}
	second, _ := riverstest.Run(t, delayTrend, riverstest.Key("2001-01-02"),
		riverstest.InputAt(delays, "2001-01-02", day),
		riverstest.InputAt(delays, "2001-01-01", []AirportDelay{{Departures: 1, Minutes: 20}}))
	if second.Change == nil || *second.Change != -5 {
		t.Errorf("second day: %+v", second)
	}
}

func TestReportCarriesATableAndAChart(t *testing.T) {
	_, result := riverstest.Run(t, monthlyReport,
		riverstest.InputAt(delays, "2001-01-01", []AirportDelay{{Departures: 4, Late: 1, Minutes: -8}}))
	if _, ok := result.Metadata["months"].(rivers.Table); !ok {
		t.Errorf("months is %T", result.Metadata["months"])
	}
	if _, ok := result.Metadata["mean_delay_by_day"].(rivers.Image); !ok {
		t.Errorf("mean_delay_by_day is %T", result.Metadata["mean_delay_by_day"])
	}
}

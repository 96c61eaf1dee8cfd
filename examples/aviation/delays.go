package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"rivers.io/runtime/rivers"
)

// lateMinutes is when a flight counts as late, as airlines report it.
const lateMinutes = 15

// AirportDelay sums up the departures of one airport on one day.
type AirportDelay struct {
	Day        string
	Airport    string
	City       string
	Departures int
	Late       int     // departures at least lateMinutes late
	Minutes    int     // sum of delays, early departures counted as negative
	Mean       float64 // minutes
}

var delays = rivers.NewAsset2("delays", flights, airports,
	func(ctx *rivers.Context, day []Flight, places []Airport) ([]AirportDelay, error) {
		city := make(map[string]string, len(places))
		for _, a := range places {
			city[a.IATA] = a.City
		}
		sums := map[string]*AirportDelay{}
		for _, f := range day {
			s := sums[f.Origin]
			if s == nil {
				s = &AirportDelay{Day: string(ctx.Partition().Key()), Airport: f.Origin, City: city[f.Origin]}
				sums[f.Origin] = s
			}
			s.Departures++
			s.Minutes += f.Delay
			if f.Delay >= lateMinutes {
				s.Late++
			}
		}
		out := make([]AirportDelay, 0, len(sums))
		unknown := 0
		for _, code := range slices.Sorted(maps.Keys(sums)) {
			s := sums[code]
			s.Mean = float64(s.Minutes) / float64(s.Departures)
			if s.City == "" {
				unknown++
				ctx.Logger.Warn("airport is not in the list", "airport", code)
			}
			out = append(out, *s)
		}
		worst := slices.MaxFunc(out, func(a, b AirportDelay) int { return cmp.Compare(a.Mean, b.Mean) })
		ctx.AddMetadata("worst_airport", fmt.Sprintf("%s (%.0f min on average)", worst.Airport, worst.Mean))
		ctx.AddMetadata("unknown_airports", unknown)
		return out, nil
	},
	days,
	rivers.Group("marts"),
	rivers.Kinds("parquet"),
	rivers.CodeVersion("1"),
	rivers.Description("Departures and their delays per day and airport."),
)

// Trend compares a day with the one before.
type Trend struct {
	Day    string
	Mean   float64  // minutes over all departures
	Change *float64 // minutes more than the day before; absent on the first day
}

var delayTrend = rivers.NewAsset2("delay_trend", delays, rivers.Optional(delays.Offset(-1)),
	func(ctx *rivers.Context, today []AirportDelay, yesterday *[]AirportDelay) (Trend, error) {
		t := Trend{Day: string(ctx.Partition().Key()), Mean: meanDelay(today)}
		if yesterday != nil {
			change := t.Mean - meanDelay(*yesterday)
			t.Change = &change
		}
		return t, nil
	},
	days,
	rivers.Group("marts"),
	rivers.Description("The mean delay of a day, and by how much it differs from the day before."),
)

func meanDelay(day []AirportDelay) float64 {
	minutes, departures := 0, 0
	for _, a := range day {
		minutes += a.Minutes
		departures += a.Departures
	}
	if departures == 0 {
		return 0
	}
	return float64(minutes) / float64(departures)
}

// Command aviation is an example pipeline on real data: flights of the United
// States in early 2001, from raw rows to a report with a table and a chart.
//
//	flights ──┬─▶ delays ──┬─▶ monthly_report
//	airports ─┘     │      │
//	flights ──▶ routes     └─▶ delay_trend (each day beside the day before)
//
// It must never read anything but its own data directory.
package main

import (
	"rivers.io/runtime/rivers"
	"rivers.io/runtime/serve"
)

// days are the days that the data covers.
var days = rivers.Partitioned(rivers.Daily("2001-01-01", "2001-03-31"))

func repository() *rivers.Repository {
	return rivers.NewRepository("aviation",
		rivers.Assets(flights, airports, delays, delayTrend, routes, monthlyReport))
}

func main() { serve.Main(repository()) }

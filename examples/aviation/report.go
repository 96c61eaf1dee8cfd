package main

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"rivers.io/runtime/rivers"
)

// Month sums up the departures of one month.
type Month struct {
	Month      string // such as 2001-01
	Days       int
	Departures int
	Late       int
	Minutes    int
}

// LateShare is the part of departures that were late, in [0, 1].
func (m Month) LateShare() float64 { return float64(m.Late) / float64(m.Departures) }

// Mean is the mean delay in minutes.
func (m Month) Mean() float64 { return float64(m.Minutes) / float64(m.Departures) }

var monthlyReport = rivers.NewAsset1("monthly_report", delays.All(),
	func(ctx *rivers.Context, days iter.Seq2[rivers.Key, []AirportDelay]) ([]Month, error) {
		months := map[string]*Month{}
		var daily []float64
		for key, airports := range days {
			name := string(key)[:len("2001-01")]
			m := months[name]
			if m == nil {
				m = &Month{Month: name}
				months[name] = m
			}
			m.Days++
			for _, a := range airports {
				m.Departures += a.Departures
				m.Late += a.Late
				m.Minutes += a.Minutes
			}
			daily = append(daily, meanDelay(airports))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		out := make([]Month, 0, len(months))
		for _, name := range slices.Sorted(maps.Keys(months)) {
			out = append(out, *months[name])
		}
		ctx.AddMetadata("months", table(out))
		ctx.AddMetadata("mean_delay_by_day", rivers.Image(chart(daily)))
		return out, nil
	},
	rivers.Group("reports"),
	rivers.Kinds("report"),
	rivers.Owners("ops@aviation.example"),
	rivers.CodeVersion("1"),
	rivers.Description("How punctual each month was, over all days that are stored."),
)

func table(months []Month) rivers.Table {
	t := rivers.Table{Columns: []string{"month", "days", "departures", "late", "mean delay (min)"}}
	for _, m := range months {
		t.Rows = append(t.Rows, []any{m.Month, m.Days, m.Departures, fmt.Sprintf("%.1f %%", 100*m.LateShare()), fmt.Sprintf("%.1f", m.Mean())})
	}
	return t
}

package uitest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"

	"rivers.io/runtime/store"
	"rivers.io/ui"
)

// Values makes up the first rows of a value.
type Values struct{}

// newDice returns a generator that gives the same numbers every time.
func newDice() *rand.Rand { return rand.New(rand.NewPCG(3, 5)) }

// Preview returns rows of flights, or a report as JSON.
func (Values) Preview(_ context.Context, _ ui.Location, m store.Materialized, rows int) (ui.Preview, error) {
	switch m.Asset {
	case "publish":
		return ui.Preview{}, fmt.Errorf("value of %s: %w", m.Asset, store.ErrNotFound)
	case "monthly_report":
		return ui.Preview{Total: -1, Text: "{\n  \"month\": \"2001-01\",\n  \"flights\": 6842,\n  \"late\": 0.187\n}"}, nil
	}
	p := ui.Preview{Total: 214, Columns: []ui.Column{
		{Name: "date", Type: "timestamp"}, {Name: "origin", Type: "string"}, {Name: "destination", Type: "string"},
		{Name: "delay", Type: "int64", Numeric: true}, {Name: "distance", Type: "int64", Numeric: true},
	}}
	dice, ports := newDice(), []string{"ORD", "ATL", "DFW", "LAX", "PHX", "STL", "DEN", "DTW", "SFO", "SEA"}
	for i := range min(rows, 50) {
		p.Rows = append(p.Rows, []string{
			fmt.Sprintf("%s %02d:%02d", m.Key, i/4, i%4*15), ports[dice.IntN(len(ports))], ports[dice.IntN(len(ports))],
			strconv.Itoa(dice.IntN(90) - 15), strconv.Itoa(200 + dice.IntN(2200)),
		})
	}
	return p, nil
}

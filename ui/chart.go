package ui

import (
	"fmt"
	"slices"
	"strconv"

	"rivers.io/ui/format"
)

// chartBar is one bar of a chart of figures.
type chartBar struct{ Label, Width, Value string }

// The chart is drawn in these units.
const (
	chartWidth = 640
	chartRow   = 20
	chartSpan  = 440
)

// bars scales figures to the chart.
func bars(labels []string, values []float64) []chartBar {
	high := slices.Max(values)
	out := make([]chartBar, len(values))
	for i, v := range values {
		w := 0.0
		if high > 0 {
			w = chartSpan * v / high
		}
		out[i] = chartBar{format.Clip(labels[i], 18), fmt.Sprintf("%.1f", w), strconv.FormatFloat(v, 'f', -1, 64)}
	}
	return out
}

func chartBox(rows int) string { return fmt.Sprintf("0 0 %d %d", chartWidth, rows*chartRow) }

func chartY(row, offset int) string { return strconv.Itoa(row*chartRow + offset) }

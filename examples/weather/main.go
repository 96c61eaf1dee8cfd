// Command weather is the smallest example pipeline: daily weather of Seattle, and
// a summary of each kind of it.
//
// It must never read anything but its own data directory.
package main

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"iter"
	"strconv"

	"rivers.io/runtime/rivers"
	"rivers.io/runtime/serve"
)

//go:embed data/seattle-weather.csv
var file []byte

// Day is the weather of one day.
type Day struct {
	Date string
	Rain float64 // mm
	High float64 // °C
	Kind string  // drizzle, fog, rain, snow or sun
}

// The asset readings has one value for each day, stored as Parquet.
var readings = rivers.NewAsset("readings", func(ctx *rivers.Context) ([]Day, error) {
	rows, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		return nil, err
	}
	var out []Day
	for _, r := range rows[1:] {
		if r[0] == string(ctx.Partition().Key()) {
			rain, _ := strconv.ParseFloat(r[1], 64)
			high, _ := strconv.ParseFloat(r[2], 64)
			out = append(out, Day{r[0], rain, high, r[5]})
		}
	}
	return out, nil
}, rivers.Partitioned(rivers.Daily("2012-01-01", "2015-12-31")))

// The asset summary counts the days of each kind, over every day that is stored.
var summary = rivers.NewAsset1("summary", readings.All(),
	func(ctx *rivers.Context, days iter.Seq2[rivers.Key, []Day]) (map[string]int, error) {
		kinds := map[string]int{}
		for _, day := range days {
			for _, d := range day {
				kinds[d.Kind]++
			}
		}
		ctx.AddMetadata("kinds", len(kinds))
		return kinds, ctx.Err()
	})

func repository() *rivers.Repository {
	return rivers.NewRepository("weather", rivers.Assets(readings, summary))
}

func main() { serve.Main(repository()) }
